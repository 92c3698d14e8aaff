"""`[item_providers.NAME]`: commands that find the items of a for-each. Pure: nothing is started here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen

from actors.config.backends import Flaw
from actors.config.cli_agents import names_of_variables
from actors.config.kinds import ALLOWED, READERS, Wrong
from actors.fan_out.provider import BUILT_IN

__all__ = ["KEYS", "ItemProvider", "read_providers"]

MOST: Final = 64
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
NAME_FORM: Final = f"a letter, then at most 63 letters, digits, _ and -; {BUILT_IN} is built in"


@frozen
class ItemProvider:
    """One provider: the `command` that is asked. `env` names variables of the daemon that it is given beside the usual ones.

    `ordered`: it tells which item waits for which. `requires_filter`: a for-each has to say which items it wants.
    """

    name: str
    command: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    ordered: bool = False
    requires_filter: bool = False


def read_providers(raw: Mapping[str, Any]) -> tuple[tuple[ItemProvider, ...], tuple[Flaw, ...]]:
    """The providers of the file, by name, and everything that is wrong."""
    flaws: list[Flaw] = []
    if len(raw) > MOST:
        return (), (Flaw("", "there are too many item providers", len(raw), f"at most {MOST}"),)
    found = []
    for name, table in raw.items():
        if not NAME.fullmatch(name) or name == BUILT_IN:
            flaws.append(Flaw(name[:80], "not a name of an item provider", name[:80], NAME_FORM))
        elif not isinstance(table, dict):
            flaws.append(Flaw(name, "an item provider is a table", table, f"[item_providers.{name}] with " + ", ".join(KEYS)))
        else:
            found.append(_read(name, table, flaws))
    return tuple(sorted(found, key=lambda one: one.name)), tuple(flaws)


def _read(name: str, table: Mapping[str, Any], flaws: list[Flaw]) -> ItemProvider:
    values: dict[str, Any] = {}
    for key, raw in table.items():
        if key not in KEYS:
            flaws.append(Flaw(f"{name}.{key[:80]}", "no such setting", "", ", ".join(KEYS)))
            continue
        allowed, read = KEYS[key]
        try:
            value = read(raw)
        except Wrong:
            value = None
        if value is None:
            flaws.append(Flaw(f"{name}.{key}", "not an allowed value", "" if key == "command" else raw, allowed))
        else:
            values[key] = value
    if "command" not in table:
        flaws.append(Flaw(f"{name}.command", "is missing", "", KEYS["command"][0]))
    return ItemProvider(name, **values)


def _flag(raw: object) -> bool | None:
    return raw if isinstance(raw, bool) else None


KEYS: Final[dict[str, tuple[str, Callable[[object], Any]]]] = {
    "command": (ALLOWED["argv"].partition(";")[0], READERS["argv"]),
    "env": ("a list of at most 64 names of variables of the daemon; none of Penstock's own", names_of_variables),
    "ordered": ("true or false", _flag),
    "requires_filter": ("true or false", _flag),
}
"""Key to what is allowed, and how it is read (None or Wrong: refused). What stands in a command may be secret, so it is not told."""

"""`[identities.NAME]`: what scripts get that work under a name (flow spec 7.6, 11). Pure: no secret is read here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import field, frozen

from actors.config.backends import Flaw

__all__ = ["KEYS", "NOBODY", "Identity", "read_identities"]

NOBODY: Final = "default"
"""The identity of scripts that name none."""

MOST: Final = 64
NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_FOLDER: Final = re.compile(r"/[^\x00-\x1f:]{0,4000}")
_LONGEST: Final = 32_768


@frozen
class Identity:
    """Variables of scripts that work as `name`: `env` as they stand, those whose text is `secrets.NAME` hold that secret.

    `path`: folders in which they look for programs before those of PATH.
    """

    name: str
    env: Mapping[str, str] = field(factory=dict, repr=False)
    path: tuple[str, ...] = ()


def read_identities(raw: Mapping[str, Any]) -> tuple[tuple[Identity, ...], tuple[Flaw, ...]]:
    """The identities of the file, by name, and everything that is wrong."""
    flaws: list[Flaw] = []
    if len(raw) > MOST:
        return (), (Flaw("", "there are too many identities", len(raw), f"at most {MOST}"),)
    found = []
    for name, table in sorted(raw.items()):
        if not NAME.fullmatch(name):
            flaws.append(
                Flaw(name[:80], "not a name of an identity", name[:80], "letters, digits, . _ and -, at most 64; no . or - in front")
            )
        elif not isinstance(table, dict):
            flaws.append(Flaw(name, "an identity is a table", "", f"[identities.{name}] with " + ", ".join(KEYS)))
        else:
            found.append(Identity(name, **_read(name, table, flaws)))
    return tuple(found), tuple(flaws)


def _read(name: str, table: Mapping[str, Any], flaws: list[Flaw]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, raw in table.items():
        if key not in KEYS:
            flaws.append(Flaw(f"{name}.{key[:80]}", "no such setting", "", ", ".join(KEYS)))
            continue
        allowed, read = KEYS[key]
        value = read(raw)
        if value is None:
            flaws.append(Flaw(f"{name}.{key}", "not an allowed value", "", allowed))
        else:
            values[key] = value
    return values


def _variables(raw: object) -> dict[str, str] | None:
    if not isinstance(raw, dict) or len(raw) > MOST:
        return None
    sound = all(_VARIABLE.fullmatch(name) and not name.startswith("PENSTOCK_") and _fits(text) for name, text in raw.items())
    return dict(raw) if sound else None


def _fits(text: object) -> bool:
    return isinstance(text, str) and len(text) <= _LONGEST and "\0" not in text


def _folders(raw: object) -> tuple[str, ...] | None:
    if not isinstance(raw, list) or len(raw) > MOST or not all(isinstance(one, str) and _FOLDER.fullmatch(one) for one in raw):
        return None
    return tuple(raw)


KEYS: Final[dict[str, tuple[str, Callable[[object], Any]]]] = {
    "env": ("a table of at most 64 variables, none of Penstock's own: texts, or secrets.NAME for that secret", _variables),
    "path": ("a list of at most 64 absolute paths of folders, without a colon", _folders),
}
"""Key to what is allowed, and how it is read (None: refused). What stands in a variable may be secret, so it is not told."""

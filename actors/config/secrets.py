"""`[secrets.NAME]`: where each secret lies. Pure: none is read here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen

from actors.config.backends import Flaw

__all__ = ["KEYS", "SecretSource", "read_secrets"]

MOST: Final = 256
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_PATH: Final = re.compile(r"/[^\x00-\x1f]{1,4000}")


@frozen
class SecretSource:
    """A secret by its handle. Exactly one is set: the variable `env` of the daemon, the `file`, or the `command` that prints it."""

    name: str
    env: str | None = None
    file: str | None = None
    command: tuple[str, ...] | None = None

    @property
    def shown(self) -> str:
        """Where it lies, in words."""
        return f"env {self.env}" if self.env else f"file {self.file}" if self.file else f"command {(self.command or ('',))[0]}"


def read_secrets(raw: Mapping[str, Any]) -> tuple[tuple[SecretSource, ...], tuple[Flaw, ...]]:
    """The secrets of the file by name, and everything that is wrong. Whatever is found wrong is not shown: it may be the secret itself."""
    flaws: list[Flaw] = []
    found = []
    if len(raw) > MOST:
        return (), (Flaw("", "there are too many secrets", len(raw), f"at most {MOST}"),)
    for name, table in sorted(raw.items()):
        if not NAME.fullmatch(name):
            flaws.append(Flaw(name[:80], "not a name of a secret", "", "a small letter, then at most 63 of a-z 0-9 _ -"))
        elif not isinstance(table, dict) or len(table) != 1 or next(iter(table)) not in KEYS:
            flaws.append(
                Flaw(name, "a secret names where it lies, and nothing else", "", f"[secrets.{name}] with one of {', '.join(KEYS)}")
            )
        else:
            ((key, value),) = table.items()
            allowed, read = KEYS[key]
            place = read(value)
            if place is None:
                flaws.append(Flaw(f"{name}.{key}", "not an allowed value", "", allowed))
            else:
                found.append(SecretSource(name, **{key: place}))
    return tuple(found), tuple(flaws)


def _matching(pattern: re.Pattern[str]) -> Callable[[object], str | None]:
    return lambda raw: raw if isinstance(raw, str) and pattern.fullmatch(raw) else None


def _argv(raw: object) -> tuple[str, ...] | None:
    fine = (
        isinstance(raw, list) and 0 < len(raw) <= 64 and all(isinstance(word, str) and "\0" not in word for word in raw) and raw[0].strip()
    )
    return tuple(raw) if isinstance(raw, list) and fine else None


KEYS: Final[dict[str, tuple[str, Callable[[object], Any]]]] = {
    "env": ("the name of a variable of the daemon", _matching(_VARIABLE)),
    "file": ("the absolute path of a file", _matching(_PATH)),
    "command": ("a list of words, the program first", _argv),
}
"""What may be named, what is allowed there, and how it is read (None: refused)."""

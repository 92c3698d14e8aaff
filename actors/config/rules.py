"""How one setting is read and what it may be: the vocabulary in which the table of settings is written. Pure.

A value comes from `penstock.toml` (already typed by TOML) or from the environment (always text); both end as the same Python value.
"""

from __future__ import annotations

import math
import re
from typing import Any, Literal, assert_never

from attrs import field, frozen

from actors.config.kinds import ALLOWED, READERS, Wrong, shown_map
from actors.workflow.durations import DURATION_FORMS, DurationError, parse_duration, shown_duration

__all__ = ["Rule", "Wrong", "choice", "choices", "count", "duration", "flag", "names", "number", "outside", "prefix", "principals", "word"]

LONGEST_WORD = 128
PREFIX = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
Outside = Literal["argv", "url", "path", "loopback", "hosts", "resolvers", "handles", "policy"]
TABLES = ("resolvers", "handles", "policy")
Kind = Literal["duration", "count", "number", "choice", "choices", "flag", "word", "names", "prefix", "principals", Outside]


@frozen
class Rule:
    """Kind and bounds of one setting. `low` and `high` are inclusive, as written in the file; `above` is an exclusive lower bound."""

    kind: Kind
    says: str
    low: str | None = None
    high: str | None = None
    above: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The bounds in words."""
        match self.kind:
            case "choice":
                return "one of " + ", ".join(self.choices)
            case "choices":
                return "a list of " + ", ".join(self.choices)
            case "flag":
                return "true or false"
            case "word":
                return f"one word of at most {LONGEST_WORD} characters, without blanks"
            case "names":
                return "a list of names"
            case "prefix":
                return "capital letters, digits and _, a letter first, at most 64"
            case "principals":
                return 'a list of uids (1000) and groups ("@staff")'
            case "duration":
                return f"a duration ({', '.join(DURATION_FORMS)}){self._range()}"
            case "count":
                return f"a whole number{self._range()}"
            case "number":
                return f"a number{self._range()}"
            case "argv" | "url" | "path" | "loopback" | "hosts" | "resolvers" | "handles" | "policy":
                return ALLOWED[self.kind]
            case _:
                assert_never(self.kind)

    def _range(self) -> str:
        parts = [f"more than {self.above}"] if self.above is not None else []
        parts += [f"at least {self.low}"] if self.low is not None else []
        parts += [f"at most {self.high}"] if self.high is not None else []
        return ", " + " and ".join(parts) if parts else ""

    def read(self, raw: object) -> Any:
        """The value that `raw` means, or `Wrong`."""
        if self.kind in READERS:
            return READERS[self.kind](raw)
        match self.kind:
            case "choice":
                return raw if isinstance(raw, str) and raw in self.choices else _wrong()
            case "choices":
                return self._some(_list(raw, bare_numbers=False))
            case "flag":
                return _flag(raw)
            case "word":
                return _word(raw)
            case "prefix":
                return _prefix(raw)
            case "names" | "principals":
                return _list(raw, bare_numbers=self.kind == "principals")
            case "duration":
                return self._bounded(_duration(raw), _duration)
            case "count":
                return self._bounded(_count(raw), _count)
            case _:  # a number that need not be whole
                return self._bounded(_number(raw), _number)

    def _some(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(word for word in self.choices if word in words) if set(words) <= set(self.choices) else _wrong()

    def _bounded(self, value: Any, unit: Any) -> Any:
        inside = (
            (self.low is None or value >= unit(self.low))
            and (self.high is None or value <= unit(self.high))
            and (self.above is None or value > unit(self.above))
        )
        return value if inside else _wrong()

    def show(self, value: Any) -> Any:
        """A value as one would write it in the file."""
        if self.kind in TABLES:
            return shown_map(value)
        return shown_duration(value) if self.kind == "duration" and value is not None else value


def _wrong() -> Any:
    raise Wrong


def _count(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().isascii() and raw.strip().isdigit() and len(raw.strip()) <= 18:
        return int(raw)
    raise Wrong


def _number(raw: object) -> float:
    try:
        value = float(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else math.nan
    except (ValueError, OverflowError):
        raise Wrong from None
    if not math.isfinite(value):
        raise Wrong
    return value


def _flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in ("true", "false"):
        return raw.strip().lower() == "true"
    raise Wrong


def _duration(raw: object) -> int:
    try:
        return parse_duration(raw)
    except DurationError:
        raise Wrong from None


def _word(raw: object) -> str:
    if isinstance(raw, str) and 0 < len(raw) <= LONGEST_WORD and raw.isprintable() and not any(map(str.isspace, raw)):
        return raw
    raise Wrong


def _prefix(raw: object) -> str:
    if isinstance(raw, str) and PREFIX.fullmatch(raw):
        return raw
    raise Wrong


def _list(raw: object, *, bare_numbers: bool) -> tuple[str, ...]:
    if isinstance(raw, str):
        return tuple(word for word in (part.strip() for part in raw.split(",")) if word)
    if not isinstance(raw, list):
        raise Wrong
    words = [str(word) if bare_numbers and isinstance(word, int) and not isinstance(word, bool) else word for word in raw]
    if not all(isinstance(word, str) and word.strip() for word in words):
        raise Wrong
    return tuple(words)


def _setting(default: Any, rule: Rule) -> Any:
    return field(default=rule.read(default) if default is not None else None, metadata={"rule": rule})


def duration(default: str | None, says: str, *, low: str | None = None, high: str | None = None, above: str | None = None) -> Any:
    """Whole milliseconds, written with a unit. The attribute's name ends in `_ms`, the key's does not."""
    return _setting(default, Rule("duration", says, low=low, high=high, above=above))


def count(default: int | None, says: str, *, low: int | None = None, high: int | None = None) -> Any:
    """A whole number."""
    return _setting(default, Rule("count", says, low=None if low is None else str(low), high=None if high is None else str(high)))


def number(default: float, says: str, *, low: float, high: float) -> Any:
    """A number, not necessarily whole."""
    return _setting(default, Rule("number", says, low=f"{low:g}", high=f"{high:g}"))


def choices(says: str, *possible: str) -> Any:
    """Some words of a closed list, by default all of them; in the environment separated by commas."""
    return _setting(list(possible), Rule("choices", says, choices=possible))


def outside(kind: Outside, says: str) -> Any:
    """Something outside: a program, an address, a file, hosts (unset by default), or a table of such things (empty by default)."""
    return _setting({} if kind in TABLES else None, Rule(kind, says))


def choice(default: str, says: str, *choices: str) -> Any:
    """One word of a closed list."""
    return _setting(default, Rule("choice", says, choices=choices))


def flag(default: bool, says: str) -> Any:  # noqa: FBT001  the default of a setting, named by the table
    """True or false."""
    return _setting(default, Rule("flag", says))


def word(says: str, default: str | None = None) -> Any:
    """One word; unset by default, unless there is one."""
    return _setting(default, Rule("word", says))


def names(default: list[str], says: str) -> Any:
    """A list of words; in the environment separated by commas."""
    return _setting(default, Rule("names", says))


def prefix(default: str, says: str) -> Any:
    """How names of variables begin."""
    return _setting(default, Rule("prefix", says))


def principals(says: str) -> Any:
    """A list of uids and `@group` names, empty by default; in the environment separated by commas."""
    return _setting([], Rule("principals", says))

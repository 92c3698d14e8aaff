"""How one setting is read and what it may be: the vocabulary in which the table of settings is written. Pure.

A value comes from `penstock.toml` (already typed by TOML) or from the environment (always text); both end as the same Python value.
"""

from __future__ import annotations

from typing import Any, Literal, assert_never

from attrs import field, frozen

from actors.workflow.durations import DURATION_FORMS, DurationError, parse_duration, shown_duration

__all__ = ["Rule", "Wrong", "choice", "count", "duration", "flag", "names", "principals", "word"]

LONGEST_WORD = 128
Kind = Literal["duration", "count", "choice", "flag", "word", "names", "principals"]


class Wrong(ValueError):
    """A value that its rule refuses; the text says what is allowed."""


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
            case "flag":
                return "true or false"
            case "word":
                return f"one word of at most {LONGEST_WORD} characters, without blanks"
            case "names":
                return "a list of names"
            case "principals":
                return 'a list of uids (1000) and groups ("@staff")'
            case "duration":
                return f"a duration ({', '.join(DURATION_FORMS)}){self._range()}"
            case "count":
                return f"a whole number{self._range()}"
            case _:
                assert_never(self.kind)

    def _range(self) -> str:
        parts = [f"more than {self.above}"] if self.above is not None else []
        parts += [f"at least {self.low}"] if self.low is not None else []
        parts += [f"at most {self.high}"] if self.high is not None else []
        return ", " + " and ".join(parts) if parts else ""

    def read(self, raw: object) -> Any:
        """The value that `raw` means, or `Wrong`."""
        match self.kind:
            case "choice":
                return raw if isinstance(raw, str) and raw in self.choices else _wrong()
            case "flag":
                return _flag(raw)
            case "word":
                return _word(raw)
            case "names" | "principals":
                return _list(raw, bare_numbers=self.kind == "principals")
            case "duration":
                return self._bounded(_duration(raw), _duration)
            case "count":
                return self._bounded(_count(raw), _count)
            case _:
                assert_never(self.kind)

    def _bounded(self, value: int, unit: Any) -> int:
        inside = (
            (self.low is None or value >= unit(self.low))
            and (self.high is None or value <= unit(self.high))
            and (self.above is None or value > unit(self.above))
        )
        return value if inside else _wrong()

    def show(self, value: Any) -> Any:
        """A value as one would write it in the file."""
        return shown_duration(value) if self.kind == "duration" and value is not None else value


def _wrong() -> Any:
    raise Wrong


def _count(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().isascii() and raw.strip().isdigit() and len(raw.strip()) <= 18:
        return int(raw)
    raise Wrong


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


def count(default: int, says: str, *, low: int | None = None, high: int | None = None) -> Any:
    """A whole number."""
    return _setting(default, Rule("count", says, low=None if low is None else str(low), high=None if high is None else str(high)))


def choice(default: str, says: str, *choices: str) -> Any:
    """One word of a closed list."""
    return _setting(default, Rule("choice", says, choices=choices))


def flag(default: bool, says: str) -> Any:  # noqa: FBT001  the default of a setting, named by the table
    """True or false."""
    return _setting(default, Rule("flag", says))


def word(says: str) -> Any:
    """One word; unset by default."""
    return _setting(None, Rule("word", says))


def names(default: list[str], says: str) -> Any:
    """A list of words; in the environment separated by commas."""
    return _setting(default, Rule("names", says))


def principals(says: str) -> Any:
    """A list of uids and `@group` names, empty by default; in the environment separated by commas."""
    return _setting([], Rule("principals", says))

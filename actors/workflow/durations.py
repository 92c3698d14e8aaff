"""Durations as people write them: a whole number with a unit, or of seconds. One rule for every notation (flow spec 2.7)."""

from __future__ import annotations

from typing import Any, Final, TypeGuard, final

from actors.workflow.template import MARK

__all__ = ["DURATION_FORMS", "DurationError", "filled_in_duration", "fixed_duration", "is_filled_in", "parse_duration", "shown_duration"]

UNITS: Final = {"ms": 1, "h": 3_600_000, "m": 60_000, "s": 1_000, "d": 86_400_000}
LONGEST: Final = 2**63 - 1
DURATION_FORMS: Final = ("500ms", "30s", "10m", "2h", "7d", "a whole number of seconds")


@final
class DurationError(ValueError):
    """`code` is `invalid_duration` or `duration_overflow`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_duration(value: Any) -> int:
    """Milliseconds. Takes text such as `30s`, or a whole number of seconds as text or number. Raises DurationError."""
    text = str(value) if type(value) is int and 0 <= value <= LONGEST else value
    if not isinstance(text, str):
        raise DurationError("invalid_duration", f"{_short(value)} is no duration. Write {', '.join(DURATION_FORMS)}.")
    digits, factor = _split(text.strip().strip("\"'").strip())
    if not (digits.isascii() and digits.isdigit()):
        raise DurationError("invalid_duration", f"{_short(text)} is no duration. Write {', '.join(DURATION_FORMS)}.")
    # Twenty digits are beyond 64 bits whatever the unit, and int() of a very long text is slow.
    if len(digits.lstrip("0")) > 19 or int(digits) * factor > LONGEST:
        raise DurationError("duration_overflow", f"{_short(text)} is longer than {LONGEST} ms. Write a shorter duration.")
    return int(digits) * factor


def is_filled_in(value: Any) -> TypeGuard[str]:
    """Whether it holds a placeholder, so that its length is known only in a run."""
    return type(value) is str and MARK in value


def fixed_duration(value: Any) -> int:
    """Like `parse_duration`, where a file is read and nothing is ever filled in."""
    if is_filled_in(value):
        text = (
            f"{_short(value)} holds a placeholder, which only time limits of nodes may; this is read before there is a run to fill it in."
        )
        raise DurationError("invalid_duration", f"{text} Write {', '.join(DURATION_FORMS)}.")
    return parse_duration(value)


def filled_in_duration(word: str, text: str, value: str, *, low_ms: int = 1, high_ms: int = LONGEST) -> int:
    """Milliseconds: what stands as `text` under `word` was filled in as `value`. Raises DurationError, also beyond the bounds."""
    about = f'"{word}" is {_short(text)}. Filled in,'
    try:
        length = parse_duration(value)
    except DurationError as error:
        raise DurationError(error.code, f"{about} {error}") from None
    if not low_ms <= length <= high_ms:
        bounds = f"at least {low_ms} ms" + ("" if high_ms == LONGEST else f" and at most {high_ms} ms")
        raise DurationError("invalid_duration", f"{about} {_short(value)} is {length} ms, and it must be {bounds}.")
    return length


def shown_duration(ms: int) -> str:
    """Milliseconds as one writes them, in the largest unit that needs no fraction."""
    for unit in ("d", "h", "m", "s"):
        if ms and ms % UNITS[unit] == 0:
            return f"{ms // UNITS[unit]}{unit}"
    return f"{ms}ms" if ms else "0s"


def _split(text: str) -> tuple[str, int]:
    for unit, factor in UNITS.items():
        if text.endswith(unit):
            return text[: -len(unit)].rstrip(), factor
    return text, 1_000


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"

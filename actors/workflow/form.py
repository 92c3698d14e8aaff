"""Reads one mapping of a file key by key: two spellings of a key, the kind of each value, and every key nobody asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final, final

from actors.workflow.durations import DURATION_FORMS, DurationError, fixed_duration
from actors.workflow.problems import Path, Report

__all__ = ["ABSENT", "Form", "kind_word"]

ABSENT: Final = object()
KIND_WORDS: Final = {
    dict: "a mapping", list: "a list", str: "text", bool: "true or false", int: "a whole number", float: "a number", type(None): "nothing",
}  # fmt: skip


def kind_word(value: Any) -> str:
    """What a JSON value is, for people."""
    return KIND_WORDS[type(value)]


@final
class Form:
    """A mapping at `path`. Each getter notes its keys as known; `close` then refuses all others."""

    def __init__(self, report: Report, path: Path, data: dict[str, Any]) -> None:
        self.report, self.path, self.data = report, path, data
        self._known: dict[str, None] = {}
        self._twice: set[str] = set()

    def at(self, *names: str) -> Path:
        """The path of the first of the spellings that is there; else that of the mapping."""
        return next(((*self.path, name) for name in names if name in self.data), self.path)

    def has(self, *names: str) -> bool:
        """Whether one of the spellings is there with a value."""
        return any(self.data.get(name) is not None for name in names)

    def take(self, *names: str) -> Any:
        """The value under any of the spellings, or ABSENT. An empty value (null) counts as left out."""
        self._known.update(dict.fromkeys(names))
        there = [name for name in names if name in self.data]
        if len(there) > 1 and there[1] not in self._twice:
            self._twice.add(there[1])
            message = f'"{there[1]}" is another spelling of "{there[0]}". Keep one of them.'
            self.report.add("key_spelled_twice", (*self.path, there[1]), message)
        value = self.data[there[0]] if there else None
        return ABSENT if value is None else value

    def require(self, *names: str) -> Any:
        """Like `take`, and a left-out key is an error."""
        value = self.take(*names)
        if value is ABSENT:
            self.report.add("key_missing", self.at(*names), f'"{names[0]}" is missing. Add it.', allowed=names)
        return value

    def wrong(self, names: tuple[str, ...], value: Any, wanted: str, code: str = "value_type") -> None:
        """Report a value of the wrong kind."""
        message = f'"{names[0]}" takes {wanted}, and this is {kind_word(value)}. Write {wanted}.'
        self.report.add(code, self.at(*names), message, found=value, allowed=[wanted])

    def text(self, *names: str, default: str | None = None) -> str | None:
        """Text, not empty."""
        value = self.take(*names)
        if value is ABSENT:
            return default
        if type(value) is str and value.strip():
            return value
        wanted = "text; quote it" if type(value) in {int, float, bool} else "text that is not empty"
        self.wrong(names, value, wanted)
        return default

    def flag(self, *names: str, default: bool = False) -> bool:
        """True or false."""
        value = self.take(*names)
        if value is ABSENT:
            return default
        if type(value) is not bool:
            self.wrong(names, value, "true or false")
            return default
        return value

    def whole(self, *names: str, low: int, high: int, default: int, code: str = "value_type") -> int:
        """A whole number within bounds."""
        value = self.take(*names)
        if value is ABSENT:
            return default
        if type(value) is not int:
            self.wrong(names, value, f"a whole number from {low} to {high}", code)
            return default
        if not low <= value <= high:
            message = f'"{names[0]}" is {value}, and it must be from {low} to {high}. Choose a number within these bounds.'
            self.report.add(code, self.at(*names), message, found=value, allowed=[f"{low} … {high}"])
            return default
        return value

    def number(self, *names: str, low: float, default: float, code: str) -> float:
        """A finite number that is not below `low`."""
        value = self.take(*names)
        if value is ABSENT:
            return default
        if type(value) not in {int, float} or not (math.isfinite(value) and value >= low):
            self.wrong(names, value, f"a number, at least {low:g}", code)
            return default
        return float(value)

    def choice(self, *names: str, choices: tuple[str, ...], code: str) -> str | None:
        """One of the words."""
        value = self.take(*names)
        if value is ABSENT:
            return None
        if type(value) is str and value in choices:
            return value
        hint = self.report.similar(value, choices) if type(value) is str else ""
        message = f'"{names[0]}" is one of {", ".join(choices)}.{hint}'
        self.report.add(code, self.at(*names), message, found=value, allowed=choices)
        return None

    def duration(self, word: str, model: str, *, low_ms: int = 1, high_ms: int | None = None, code: str = "invalid_duration") -> int | None:
        """Milliseconds: `word` is a duration of a file, `model` a whole number of milliseconds, where 0 means left out."""
        value = self.take(word, model)
        if value is ABSENT:
            return None
        try:
            length = self._milliseconds(value) if word not in self.data else fixed_duration(value)
        except DurationError as error:
            self.report.add(error.code, self.at(word, model), f'"{word}": {error}', found=value, allowed=DURATION_FORMS)
            return None
        if word not in self.data and not length:
            return None
        if length < low_ms or (high_ms is not None and length > high_ms):
            bounds = f"at least {low_ms} ms" + (f" and at most {high_ms} ms" if high_ms else "")
            self.report.add(code, self.at(word, model), f'"{word}" must be {bounds}; this is {length} ms.', found=value, allowed=[bounds])
            return None
        return length

    def _milliseconds(self, value: Any) -> int:
        if type(value) is int and value >= 0:
            return value
        raise DurationError("invalid_duration", "The model's field takes a whole number of milliseconds.")

    def table(self, *names: str) -> dict[str, Any]:
        """A mapping of any JSON."""
        value = self.take(*names)
        if value is ABSENT:
            return {}
        if type(value) is not dict:
            self.wrong(names, value, "a mapping")
            return {}
        return value

    def texts(self, *names: str, single: bool = False) -> list[str] | None:
        """A list of texts; with `single` a text alone counts as a list of one."""
        value = self.take(*names)
        if value is ABSENT:
            return None
        if single and type(value) is str:
            return [value]
        if type(value) is not list:
            self.wrong(names, value, "a list of texts")
            return None
        for i, item in enumerate(value):
            if type(item) is not str:
                message = f"Each entry is text, and this is {kind_word(item)}. Quote it."
                self.report.add("value_type", (*self.at(*names), i), message, found=item, allowed=["text"])
        return [item for item in value if type(item) is str]

    def sub(self, *names: str) -> Form | None:
        """A mapping with keys of its own."""
        value = self.take(*names)
        if value is ABSENT:
            return None
        if type(value) is not dict:
            self.wrong(names, value, "a mapping")
            return None
        return Form(self.report, self.at(*names), value)

    def items(self, *names: str) -> list[tuple[Path, Any]]:
        """The entries of a list, each with its path."""
        value = self.take(*names)
        if value is ABSENT:
            return []
        if type(value) is not list:
            self.wrong(names, value, "a list")
            return []
        return [((*self.at(*names), i), item) for i, item in enumerate(value)]

    def close(self, where: str, elsewhere: Iterable[str] = ()) -> None:
        """Refuse every key that no getter asked for. `elsewhere` are keys that exist but have no meaning in this place."""
        allowed = tuple(sorted(self._known))
        for key in self.data:
            if key in self._known or self.report.full:
                continue
            known = f"It takes {', '.join(allowed)}."
            message = f'{where} has no key "{key[:80]}".{self.report.similar(key, allowed)} {known}'
            if key in elsewhere:
                message = f'"{key}" has no effect on {where} and is refused so that it does not look as if it had. {known}'
            if self.data[key] is None:
                message += " If it belongs to the text before it, quote that text: a comma separates entries."
            self.report.add("key_unknown", (*self.path, key), message, found=key, allowed=allowed)

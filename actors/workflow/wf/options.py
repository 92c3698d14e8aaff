"""The options of one statement, key by key: what kind of value each takes, and every key that nobody knows (flow spec 2.2, 2.6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final, final

from actors.workflow.durations import DURATION_FORMS, DurationError, fixed_duration, is_filled_in
from actors.workflow.problems import Path, Place, Report
from actors.workflow.wf.ast import Entry, ListValue, MapValue, Scalar
from actors.workflow.wf.lexer import LARGEST

__all__ = ["Options", "pairs_of"]

LENGTH_OF_WHOLE: Final = len(str(LARGEST))


def pairs_of(report: Report, entries: Iterable[Entry], path: Path = ()) -> dict[str, Entry]:
    """The entries by key; of one that stands twice the later, with a warning."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.key in found:
            line = found[entry.key].place[0]
            message = f'"{entry.key}" stands twice, first on line {line}; this one holds. Remove the other.'
            report.warn("duplicate_key", path, message, found=entry.key, place=entry.place, stage="parser")
        found[entry.key] = entry
    return found


@final
class Options:
    """`title` names the statement in messages, `place` is where it stands; `path` and `report` as everywhere."""

    def __init__(self, report: Report, path: Path, title: str, place: Place, entries: Iterable[Entry]) -> None:
        self.report, self.path, self.title, self.place = report, path, title, place
        self.entries = pairs_of(report, entries, path)

    def has(self, *keys: str) -> bool:
        """Whether one of them is given."""
        return any(key in self.entries for key in keys)

    def wrong(self, code: str, key: str | None, message: str, *, found: Any = ..., allowed: Collection[str] = ()) -> None:
        """Report a mistake of the statement, at the option where it is given."""
        entry = self.entries.get(key or "")
        place = entry.place if entry else self.place
        self.report.add(code, self.path, f"{self.title}: {message}", found=found, allowed=allowed, place=place, stage="parser")

    def scalar(self, key: str) -> Scalar | None:
        """One text."""
        entry = self.entries.get(key)
        if entry is None:
            return None
        if isinstance(entry.value, Scalar):
            return entry.value
        what = "a list" if isinstance(entry.value, ListValue) else "a map"
        self.wrong("wf_value_type", key, f'"{key}" takes one text, and this is {what}. Write a text.', found=what, allowed=["text"])
        return None

    def text(self, key: str) -> str | None:
        """One text, as it stands."""
        value = self.scalar(key)
        return value.text if value else None

    def texts(self, key: str) -> list[str] | None:
        """A list of texts; a text alone is a list of one."""
        value = self.entries[key].value if key in self.entries else None
        if isinstance(value, ListValue):
            return [item.text for item in value.items]
        found = self.scalar(key)
        return [found.text] if found else None

    def whole(self, key: str, code: str, *, low: int = 0) -> int | None:
        """A number of 32 bits."""
        value = self.entries[key].value if key in self.entries else None
        if value is None:
            return None
        text = value.text if isinstance(value, Scalar) else ""
        number = int(text) if text.isascii() and text.isdigit() and len(text.lstrip("0")) <= LENGTH_OF_WHOLE else -1
        if low <= number <= LARGEST:
            return number
        allowed = f"{low} … {LARGEST}"
        self.wrong(code, key, f'"{key}" takes a whole number from {low} to {LARGEST}.', found=text, allowed=[allowed])
        return None

    def flag(self, key: str, code: str) -> bool | None:
        """`true` or `false`."""
        word = self.choice(key, code, ("true", "false"))
        return None if word is None else word == "true"

    def choice(self, key: str, code: str, choices: tuple[str, ...]) -> str | None:
        """One of the words."""
        value = self.entries[key].value if key in self.entries else None
        if value is None or (isinstance(value, Scalar) and value.text in choices):
            return None if value is None else self.text(key)
        text = value.text if isinstance(value, Scalar) else "a list or map"
        hint = self.report.similar(text, choices)
        self.wrong(code, key, f'"{key}" is one of {", ".join(choices)}.{hint}', found=text, allowed=choices)
        return None

    def filled_in_duration(self, key: str) -> str | None:
        """The text of a duration whose length is known only in a run."""
        value = self.entries[key].value if key in self.entries else None
        return value.text if isinstance(value, Scalar) and is_filled_in(value.text) else None

    def duration(self, key: str, *, low_ms: int = 1) -> int | None:
        """Milliseconds."""
        text = self.text(key)
        if text is None:
            return None
        try:
            length = fixed_duration(text)
        except DurationError as error:
            self.wrong(error.code, key, f'"{key}": {error}', found=text, allowed=DURATION_FORMS)
            return None
        if length < low_ms:
            message = f'"{key}" is no time at all. Make it longer, or leave it out.'
            self.wrong("invalid_duration", key, message, found=text, allowed=DURATION_FORMS)
        return length

    def table(self, key: str, code: str) -> dict[str, str] | None:
        """A map of texts, written with `=`."""
        entry = self.entries.get(key)
        if entry is None:
            return None
        if not isinstance(entry.value, MapValue) or entry.block:
            message = f'"{key}" takes a map. Write {key} = {{ name = "value" }}.'
            self.wrong(code, key, message, found=entry.value.text if isinstance(entry.value, Scalar) else "…", allowed=["{ key = value }"])
            return None
        return self.map(entry.value)

    def map(self, value: MapValue) -> dict[str, str]:
        """A map as it stands."""
        return {
            name: one.value.text for name, one in pairs_of(self.report, value.entries, self.path).items() if isinstance(one.value, Scalar)
        }

    def close(self, known: Collection[str]) -> None:
        """Warn of each key that is none of these: it has no effect."""
        for key, entry in self.entries.items():
            if key not in known:
                near = self.report.similar(key, known)
                takes = f"Known are {', '.join(sorted(known))}." if known else "It takes no options."
                message = f'{self.title} has no option "{key}", so it is ignored.{near} {takes}'
                self.report.warn(
                    "unknown_key", self.path, message, found=key, allowed=sorted(known), place=entry.place, stage="parser"
                )  # fmt: skip

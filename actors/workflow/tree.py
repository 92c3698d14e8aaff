"""Builds a plain JSON tree out of a parser's events and remembers where each key and item stands. Knows no notation."""

from __future__ import annotations

from typing import Any, Final, final

from attrs import frozen

from actors.workflow.problems import Path, Place, Report, shown

__all__ = [
    "FILE",
    "MAX_BYTES",
    "MAX_DEPTH",
    "STORED",
    "UNREADABLE",
    "Bounds",
    "Stop",
    "TreeBuilder",
    "check_size",
    "check_text",
    "check_whole",
]

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32
WHOLE_END: Final = 2**63


@frozen
class Bounds:
    """How large and how deep a text may be."""

    size: int
    depth: int


# In place of a tree, where a text could not be read to its end; the report holds the reason.
UNREADABLE: Final = object()
FILE: Final = Bounds(MAX_BYTES, MAX_DEPTH)
# What is stored carries its schemas inside and long names, so it is larger and deeper than the files it was made of.
STORED: Final = Bounds(16 * MAX_BYTES, 2 * MAX_DEPTH)


@final
class Stop(Exception):
    """Reading cannot go on; the report holds the reason."""


class TreeBuilder:
    """Takes values in document order; recursion-free, so that no input can exhaust the stack."""

    def __init__(self, report: Report, bounds: Bounds) -> None:
        self.root: Any = None
        self._report = report
        self._depth = bounds.depth
        self._open: list[tuple[dict[str, Any] | list[Any], Path]] = []
        self._key: str | None = None

    @property
    def expects_key(self) -> bool:
        """Whether the next scalar is the key of a mapping."""
        return bool(self._open) and isinstance(self._open[-1][0], dict) and self._key is None

    def path(self) -> Path:
        """The path at which the next value goes."""
        if not self._open:
            return ()
        container, path = self._open[-1]
        if isinstance(container, list):
            return (*path, len(container))
        return (*path, self._key) if self._key is not None else path

    def key(self, text: str, place: Place) -> None:
        """The next value belongs to this key. A second one of the same name is an error; its value is read and dropped."""
        container, path = self._open[-1]
        here = (*path, text)
        if text in container:
            line, column = self._report.places[here]
            self._report.places[here] = place
            self._report.add("key_duplicate", here, f'The key "{text}" stands twice, first at line {line}, column {column}. Keep one.')
            if self._report.full:
                raise Stop
        self._report.places[here] = place
        self._key = text

    def value(self, value: Any, place: Place) -> None:
        """One scalar."""
        self._put(value, place)

    def open(self, container: dict[str, Any] | list[Any], place: Place) -> None:
        """A mapping or list begins."""
        path = self.path()
        self._put(container, place)
        if len(self._open) >= self._depth:
            message = f"This is nested deeper than {self._depth} levels. Use flatter data."
            self._report.add("file_too_deep", path, message, allowed=[f"≤ {self._depth}"])
            raise Stop
        self._open.append((container, path))

    def close(self) -> None:
        """The innermost mapping or list ends."""
        self._open.pop()

    def _put(self, value: Any, place: Place) -> None:
        path = self.path()
        self._report.places.setdefault(path, place)
        if not self._open:
            self.root = value
            return
        container = self._open[-1][0]
        if isinstance(container, list):
            container.append(value)
        else:
            container[str(self._key)] = value
            self._key = None


def check_size(text: str, report: Report, bounds: Bounds) -> None:
    """Refuse a text that is too large or no Unicode (Stop)."""
    report.places[()] = (1, 1)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        report.add("text_invalid", (), f"Character {error.start} is half of a surrogate pair, which is no text. Remove it.")
        raise Stop from None
    if size > bounds.size:
        message = f"The file has {size} bytes, and at most {bounds.size} are read. Move long texts and data to files of their own."
        report.add("file_too_large", (), message, found=size, allowed=[f"≤ {bounds.size}"])
        raise Stop
    if size > bounds.size // 4:
        report.warn("file_large", (), f"The file has {size} bytes; above {bounds.size} it is refused.", found=size)


def check_text(text: str, path: Path, report: Report) -> str:
    """The text itself; NUL and lone surrogates, which only escapes can make, are reported."""
    if "\0" in text or not _is_unicode(text):
        report.add("text_invalid", path, f"{text[:40]!a} holds a NUL or half of a surrogate pair, which is no text. Remove it.")
    return text


def check_whole(number: int, path: Path, report: Report) -> int:
    """The number itself; one beyond 64 bits is reported."""
    if not -WHOLE_END <= number < WHOLE_END:
        message = f"The number {shown(str(number))} does not fit into 64 bits. Write it as quoted text or make it smaller."
        report.add("number_out_of_range", path, message, allowed=["-2^63 … 2^63-1"])
        return 0
    return number


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

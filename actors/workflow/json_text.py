"""Reads JSON into a plain tree with places, strictly: no duplicate keys, NaN, lone surrogates, or integers beyond 64 bits."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable
from json import JSONDecodeError, decoder
from typing import Any, Final, NoReturn

from actors.workflow.problems import Place, Report
from actors.workflow.tree import FILE, UNREADABLE, Bounds, Stop, TreeBuilder, check_size, check_text, check_whole

__all__ = ["read_json"]

# The scanner of the standard library, which knows all escapes and runs in C.
SCAN: Final[Callable[[str, int, bool], tuple[str, int]]] = vars(decoder)["scanstring"]
SPACE = re.compile(r"[ \t\n\r]*")
NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?")
LITERALS: tuple[tuple[str, Any], ...] = (("true", True), ("false", False), ("null", None))
BRACKETS: dict[str, tuple[str, type[dict[str, Any] | list[Any]]]] = {"{": ("}", dict), "[": ("]", list)}


def read_json(text: str, report: Report, bounds: Bounds = FILE) -> Any:
    """The tree, or UNREADABLE. What is wrong goes to the report."""
    try:
        check_size(text, report, bounds)
        scanner = _Scanner(text, report, bounds)
        scanner.run()
    except Stop:
        return UNREADABLE
    return scanner.tree.root


class _Scanner:
    """One pass over the text with an explicit stack of closing brackets."""

    def __init__(self, text: str, report: Report, bounds: Bounds) -> None:
        self.tree = TreeBuilder(report, bounds)
        self._text = text
        self._report = report
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._at = 0
        self._closers: list[str] = []
        self._fresh = False

    def run(self) -> None:
        self._value()
        while self._closers:
            self._item()
        if self._peek():
            self._wrong("the end of the file")

    def _item(self) -> None:
        """One more entry of the innermost container, or its end."""
        closer = self._closers[-1]
        char = self._peek()
        if char == closer:
            self._at += 1
            self._closers.pop()
            self.tree.close()
            self._fresh = False
        elif self._fresh:
            self._entry(closer)
        elif char == ",":
            self._at += 1
            self._entry(closer)
        else:
            self._wrong(f'"," or "{closer}"')

    def _entry(self, closer: str) -> None:
        if closer == "}":
            if self._peek() != '"':
                self._wrong("a key in double quotes")
            place = self._place()
            key = self._string()
            self.tree.key(key, place)
            check_text(key, self.tree.path(), self._report)
            if self._peek() != ":":
                self._wrong('":"')
            self._at += 1
        self._value()

    def _value(self) -> None:
        char, place = self._peek(), self._place()
        self._fresh = char in BRACKETS
        if self._fresh:
            self._at += 1
            closer, make = BRACKETS[char]
            self._closers.append(closer)
            self.tree.open(make(), place)
            return
        path = self.tree.path()
        self._report.places.setdefault(path, place)
        self.tree.value(check_text(self._string(), path, self._report) if char == '"' else self._literal(), place)

    def _literal(self) -> Any:
        for word, value in LITERALS:
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        if not (found := NUMBER.match(self._text, self._at)):
            self._wrong("a value")
        self._at += len(found[0])
        path = self.tree.path()
        if found[2] or found[3]:
            if math.isfinite(number := float(found[0])):
                return number
            self._report.add("number_out_of_range", path, f"{found[0][:40]} is no finite number. Write a smaller one.")
            return 0
        return check_whole(int(found[0]) if len(found[0]) <= 30 else 2**64, path, self._report)

    def _string(self) -> str:
        value: str
        try:
            value, end = SCAN(self._text, self._at + 1, True)
        except JSONDecodeError as error:
            self._at = error.pos
            self._wrong("a string in double quotes, with control characters escaped", error.msg)
        self._at = end
        return value

    def _peek(self) -> str:
        found = SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _place(self) -> Place:
        line = bisect_right(self._lines, self._at)
        return line, self._at - self._lines[line - 1] + 1

    def _wrong(self, wanted: str, what: str = "") -> NoReturn:
        found = self._text[self._at : self._at + 1] or "the end of the file"
        message = f"This is not JSON: expected {wanted}, found {found!r}{f' ({what})' if what else ''}."
        self._report.add("json_syntax", (), message, allowed=[wanted], place=self._place())
        raise Stop

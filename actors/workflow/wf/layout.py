"""Writes statements as text in the one layout that `.wf` files have: two spaces for each block, one option a line where they do not fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from actors.workflow.wf.ast import Declared, Entry, File, ListValue, MapValue, Scalar, Statement, Value

__all__ = ["WIDTH", "layout"]

WIDTH: Final = 100
INDENT: Final = "  "
# Statements whose block holds options alone; they stand on one line where they fit.
FLAT: Final = frozenset(("call", "call workflow", "gate", "script", "foreach"))


def layout(file: File) -> str:
    """The text. Comments stay where they are; those inside of an option move in front of it."""
    page = _Page()
    page.comments(file.trivia.before, first=True)
    page.line(0, f"workflow {_spelt(file.name)} {{", file.opened)
    for i, item in enumerate(file.items):
        page.item(item, 1, first=i == 0)
    page.comments(file.closing, depth=1, first=not file.items, last=True)
    page.line(0, "}")
    return "\n".join(page.lines) + file.rest.rstrip() + "\n"


def _spelt(value: Scalar) -> str:
    return value.raw or value.text


class _Page:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, depth: int, text: str, comment: str | None = None) -> None:
        self.lines.append(f"{INDENT * depth}{text}{f' {comment}' if comment else ''}")

    def comments(self, lines: Iterable[str], depth: int = 0, *, first: bool = False, last: bool = False) -> None:
        """Lines of comment; several empty lines become one, and none stands at the beginning or end of a block."""
        found = list(lines)
        while first and found and not found[0]:
            found.pop(0)
        while last and found and not found[-1]:
            found.pop()
        for i, text in enumerate(found):
            if text:
                self.line(depth, text)
            elif not (i and not found[i - 1]):
                self.lines.append("")

    def item(self, item: Statement, depth: int, *, first: bool) -> None:
        """One statement or section."""
        self.comments(item.trivia.before, depth, first=first)
        head = _head(item)
        if not item.braces:
            self.line(depth, head, item.trivia.tail)
            return
        if item.word in FLAT and (line := _on_one_line(item, head, depth)):
            self.line(depth, line, item.trivia.tail)
            return
        behind = f" while {item.condition.left}.{item.condition.marker}" if item.word == "do" and item.condition else ""
        if not (item.entries or item.body or item.declared or item.opened or any(item.closing)):
            self.line(depth, f"{head} {{}}{behind}", item.trivia.tail)
            return
        self.line(depth, f"{head} {{", item.opened)
        self._inside(item, depth + 1)
        self.line(depth, f"}}{behind}", item.trivia.tail)

    def _inside(self, item: Statement, depth: int) -> None:
        first = True
        for entry in item.entries:
            self._entry(entry, depth, first=first)
            first = False
        for declared in item.declared:
            self._declared(declared, depth, first=first)
            first = False
        for inner in item.body:
            self.item(inner, depth, first=first)
            first = False
        self.comments(item.closing, depth, first=first, last=True)

    def _entry(self, entry: Entry, depth: int, *, first: bool = False) -> None:
        self.comments(entry.trivia.before, depth, first=first)
        line = _entry_line(entry)
        tail = entry.trivia.tail
        if isinstance(entry.value, Scalar) or _fits(line, depth):
            self.line(depth, line, tail)
            return
        opening, closing = ("{", "}") if isinstance(entry.value, MapValue) else ("[", "]")
        self.line(depth, f"{entry.key}{'' if entry.block else ' ='} {opening}")
        if isinstance(entry.value, MapValue):
            for inner in entry.value.entries:
                self._entry(inner, depth + 1)
        else:
            for one in entry.value.items:
                self.line(depth + 1, f"{_spelt(one)},")
        self.line(depth, closing, tail)

    def _declared(self, declared: Declared, depth: int, *, first: bool) -> None:
        self.comments(declared.trivia.before, depth, first=first)
        words = [one.word if one.value is None else f"{one.word} = {_value(one.value)}" for one in declared.attributes]
        self.line(depth, " ".join([declared.name, *words]), declared.trivia.tail)


def _head(item: Statement) -> str:
    words = [item.word, *([_spelt(item.name)] if item.name else [])]
    if item.condition and item.word != "do":
        words.append(item.condition.left if item.condition.marker is None else f"{item.condition.left}.{item.condition.marker}")
    return " ".join(words)


def _on_one_line(item: Statement, head: str, depth: int) -> str | None:
    """The whole statement, where it has no comments inside and is short enough."""
    remarks = [line for entry in item.entries for line in (*entry.trivia.before, entry.trivia.tail)]
    if item.opened or any(item.closing) or any(remarks):
        return None
    inside = " ".join(_entry_line(entry) for entry in item.entries)
    line = f"{head} {{ {inside} }}" if inside else f"{head} {{}}"
    return line if _fits(line, depth) else None


def _fits(line: str, depth: int) -> bool:
    return "\n" not in line and len(INDENT) * depth + len(line) <= WIDTH


def _entry_line(entry: Entry) -> str:
    return f"{entry.key}{'' if entry.block else ' ='} {_value(entry.value)}"


def _value(value: Value) -> str:
    if isinstance(value, Scalar):
        return _spelt(value)
    if isinstance(value, ListValue):
        return f"[{', '.join(_spelt(item) for item in value.items)}]"
    inside = " ".join(_entry_line(entry) for entry in value.entries)
    return f"{{ {inside} }}" if inside else "{}"

"""Finds placeholders in shell text at places where a quoted value could break out. It judges the text, it does not run it.

A value is put in as one single-quoted word. That is safe where the shell reads plain words, and nowhere else: not inside quotes,
backticks, comments, here-documents, `${…}` or arithmetic, and not right after a backslash or `$`. Where shells disagree about
what the text means, the scanner gives up and refuses all placeholders that follow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, final

from attrs import frozen

from actors.flow.substitution import Name, split
from actors.workflow.template import MARK, Lookup, TemplateError, parse_template

__all__ = ["Misplaced", "placeholder_in_quotes"]

HEREDOC = re.compile(r"<<(-?)[ \t]*(\\?)(['\"]?)([A-Za-z0-9_.!%+,:@^~-]+)\3")
CASE = re.compile(r"case\b")
WORD_START: Final = frozenset(" \t\n;&|()<>`")
NAMES: Final = {
    "'": "in single quotes", '"': "in double quotes", "`": "in backticks", "#": "in a comment", "${": "inside ${…}", "((": "in arithmetic",
    "<<": "in a here-document", "\\": "right after a backslash", "$": "right after a $", "?": "after quoting that shells read differently",
}  # fmt: skip


@frozen
class Misplaced:
    """A placeholder and the place that makes it unsafe, as words that follow "stands"."""

    placeholder: str
    where: str


def placeholder_in_quotes(text: str, *, flat: bool = False) -> Misplaced | None:
    """The first placeholder at an unsafe place, or None. What is no template at all is left to the check of references.

    `flat`: placeholders hold the exact names of variables, so that whatever stands between the braces is one.
    """
    if MARK not in text:
        return None
    try:
        return _Scan(split(text) if flat else parse_template(text)).run()
    except TemplateError:
        return None


@final
class _Scan:
    """`stack` holds what is open: `'`, `"`, a backtick, `#`, `${`, `((`, and `(` for a subshell or `$(`."""

    def __init__(self, parts: Sequence[str | Lookup | Name]) -> None:
        # What the shell will see, with one character in place of each value; a script holds no NUL of its own.
        self._text = "".join(part if isinstance(part, str) else "\0" for part in parts)
        self._values = iter([part.shown for part in parts if isinstance(part, Lookup | Name)])
        self._at = 0
        self._stack: list[str] = []
        self._heredocs: list[tuple[str, bool]] = []
        self._unsure = False

    def run(self) -> Misplaced | None:
        while self._at < len(self._text):
            if self._text[self._at] == "\0":
                if where := self._danger():
                    return self._misplaced(where)
                next(self._values)
                self._at += 1
            elif bad := self._step():
                return bad
        return None

    def _misplaced(self, where: str) -> Misplaced:
        return Misplaced(next(self._values), NAMES[where])

    def _danger(self) -> str:
        """Why a placeholder here would be unsafe; empty when it is not."""
        for kind in self._stack:
            if kind != "(":
                return kind
        before = self._text[self._at - 1 : self._at]
        return "?" if self._unsure else "$" if before == "$" else ""

    def _step(self) -> Misplaced | None:
        """Read one character or one construct."""
        char = self._text[self._at]
        top = self._stack[-1] if self._stack else ""
        if char == "\\" and top not in {"'", "#"}:
            return self._escape()
        if char == "\n" and top in {"", "(", "#"}:
            return self._newline()
        if top in {"'", "#"}:
            if char == top == "'":
                self._stack.pop()
        elif char == "$" and top != "#":
            self._dollar(top)
            return None
        elif char == "`":
            self._toggle("`")
        elif char == '"':
            self._unsure |= top in {"${", "(("}
            self._toggle('"')
        elif top in {"", "(", "`"}:
            return self._plain(char, top)
        else:
            self._nested(char, top)
        self._at += 1
        return None

    def _escape(self) -> Misplaced | None:
        self._at += 2
        return self._misplaced("\\") if self._text[self._at - 1 : self._at] == "\0" else None

    def _toggle(self, mark: str) -> None:
        if self._stack and self._stack[-1] == mark:
            self._stack.pop()
        else:
            # A mark of the same kind further out: shells pair these by rules of their own.
            self._unsure |= mark == "`" and mark in self._stack
            self._stack.append(mark)

    def _dollar(self, top: str) -> None:
        rest = self._text[self._at + 1 : self._at + 3]
        if rest == "((":
            self._open("((", 3)
        elif rest[:1] == "(":
            self._open("(", 2)
        elif rest[:1] == "{" and rest != "{{":
            self._open("${", 2)
        elif rest[:1] == "'" and top != '"':
            # $'…' knows backslashes in some shells and not in others.
            end = self._text.find("'", self._at + 2)
            self._unsure |= "\\" in self._text[self._at : end if end >= 0 else None]
            self._at += 1
        else:
            self._at += 1

    def _open(self, kind: str, width: int) -> None:
        self._stack.append(kind)
        self._at += width

    def _nested(self, char: str, top: str) -> None:
        """Inside double quotes, `${…}` or arithmetic."""
        if top == "${" and char == "}":
            self._stack.pop()
        elif top == "${" and char == "'":
            self._unsure = True
        elif top == "((" and self._text.startswith("))", self._at):
            self._stack.pop()
            self._at += 1
        elif top == "((" and char == "(":
            self._unsure = True

    def _plain(self, char: str, top: str) -> Misplaced | None:
        """Where the shell reads words."""
        if char == "'":
            self._stack.append("'")
        elif char == "#" and (self._at == 0 or self._text[self._at - 1] in WORD_START):
            self._stack.append("#")
        elif char == "(":
            if self._text.startswith("((", self._at):
                self._open("((", 1)
            else:
                self._stack.append("(")
        elif char == ")" and top == "(":
            self._stack.pop()
        elif char == "<" and self._text.startswith("<<", self._at):
            return self._heredoc_mark()
        elif char == "c" and CASE.match(self._text, self._at) and "(" in self._stack:
            # The `)` of a pattern looks like the end of the substitution.
            self._unsure = True
        self._at += 1
        return None

    def _heredoc_mark(self) -> Misplaced | None:
        if self._text.startswith("<<<", self._at):
            self._at += 3
            return None
        if found := HEREDOC.match(self._text, self._at):
            self._heredocs.append((found[4], found[1] == "-"))
            self._at = found.end()
        else:
            self._unsure = True
            self._at += 2
        return None

    def _newline(self) -> Misplaced | None:
        """The end of a comment, and the beginning of the here-documents announced on the line."""
        if self._stack and self._stack[-1] == "#":
            self._stack.pop()
        self._at += 1
        for delimiter, tabs in self._heredocs:
            start = self._at
            for line in self._text[start:].splitlines(keepends=True):
                self._at += len(line)
                bare = line.rstrip("\n")
                if (bare.lstrip("\t") if tabs else bare) == delimiter:
                    break
            if "\0" in self._text[start : self._at]:
                return self._misplaced("<<")
        self._heredocs.clear()
        return None

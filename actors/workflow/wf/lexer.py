"""Cuts a `.wf` text into tokens. A flaw is noted and skipped, so that the rest of the text can be looked at, too (flow spec 2.1)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Final

from attrs import frozen

from actors.workflow.problems import Place, Report
from actors.workflow.wf.tokens import Kind, Token

__all__ = ["LARGEST", "Flaw", "Lexer", "tokens_of"]

LARGEST: Final = 2**32 - 1
# No more are told of one text, so that looking for more is idle.
MOST_FLAWS: Final = 500
STRING_BODY: Final = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
ESCAPES: Final = {"n": "\n", "t": "\t"}
PATTERN: Final = re.compile(
    r"""(?P<space>[ \t\r\n\f\v]+) | (?P<comment>//[^\n]*) | (?P<word>[A-Za-z_][A-Za-z0-9_-]*) | (?P<number>[0-9]+)
      | (?P<punctuation>[{}\[\],=.]) | (?P<quote>")""",
    re.VERBOSE,
)
ELSEWHERE: Final = re.compile(r"#[^\n]*|/\*.*?\*/", re.DOTALL)
HINTS: Final = {
    "#": "A comment begins with //.", "/": "A comment begins with // and goes to the end of the line.",
    "-": "Numbers have no sign; quote the text.", "'": 'Text stands in double quotes: "…".', ";": "Nothing separates statements.",
    ":": "A value follows its key after =.", "(": "There are no parentheses.", "$": 'Quote the text: "$…".',
}  # fmt: skip


@frozen
class Flaw:
    """Something that is no word. `at` is where it stands in the text."""

    code: str
    message: str
    found: str
    allowed: tuple[str, ...]
    place: Place
    at: int

    def tell(self, report: Report) -> None:
        """Add it to the report."""
        report.add(self.code, (), self.message, found=self.found, allowed=self.allowed, place=self.place, stage="lexer")


def tokens_of(text: str) -> tuple[list[Token], list[Flaw]]:
    """All tokens, with one of the kind `end` behind them; and all flaws."""
    lexer = Lexer(text)
    lexer.run()
    return lexer.tokens, lexer.flaws


class Lexer:
    """One pass over the text, in time linear in its length."""

    def __init__(self, text: str) -> None:
        self.tokens: list[Token] = []
        self.flaws: list[Flaw] = []
        self._text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._at = 1 if text.startswith("\ufeff") else 0
        self._before: list[str] = []
        self._tail: str | None = None
        self._fresh = True  # whether the line so far holds no token

    def run(self) -> None:
        """Fill `tokens` and `flaws`."""
        takers: dict[str, Callable[[str], None]] = {
            "space": self._space, "comment": self._comment, "word": self._word, "number": self._number, "quote": self._string,
            "punctuation": self._punctuation,
        }  # fmt: skip
        while self._at < len(self._text):
            found = PATTERN.match(self._text, self._at)
            if found and found.lastgroup:
                takers[found.lastgroup](found[0])
            else:
                self._foreign(self._text[self._at])
                if len(self.flaws) >= MOST_FLAWS:
                    break
        self._add("end", "", "")

    def place(self, at: int) -> Place:
        """Line and column of an offset, both from 1."""
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1

    def _space(self, raw: str) -> None:
        lines = raw.count("\n")
        self._fresh = self._fresh or lines > 0
        # The line's own end is one; a comment has left its line's end to the space behind it.
        if lines > 1 and self._before[-1:] != [""]:
            self._before.append("")
        self._at += len(raw)

    def _comment(self, raw: str) -> None:
        if self._fresh:
            self._before.append(raw.rstrip())
        else:
            self._tail = raw.rstrip()
        self._at += len(raw)

    def _word(self, raw: str) -> None:
        self._add("word", raw, raw)

    def _punctuation(self, raw: str) -> None:
        self._add("punctuation", raw, raw)

    def _number(self, raw: str) -> None:
        digits = raw.lstrip("0")
        if len(digits) > len(str(LARGEST)) or int(digits or "0") > LARGEST:
            message = f"The number {raw[:40]} is too large: at most {LARGEST}. Quote it if it is text."
            self._flaw("wf_invalid_integer", message, raw[:40], (f"0 … {LARGEST}",))
            raw_value = "0"
        else:
            raw_value = raw
        self._add("number", raw_value, raw)

    def _string(self, _quote: str) -> None:
        body = STRING_BODY.match(self._text, self._at + 1)
        end = body.end() if body else self._at + 1
        raw = self._text[self._at : end + 1]
        if self._text[end : end + 1] != '"':
            self._unterminated(raw, end)
            return
        self._add("string", ESCAPE.sub(lambda found: ESCAPES.get(found[1], found[1]), raw[1:-1]), raw)

    def _unterminated(self, raw: str, end: int) -> None:
        """The text ends within a string, or within an escape of one: nothing behind its quote can be told apart."""
        if self._text[end : end + 1] == "\\":
            message = "The text ends after a backslash. Write the character that it escapes, and close the string."
            self._flaw("wf_unterminated_escape", message, "\\", ("\\n", "\\t", '\\"', "\\\\"), end)
        else:
            message = 'A string begins here and is not closed. Add the double quote at its end; a quote inside is written \\".'
            self._flaw("wf_unterminated_string", message, raw[:40], ('"',))
        self._at = len(self._text)

    def _foreign(self, char: str) -> None:
        hint = HINTS.get(char, "Text with other signs stands in double quotes.")
        message = f"The character {char!r} has no meaning here. {hint}"
        self._flaw("wf_unexpected_character", message, char, ("words", "numbers", '"text"', "{ } [ ] , = ."))
        # What is a comment elsewhere is one mistake, not one for each of its words.
        elsewhere = ELSEWHERE.match(self._text, self._at)
        self._at = elsewhere.end() if elsewhere else self._at + 1

    def _flaw(self, code: str, message: str, found: str, allowed: tuple[str, ...], at: int | None = None) -> None:
        where = self._at if at is None else at
        self.flaws.append(Flaw(code, message, found, allowed, self.place(where), where))

    def _add(self, kind: Kind, text: str, raw: str) -> None:
        place = self.place(self._at)
        self._at += len(raw)
        self.tokens.append(Token(kind, text, raw, place, self._at, tuple(self._before), self._tail))
        self._before, self._tail, self._fresh = [], None, False

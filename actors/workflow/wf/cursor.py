"""Walks the tokens of a `.wf` text for the parser: what comes next, what is wrong there, and which comments belong to what."""

from __future__ import annotations

from collections.abc import Collection
from itertools import accumulate
from typing import Final, NoReturn, final

from actors.workflow.problems import Place, Report
from actors.workflow.tree import Stop
from actors.workflow.wf.ast import Scalar, Trivia
from actors.workflow.wf.tokens import Token

__all__ = ["Cursor", "SyntaxFlaw", "scalar"]

QUOTE_HINT: Final = 'Text that is no plain word or number stands in quotes: "30m".'


@final
class SyntaxFlaw(Exception):
    """The statement cannot be read any further; the report holds the reason."""


class Cursor:
    """A position in the tokens. `cut_off`: that the text breaks off has been told, so that its end is no mistake of its own."""

    def __init__(self, tokens: list[Token], report: Report, *, cut_off: bool = False) -> None:
        self.at = 0
        self.report = report
        self._tokens = tokens
        self._cut_off = cut_off
        self._statements = 0
        self._taken: set[int] = set()
        self._tails: set[int] = set()
        steps = (1 if token.is_("{") else -1 if token.is_("}") else 0 for token in tokens)
        self._depths = [0, *accumulate(steps)]

    @property
    def token(self) -> Token:
        """The next token."""
        return self._tokens[self.at]

    def ahead(self, steps: int) -> Token:
        """The token so many steps behind the next one; the last one for all behind the end."""
        return self._tokens[min(self.at + steps, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, which is passed; the end is never passed."""
        token = self.token
        self.at = min(self.at + 1, len(self._tokens) - 1)
        return token

    def accept(self, *marks: str) -> bool:
        """Whether the next token is one of these, which is passed then."""
        if not self.token.is_(*marks):
            return False
        self.take()
        return True

    def expect(self, mark: str) -> Token:
        """The next token, which has to be this one."""
        if not self.token.is_(mark):
            self.unexpected((mark,))
        return self.take()

    def name(self, wanted: str) -> Scalar:
        """A name: any word but `meta` and `do`."""
        if not self.token.is_name:
            self.unexpected((wanted,))
        return scalar(self.take())

    def note(self, code: str, message: str, *, place: Place | None = None, found: str | None = None, allowed: Collection[str] = ()) -> None:
        """Add an error at a place, or at the next token."""
        token = self.token
        if token.kind == "end" and place is None:
            if self._cut_off:
                return
            self._cut_off = True
        shown = token.shown if found is None else found
        self.report.add(code, (), message, found=shown, allowed=allowed, place=place or token.place, stage="parser")

    def unexpected(self, wanted: Collection[str], code: str = "wf_unexpected_token", hint: str = "") -> NoReturn:
        """Something else was expected here."""
        hint = hint or self._hint()
        expected = " or ".join(f'"{word}"' if word in "{}[],=." else word for word in wanted)
        self.note(code, f"Expected {expected}, found {self.token.shown}.{f' {hint}' if hint else ''}", allowed=wanted)
        raise SyntaxFlaw

    def _hint(self) -> str:
        """A value without quotes that is more than one word: `30m`, `1.5`, `a.b.c`."""
        before = self._tokens[self.at - 1] if self.at else None
        token = self.token
        if before is None or token.kind == "end" or before.end != token.end - len(token.raw):
            return ""
        return QUOTE_HINT if before.kind == "number" or (token.is_(".") and before.kind == "word") else ""

    def recover(self, start: int, depth: int, words: Collection[str]) -> None:
        """Go on at the next statement of the block, or at its end. `start` is where the statement began that could not be read."""
        # A keyword in the middle of a line that could not be read belongs to it: `call gate`.
        within = self.at > start and self.token.place[0] == self._tokens[self.at - 1].place[0] and not self.token.is_("{", "}")
        self.at = min(max(self.at + within, start + 1), len(self._tokens) - 1)
        while self.token.kind != "end":
            here = self._depths[self.at]
            if here < depth or (here == depth and (self.token.is_("}") or (self.token.is_(*words) and not self.ahead(1).is_("=")))):
                return
            self.take()

    def count(self, most: int) -> None:
        """One statement more. Beyond the most that a workflow may have, nothing is read any further (Stop)."""
        self._statements += 1
        if self._statements > most:
            message = f"The workflow has more than {most} statements. Split it: call workflow runs another one."
            self.note("too_many_nodes", message, allowed=(f"≤ {most}",))
            raise Stop

    @property
    def depth(self) -> int:
        """How many braces are open in front of the next token."""
        return self._depths[self.at]

    def opened(self) -> str | None:
        """The comment behind the brace that was just passed."""
        return self._tail()

    def closing(self) -> tuple[str, ...]:
        """The comments in front of the next token, which is the brace that ends a block."""
        self._taken.add(self.at)
        return self.token.before

    def trivia(self, start: int) -> Trivia:
        """The comments of what stands between `start` and the next token; those inside of it that nothing took move in front of it."""
        inner: list[str] = []
        for i in range(start, self.at):
            if i not in self._taken:
                self._taken.add(i)
                inner += [line for line in self._tokens[i].before if line or i == start]
            if i > start and i not in self._tails and (tail := self._tokens[i].tail):
                self._tails.add(i)
                inner.append(tail)
        return Trivia(tuple(inner), self._tail())

    def _tail(self) -> str | None:
        if self.at in self._tails:
            return None
        self._tails.add(self.at)
        return self.token.tail


def scalar(token: Token) -> Scalar:
    """The token as a text."""
    return Scalar(token.text, token.kind == "string", token.raw, token.place)

"""One decision about the learnings of a workflow in the making: nobody hears of its facts before they are committed. Pure."""

from __future__ import annotations

from collections.abc import Callable

from attrs import Factory, define

from actors.learning.book import Book
from actors.learning.events import LearningFact

__all__ = ["Step"]


@define(eq=False)
class Step:
    """`book` is a copy that the facts are applied to; `now` is the one time of all that is decided, `new` gives ids with that prefix."""

    book: Book
    now: int
    new: Callable[[str], str]
    facts: list[LearningFact] = Factory(list)

    def emit(self, fact: LearningFact) -> None:
        """Decide that it has happened."""
        self.book.apply(fact, self.now)
        self.facts.append(fact)

"""The learning log of a workflow: what is appended to it, and all such logs as they can be read at any moment, by whomever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from attrs import Factory, define

from actors.learning.book import Book
from actors.learning.events import FACTS, LearningFact
from actors.learning.memory_events import MEMORY_FACTS
from actors.learning.record import IN_USE, Learning
from actors.learning.revision_events import REVISION_FACTS
from actors.learning.trial_events import TRIAL_FACTS
from storage.codec import BadRecord, Codec, UnknownKind
from storage.errors import StreamDamaged
from storage.records import Append, Headline

if TYPE_CHECKING:
    from actors.learning.step import Step
    from storage.store import Store

__all__ = ["KIND", "TRYING", "UNREADABLE", "Shelf", "appended", "learning_codec", "learning_stream"]

KIND = "learning"
TRYING = "learning/trying"
"""The key of workflows of which a learning is tried."""
PAGE = 5_000
MOST = 100_000
UNREADABLE = (StreamDamaged, BadRecord, UnknownKind)
"""What reading a damaged log raises. Its workflow's runs go on, and so do the learnings of all others."""


@cache
def learning_codec() -> Codec[LearningFact]:
    """The codec of these logs."""
    return Codec((*FACTS, *MEMORY_FACTS, *REVISION_FACTS, *TRIAL_FACTS))


def learning_stream(workflow_id: str) -> str:
    """The name of the log."""
    return f"learning/{workflow_id}"


def _of_project(project_id: str) -> str:
    return f"learning/project/{project_id}"


def appended(step: Step) -> tuple[Append, ...]:
    """What was decided, which the step's book has applied already; nothing where that is nothing."""
    if not step.facts:
        return ()
    book = step.book
    learnings = book.learnings.values()
    line = Headline(
        learning_stream(book.workflow_id), KIND, "open", min([one.created_at_ms for one in learnings], default=step.now), step.now,
        group=book.workflow_id, facts={"learnings": len(learnings), "in_use": sum(one.status in IN_USE for one in learnings)},
        keys=(
            *(_of_project(one) for one in dict.fromkeys(one.project_id for one in learnings)),
            *([TRYING] if any(one.verdict is None for one in book.trials.values()) else []),
        ),
    )  # fmt: skip
    events = tuple(learning_codec().encode(fact) for fact in step.facts)
    return (Append(learning_stream(book.workflow_id), book.seq - len(step.facts), events, headline=line),)


@define(eq=False)
class Shelf:
    """Reads learnings from the store. A log that has grown is read on from where it was; what it gives is not to be changed.

    What is asked of one workflow raises one of UNREADABLE where its log is damaged; what is asked of many does without that log.
    """

    store: Store
    _books: dict[str, Book] = Factory(dict)

    def of(self, workflow_id: str) -> Book:
        """All learnings of that workflow, which may have none."""
        stream = learning_stream(workflow_id)
        book = self._books.get(workflow_id)
        if book is None:
            book = Book(workflow_id)
        while book.seq < self.store.journal.head(stream):
            for recorded in self.store.journal.read(stream, book.seq, PAGE):
                book.apply(learning_codec().decode(recorded), recorded.at_ms)
        if book.seq:
            self._books[workflow_id] = book
        return book

    def all(self) -> Iterator[Learning]:
        """Those of all workflows."""
        for workflow_id in self._workflows():
            yield from self._readable(workflow_id)

    def damaged(self) -> list[str]:
        """The workflows whose learnings cannot be read."""
        return [one for one in self._workflows() if isinstance(self._try(one), Exception)]

    def find(self, learning_id: str) -> Learning | None:
        """The learning of that id. Raises where there is none, and a log is damaged in which it may stand."""
        for book in self._books.values():
            if learning_id in book.learnings:
                return self.of(book.workflow_id).learnings[learning_id]
        for one in self.all():
            if one.learning_id == learning_id:
                return one
        for workflow_id in self.damaged():
            self.of(workflow_id)
        return None

    def selectable(self, workflow_id: str, project_id: str) -> list[Learning]:
        """Those that runs of the workflow may be told: in use, of the workflow itself or of its project."""
        others = [str(line.group) for line in self.store.catalog.found(_of_project(project_id), MOST)]
        known = [one for name in dict.fromkeys((workflow_id, *others)) for one in self._readable(name)]
        return [one for one in known if one.status in IN_USE and _fits(one, workflow_id, project_id)]

    def _workflows(self) -> list[str]:
        return [str(line.group) for line in self.store.catalog.list(KIND, limit=MOST)]

    def _readable(self, workflow_id: str) -> Iterable[Learning]:
        found = self._try(workflow_id)
        return () if isinstance(found, Exception) else found.learnings.values()

    def _try(self, workflow_id: str) -> Book | Exception:
        try:
            return self.of(workflow_id)
        except UNREADABLE as damage:
            return damage


def _fits(one: Learning, workflow_id: str, project_id: str) -> bool:
    return workflow_id == one.workflow_id or project_id == one.project_id

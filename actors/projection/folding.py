"""Reading a run's log for its history: each entry that can be folded, in order, and where and why it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson
from attrs import define

from actors.entity import Fact
from actors.node.events import NodeCompleted, NodeStarted
from actors.projection.definition import hash_of, scope_of, version_of
from actors.projection.entries import record_of, what_of
from actors.projection.moments import Chronicle
from actors.projection.record import Entry, Record, Subject, WaitEvent
from actors.run.events import ReportWritten, RunBlockedCorruptCheckpoint, RunCreated, RunExecutionClaimed, RunStarted
from actors.run.logbook import CorruptLog
from actors.run.new_state import new_state
from actors.run.vocabulary import run_codec
from storage import StreamDamaged

if TYPE_CHECKING:
    from actors.services import Services
    from storage import Recorded

__all__ = ["LogReader", "subject_of"]

PLAIN: dict[str, type[Fact]] = {one.kind: one for one in (NodeStarted, NodeCompleted, RunStarted, RunExecutionClaimed, ReportWritten)}
NESTED = frozenset(("artifact", "usage", "warnings", "$v"))
"""Facts that are most of every log, and the fields of theirs that are more than a plain value."""

PAGE = 1_000


def subject_of(services: Services, run_id: str, created: RunCreated) -> Subject:
    """What holds of the run for good: it is named after the version that it was made from, whatever a repair pins it to later."""
    workflow = services.plans.get(created.digest).workflow
    return Subject(
        run_id, created.workflow_id, created.trigger_type, scope_of(workflow.metadata),
        version_of(workflow.metadata, created.workflow_id, created.digest), hash_of(created.digest),
    )  # fmt: skip


@define(eq=False)
class LogReader:
    """Folds a log from its beginning, or from where it was left. `position` is the last entry that was folded."""

    services: Services
    run_id: str
    chronicle: Chronicle | None = None
    subject: Subject | None = None
    position: int = 0
    _held: tuple[Recorded, Fact] | None = None
    _fields: dict[str, Any] | None = None

    def begin(self) -> Subject | None:
        """What the run is, from its first fact; None where there is none. Raises CorruptLog."""
        for first in self.facts(1):
            self._held = first
        return self.subject

    def glance(self) -> Subject | None:
        """The same for who goes no further: nothing is folded. Raises CorruptLog."""
        page, damage = self._page(1)
        if damage is not None:
            raise CorruptLog(str(damage)) from damage
        for first in page:
            try:
                return subject_of(self.services, self.run_id, _created(run_codec().decode(first)))
            except Exception as error:
                raise self._corrupt(first, error) from error
        return None

    def first(self) -> Record | WaitEvent | None:
        """What is projected of the first fact, for as long as nothing else was folded."""
        return None if self._held is None else self.what(*self._held)

    def facts(self, upto: int | None = None) -> Iterator[tuple[Recorded, Fact]]:
        """Fold on, up to that position at most. Raises CorruptLog at what cannot be read or folded; what came before has been folded."""
        if self._held is not None:
            held, self._held = self._held, None
            yield held
        while upto is None or self.position < upto:
            limit = PAGE if upto is None else min(PAGE, upto - self.position)
            page, damage = self._page(limit)
            for recorded in page:
                yield recorded, self._fold(recorded)
            if damage is not None:
                raise CorruptLog(str(damage)) from damage
            if len(page) < limit:
                return

    def entries(self) -> Iterator[Entry]:
        """Fold on, with the moment after each fact. Raises CorruptLog."""
        for recorded, fact in self.facts():
            yield self.entry(recorded, fact)

    def entry(self, recorded: Recorded, fact: Fact) -> Entry:
        """What is projected of the fact that was folded last."""
        assert self.chronicle is not None
        return Entry(recorded.seq, self.what(recorded, fact), self.chronicle.moment())

    def what(self, recorded: Recorded, fact: Fact) -> Record | WaitEvent:
        """The same without the moment."""
        assert self.chronicle is not None
        fields, self._fields = self._fields, None
        return what_of(recorded, fact, self.chronicle.state.waits.get(getattr(fact, "node_id", "")), fields)

    def ending(self) -> Entry | None:
        """Behind an entry that cannot be folded: that the run is locked away for it, which is the last word of its log."""
        head = self.services.store.journal.head(self.run_id)
        try:
            found = self.services.store.journal.read(self.run_id, head - 1)
        except StreamDamaged:
            return None
        if self.chronicle is None or not found or found[0].kind != RunBlockedCorruptCheckpoint.kind or head <= self.position:
            return None
        fact = run_codec().decode(found[0])
        self.chronicle.apply(fact, found[0].at_ms)
        return Entry(head, record_of(found[0], type(fact).PRIVATE), self.chronicle.moment())

    @property
    def over(self) -> bool:
        """Whether the run has ended and its report is written: hardly ever does anything follow."""
        state = self.chronicle.state if self.chronicle is not None else None
        return state is not None and state.terminal and state.report_path is not None

    def _page(self, limit: int) -> tuple[list[Recorded], StreamDamaged | None]:
        journal = self.services.store.journal
        try:
            return journal.read(self.run_id, self.position, limit), None
        except StreamDamaged as damage:
            sound = int(damage.args[1]) - 1 - self.position
            return (journal.read(self.run_id, self.position, sound) if sound > 0 else []), damage

    def _fold(self, recorded: Recorded) -> Fact:
        try:
            fact, self._fields = _decoded(recorded)
            if self.chronicle is None:
                self._begin(fact)
            assert self.chronicle is not None
            self.chronicle.apply(fact, recorded.at_ms)
        except Exception as error:
            raise self._corrupt(recorded, error) from error
        self.position = recorded.seq
        return fact

    def _corrupt(self, recorded: Recorded, error: Exception) -> CorruptLog:
        said = f"{type(error).__name__}: {error}"
        return CorruptLog(f"event {recorded.seq} ({recorded.kind}) of {self.run_id} cannot be applied: {said}")

    def _begin(self, fact: Fact) -> None:
        services, created = self.services, _created(fact)
        self.subject = subject_of(services, self.run_id, created)
        self.chronicle = Chronicle(new_state(self.run_id, services.plans.get(created.digest), services.rules, services.plans.get))


def _created(fact: Fact) -> RunCreated:
    assert isinstance(fact, RunCreated), "a log begins with run_created"
    return fact


def _decoded(recorded: Recorded) -> tuple[Fact, dict[str, Any] | None]:
    """As the codec decodes it, in a fifth of the time where the fields are plain: the log has checked them when they were written."""
    cls = PLAIN.get(recorded.kind)
    if cls is not None:
        fields = orjson.loads(recorded.data)
        if NESTED.isdisjoint(fields):
            return cls(**fields), fields
    return run_codec().decode(recorded), None

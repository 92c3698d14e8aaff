"""One pass over a run: from where its history ends, or from zero; what it writes is made here, a batch at a time (spec 5.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

import orjson
from attrs import Factory, define, frozen

from actors.projection.bodies import Unreadable, about_of, event_of, phase_of, snapshot_of
from actors.projection.folding import LogReader
from actors.projection.known import known_ids
from actors.projection.record import Boundary, Entry, Record, Subject, WaitEvent
from actors.projection.walk import Seen, Step, Walk
from actors.run.logbook import CorruptLog
from storage.telling import NewRow, Telling

if TYPE_CHECKING:
    from actors.services import Services
    from storage.histories import History, HistoryKey
    from storage.store import Store

__all__ = ["Outcome", "Pass", "Passes", "Portion", "Source", "history_key", "remember"]


def history_key(run_id: str, boundary: Boundary) -> HistoryKey:
    """Where the rows of a run lie that a tenant sees."""
    return (run_id, boundary.org_id, boundary.workspace_id, boundary.deployment_id)


@define
class Outcome:
    """What came of projecting a run (spec 5). `error` is the code at which it stopped, `message` says why."""

    materialised: int = 0
    observations: int = 0
    findings: list[str] = Factory(list)
    error: str | None = None
    message: str = ""


@frozen
class Portion:
    """A batch to be written, and what there is to say of it."""

    telling: Telling
    observations: int
    findings: tuple[str, ...]


def _stored_snapshots(store: Store, history: History, subject: Subject) -> Callable[[str], Seen | None]:
    """What is known of each snapshot of a history. Reading one that cannot be read raises Unreadable."""
    rows = {row.id: row for row in store.histories.snapshots(history.id)}
    pruned = store.histories.pruned(history.id)

    def seen(name: str) -> Seen | None:
        row = rows.get(name)
        if row is None:
            return Seen(gone=True) if name in pruned else None
        found = snapshot_of(subject, row)
        return Seen(phase_of(found), found["status"])

    return seen


class Source(Protocol):
    """Where entries come from, in order."""

    def entries(self) -> Iterator[Entry]:
        """Those that were not given yet. Raises CorruptLog."""
        ...

    def ending(self) -> Entry | None:
        """The last word of a log that breaks."""
        ...

    @property
    def over(self) -> bool:
        """Whether hardly anything will follow what was given last."""
        ...


@define(eq=False)
class Pass:
    """Where the projection of one run is. A pass that was thrown away is made again from what is stored.

    `rewinds`: what the history says of how far it is cannot be true.
    """

    reader: Source
    walk: Walk
    cursor: int
    rewinds: bool = False

    @property
    def subject(self) -> Subject:
        """What the run is."""
        return self.walk.subject

    def portions(self, batch: int) -> Iterator[Portion]:
        """The rest of the log, at most `batch` entries at a time; the pass has moved when the next one is asked for.

        Raises Unreadable and CorruptLog after the portion of what came before.
        """
        steps: list[Step] = []
        failure: Exception | None = None
        entries = self.reader.entries()
        while True:
            try:
                entry = next(entries, None)
                if entry is not None:
                    steps.append(self.walk.step(entry))
            except (Unreadable, CorruptLog) as error:
                failure, entry = error, None
            if steps and (entry is None or len(steps) >= batch):
                yield self._portion(steps, steps[-1].position)
                steps = []
            if entry is None:
                break
        if isinstance(failure, CorruptLog) and (last := self.reader.ending()) is not None:
            yield self._after_damage(last)
        if failure is not None:
            raise failure

    def _after_damage(self, entry: Entry) -> Portion:
        """The cursor stays where the log breaks."""
        self.walk.records = max(self.walk.records, entry.position - 1)
        return self._portion([self.walk.step(entry)], self.cursor)

    def _portion(self, steps: list[Step], cursor: int) -> Portion:
        rows = [
            NewRow(
                step.event_id, step.at, None if step.event is None else orjson.dumps(step.event),
                None if step.snapshot is None else orjson.dumps(step.snapshot), step.known_seq,
            )
            for step in steps if step.event is not None or step.snapshot is not None
        ]  # fmt: skip
        after, self.cursor = self.cursor, cursor
        telling = Telling(
            history_key(self.subject.run_id, self.subject.boundary), about_of(self.subject), rows, cursor, self.walk.records,
            after=after, rewinds=self.rewinds,
        )  # fmt: skip
        findings = tuple(step.finding for step in steps if step.finding is not None)
        return Portion(telling, sum(step.observation for step in steps), findings)


@define(eq=False)
class Passes:
    """Makes passes, and keeps the places of those that will go on soon."""

    services: Services

    def from_zero(self, run_id: str) -> Pass | None:
        """A pass over the whole log; None for a run without records. Raises CorruptLog."""
        reader = LogReader(self.services, run_id)
        subject = reader.begin()
        return None if subject is None else self._from_zero(reader, subject, self._history(subject))

    def from_cursor(self, run_id: str, findings: list[str]) -> Pass | None:
        """A pass over what is not told yet, with the same result as one from zero. Raises CorruptLog, Unreadable."""
        reader = LogReader(self.services, run_id)
        subject = reader.begin()
        if subject is None:
            return None
        store, history = self.services.store, self._history(subject)
        if history is not None and history.cursor > store.journal.head(run_id):
            findings.append("projection_cursor_ahead")
            made = self._from_zero(reader, subject, history)
            made.rewinds = True
            return made
        if history is None or history.cursor == 0 or history.foreign:
            return self._from_zero(reader, subject, history)
        newest = store.histories.newest_snapshot(history.id)
        if newest is None or newest.seq != history.last_seq:
            return self._from_zero(reader, subject, history)
        snapshot = snapshot_of(subject, newest)
        walk = Walk(subject, phase_of(snapshot), snapshot["status"])
        for recorded, fact in reader.facts(history.cursor):
            what = reader.what(recorded, fact)
            if isinstance(what, Record):
                walk.name(what)
        return Pass(reader, walk, history.cursor)

    def _history(self, subject: Subject) -> History | None:
        return self.services.store.histories.get(history_key(subject.run_id, subject.boundary))

    def _from_zero(self, reader: LogReader, subject: Subject, history: History | None) -> Pass:
        walk = Walk(subject)
        if history is not None:
            remember(self.services.store, walk, history, reader.first())
        return Pass(reader, walk, 0)


def remember(store: Store, walk: Walk, history: History, first: Record | WaitEvent | None) -> None:
    """Tell the walk what is stored already, and from which phase the first entry goes on (spec 5.2, 2). Raises Unreadable."""
    subject = walk.subject
    rows = [event_of(subject, row) for row in store.histories.events(history.id)]
    walk.known = known_ids(subject.run_id, subject.workflow_id, [event for event in rows if event is not None])
    walk.seen = _stored_snapshots(store, history, subject)
    bound = walk.known[name][1] if (name := _first_id(subject, first)) in walk.known else None
    newest = store.histories.newest_snapshot(history.id, bound)
    if newest is not None:
        found = snapshot_of(subject, newest)
        walk.latest, walk.status = phase_of(found), found["status"]


def _first_id(subject: Subject, first: Record | WaitEvent | None) -> str:
    """The stable id of the first entry."""
    if isinstance(first, Record):
        return Walk(subject).name(first)[0]
    return first.event_id if first is not None else ""

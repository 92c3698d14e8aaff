"""Writing what passes make: many runs in one transaction, and one run from zero."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

import trio
from attrs import Factory, define

from actors.projection.bodies import Unreadable, snapshot_of, subject_in
from actors.projection.passing import Outcome, Pass, Passes, Portion, history_key
from actors.run.logbook import CorruptLog
from storage import StorageError
from storage.telling import forget_pruned, set_aside, tell_all

if TYPE_CHECKING:
    from actors.projection.record import Subject
    from actors.services import Services
    from storage.records import Row

__all__ = ["Projection"]

PLACES = 256
"""Of so many runs that are under way the place is kept in memory."""
YIELD = 4
"""After so many runs others have their turn."""


@define(eq=False)
class Projection:
    """`batch` is how many entries one transaction tells of at most, whichever runs they belong to."""

    services: Services
    batch: int
    places: dict[str, Pass] = Factory(dict)

    async def tail(self, run_ids: Iterable[str]) -> dict[str, Outcome]:
        """Tell what is new of each of these runs. What stops one of them is said in its outcome, and stops no other."""
        outcomes: dict[str, Outcome] = {}
        waiting: list[tuple[str, Portion]] = []
        size = 0
        for run_id in run_ids:
            outcome = outcomes[run_id] = Outcome()
            try:
                made = self._resumed(run_id, outcome)
                for portion in made.portions(self.batch) if made is not None else ():
                    waiting.append((run_id, portion))
                    size += len(portion.telling.rows)
                    if size >= self.batch:
                        await self._write(waiting, outcomes)
                        size = 0
            except StorageError:
                raise
            except Exception as error:  # noqa: BLE001  an error of ours with one run must stop no other, and no daemon
                self._stopped(run_id, outcome, error)
            if len(outcomes) % YIELD == 0:
                await trio.lowlevel.checkpoint()
        await self._write(waiting, outcomes)
        return outcomes

    async def project(self, run_id: str) -> Outcome:
        """Walk over the whole log, and write what is missing."""
        outcome = Outcome()
        self.places.pop(run_id, None)
        try:
            made = Passes(self.services).from_zero(run_id)
            for portion in made.portions(self.batch) if made is not None else ():
                await self._write([(run_id, portion)], {run_id: outcome})
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001  as above
            self._stopped(run_id, outcome, error)
        return outcome

    async def rebuild(self, run_id: str, *, include_pruned: bool = False) -> Outcome:
        """The same, with snapshots in place of those that nobody can read, or that retention took away."""
        store, findings = self.services.store, []
        for history in store.histories.of(run_id):
            broken = [row.id for row in store.histories.snapshots(history.id) if not _readable(subject_in(run_id, history.about), row)]
            if broken:
                await store.work(partial(set_aside, history=history.id, snapshot_ids=broken))
                findings += ["snapshot_replaced"] * len(broken)
            if include_pruned:
                await store.work(partial(forget_pruned, history=history.id))
        outcome = await self.project(run_id)
        outcome.findings[:0] = findings
        return outcome

    def _resumed(self, run_id: str, outcome: Outcome) -> Pass | None:
        """The pass from where it is, out of memory where that is still true."""
        known = self.places.pop(run_id, None)
        if known is not None:
            history = self.services.store.histories.get(history_key(run_id, known.subject.boundary))
            if history is None or history.cursor != known.cursor or history.foreign:
                known = None
        made = known or Passes(self.services).from_cursor(run_id, outcome.findings)
        if made is not None:
            self.places[run_id] = made
            while len(self.places) > PLACES:
                del self.places[next(iter(self.places))]
        return made

    async def _write(self, waiting: list[tuple[str, Portion]], outcomes: dict[str, Outcome]) -> None:
        """One transaction for all of them. Raises Unavailable; then nothing is kept in mind of them."""
        if not waiting:
            return
        portions, waiting[:] = list(waiting), []
        try:
            told = await self.services.store.work(partial(tell_all, tellings=[portion.telling for _, portion in portions]))
        except BaseException:
            for run_id, _ in portions:
                self.places.pop(run_id, None)
            raise
        for (run_id, portion), done in zip(portions, told, strict=True):
            outcome = outcomes[run_id]
            outcome.materialised += done.materialised
            outcome.observations += portion.observations
            outcome.findings += portion.findings
            if done.gone or done.foreign or self._over(run_id):
                self.places.pop(run_id, None)

    def _over(self, run_id: str) -> bool:
        """Whether the run has ended and its report is written: hardly ever does anything follow."""
        place = self.places.get(run_id)
        return place is not None and place.reader.over

    def rest(self) -> None:
        """Nothing grows at present: of runs that do nothing nothing is kept in mind."""
        for run_id in list(self.places):
            line = self.services.store.catalog.get(run_id)
            if line is None or line.status not in ("queued", "running", "pausing"):
                del self.places[run_id]

    def _stopped(self, run_id: str, outcome: Outcome, error: Exception) -> None:
        self.places.pop(run_id, None)
        match error:
            case Unreadable():
                outcome.error, outcome.message = error.code, str(error)
            case CorruptLog():
                outcome.error, outcome.message = "run_log_unreadable", str(error)
            case _:
                outcome.error, outcome.message = "projection_failed", f"{type(error).__name__}: {error}"


def _readable(subject: Subject, row: Row) -> bool:
    try:
        snapshot_of(subject, row)
    except Unreadable:
        return False
    return True

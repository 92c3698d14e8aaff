"""The sweep of the stale reaper: finds runs in which nothing happens any more, ends what is left of them, and has them held."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import trio
from attrs import define, field

from actors.heartbeat import ALIVE_MS, beat_of
from actors.run.crew import child_id
from actors.run.evolve import NO_ACTIVITY
from actors.run.logbook import CorruptLog, fold_log
from actors.run.messages import ForRun, ReapRun
from actors.run.reaping import overdue, threshold_ms
from actors.run.requests import Reap
from actors.services import REGISTRAR, RUNS
from storage import StreamDamaged
from storage.converter import kind_of
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.run.registrar import Registrar
    from actors.run.state import RunState
    from actors.services import Services
    from supervision import System

__all__ = ["StaleRuns", "reap_run"]

PAGE = 1000
PATIENCE_S = 30.0
SILENT = frozenset(kind_of(fact) for fact in NO_ACTIVITY)


@define
class _Seen:
    """How far a run's log was looked through, since when nothing that counts came (seconds, monotonic), and the last sign of life."""

    seq: int
    since_s: float
    beat_ms: int | None = None


@define(eq=False)
class StaleRuns:
    """Called again and again. Idle time is counted here, on a clock that nobody sets: a jump of the wall clock makes no run stale."""

    services: Services
    system: Callable[[], System]
    _seen: dict[str, _Seen] = field(factory=dict, init=False)

    async def __call__(self, now_ms: int) -> None:
        lines = self.services.store.catalog.list("run", ("running",), limit=PAGE)
        running = sorted(line.stream for line in lines)
        self._seen = {run_id: self._seen[run_id] for run_id in running if run_id in self._seen}
        for run_id in running:
            idle_ms = self._idle_ms(run_id)
            if idle_ms >= self.services.rules.stale_after_ms:
                await self._look(run_id, idle_ms, now_ms)

    def _idle_ms(self, run_id: str) -> int:
        now = trio.current_time()
        seen = self._seen.setdefault(run_id, _Seen(self.services.store.journal.head(run_id), now))
        for recorded in self.services.store.journal.read(run_id, seen.seq, PAGE):
            seen.seq = recorded.seq
            if recorded.kind not in SILENT:
                seen.since_s = now
        return round((now - seen.since_s) * 1000)

    async def _look(self, run_id: str, idle_ms: int, now_ms: int) -> None:
        """Whether the run is stale, by its own measure; then it is held."""
        try:
            state = fold_log(self.services, run_id)
        except (LookupError, CorruptLog, StreamDamaged):
            return  # whoever opens it locks it away
        limit = threshold_ms(state, self.services.rules)
        if any(row.moving for row in state.children.values()):
            return  # what it waits for is looked at itself
        if state.status != "running" or idle_ms < limit or self._excused(state, idle_ms, now_ms):
            return
        claim = self.services.store.claims.get(run_id)
        begins = claim is not None and claim.until_ms >= now_ms and not state.progressed
        if begins or self.services.lease.holder(run_id, claim) == "other":
            return  # its owner may be about to begin; of an owner that is gone, whoever takes the run over sees to it
        try:
            await self.system().ref(REGISTRAR).tell(ReapRun(run_id, Reap(state.seq, limit)))
        except (ActorDead, MailboxFull):
            return  # there is another sweep

    def _excused(self, state: RunState, idle_ms: int, now_ms: int) -> bool:
        """Whether an attempt of it is alive, and for no longer than its own limit allows."""
        if all(overdue(state, node_id, self.services.rules, idle_ms) for node_id in state.executing):
            return False
        seen, beat = self._seen[state.run_id], beat_of(self.services.run_folder(state.run_id))
        fresh = beat is not None and (beat != seen.beat_ms or 0 <= now_ms - beat <= ALIVE_MS)
        seen.beat_ms = beat
        actors = (f"{RUNS}/{state.run_id}/work/{child_id(state, node_id)}" for node_id in state.executing)
        tokens = [state.token(node_id) for node_id in state.executing]
        return fresh or any(map(self.system().alive, actors)) or self.services.strays.any_of(tokens)


async def reap_run(registrar: Registrar, message: ReapRun) -> None:
    """Ask the run to hold itself. One that does not answer is ended with all that works for it, and does so when it begins anew."""
    run_id, system = message.run_id, registrar.system
    if system.alive(f"{RUNS}/{run_id}"):
        try:
            await system.ref(f"{RUNS}/{run_id}/run").ask(ForRun(run_id, message.operation, None), timeout=PATIENCE_S)
        except ActorDead:
            return  # it has just come to an end: the next sweep looks again
        except (AskTimeout, MailboxFull):
            registrar.stale[run_id] = message.operation
            system.dynamic(RUNS).dismiss(run_id)
    else:
        registrar.stale[run_id] = message.operation
        registrar.open(run_id)

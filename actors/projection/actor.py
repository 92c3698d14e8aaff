"""The projector: tells each run's public history behind its log, off the run's way. It may be ended at any moment, or begin from zero.

Which logs have grown is known from their positions; a hint only says that it is time to look. A run whose history cannot be told is
tried again, later and later, and stops no other.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import trio
from attrs import define, frozen

from actors.projection.messages import Forget, LookAtLogs, Rebuild, WriteOut
from actors.projection.noting import Noting
from actors.projection.projecting import Projection
from actors.projection.retention import Forgetting
from actors.refusals import Refusal
from actors.run.known import is_run, no_such_run
from storage import StorageError, Unavailable
from supervision import Actor, Mailbox

if TYPE_CHECKING:
    from actors.projection.passing import Outcome
    from actors.services import Services
    from supervision import Timer

__all__ = ["Habits", "Projector"]

AT_ONCE = 512
"""Runs of which one look tells; it looks again at once where there are more."""
PAGE = 1_000
BURST = 2
"""After a hint it waits for such a part of the time after which it looks by itself: what happens meanwhile is one batch."""


@frozen
class Habits:
    """How often it looks and forgets, of how many records one transaction tells, and when a run is tried again. Times in seconds."""

    poll_s: float
    sweep_s: float
    batch: int
    retry_initial_s: float
    retry_max_s: float


@define
class _Trouble:
    """When a run is tried again, seconds of trio's clock, and after how long next time."""

    again_s: float
    delay_s: float


class Projector(Actor[LookAtLogs | Forget | Rebuild | WriteOut]):
    """What is told lies in the store; here is only which runs have grown, and which cannot be told now."""

    mailbox = Mailbox(capacity=64)
    accepts = (LookAtLogs, Forget)

    def __init__(self, services: Services, habits: Habits, forgetting: Forgetting) -> None:
        self._services = services
        self._habits = habits
        self._projection = Projection(services, habits.batch)
        self._noting = Noting(services, habits.batch)
        self._forgetting = forgetting
        self._grown: dict[str, None] = {}
        self._trouble: dict[str, _Trouble] = {}
        self._position = self._stream = 0
        self._walked = False
        self._told = 0
        self._timer: Timer | None = None
        self._stop_hints: Callable[[], None] | None = None

    async def started(self) -> None:
        self._position = self._services.store.journal.position()
        self._stop_hints = self._services.watchers.watch(None, self._hint)
        self.tick(self._habits.poll_s, LookAtLogs())
        self._hint()
        if self._forgetting.on:
            self.after(self._habits.poll_s, Forget())
            self.tick(self._habits.sweep_s, Forget())

    async def stopped(self) -> None:
        """What the last runs did is told before the end, as far as one look goes."""
        if self._stop_hints is not None:
            self._stop_hints()
        try:
            await self._look()
        except StorageError:
            return  # the next start tells it

    def status(self) -> str:
        """What it has told since this incarnation began, for the tree."""
        stuck = f", {len(self._trouble)} runs cannot be told: {', '.join(list(self._trouble)[:3])}" if self._trouble else ""
        return f"{self._told} events written, {len(self._grown)} runs to be told{stuck}"

    def _hint(self) -> None:
        """Something grew: look soon, once for all that grows until then."""
        if self._timer is None:
            self._timer = self.after(self._habits.poll_s / BURST, LookAtLogs())

    async def receive(self, message: LookAtLogs | Forget | Rebuild | WriteOut) -> object:
        """Time, a hint, or a person who wants a history written anew."""
        match message:
            case Rebuild():
                return await self._rebuild(message)
            case WriteOut():
                with contextlib.suppress(Unavailable):  # the disk takes nothing: it stays noted, and is not called told
                    await self._write_out([message.run_id])
            case Forget():
                await self._forget()
            case LookAtLogs():
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None
                try:
                    await self._look()
                except Unavailable:
                    return None  # the disk takes nothing: the next look tells it
                if self._grown or not self._walked:
                    self._timer = self.after(0, LookAtLogs())
        return None

    async def _look(self) -> None:
        """Tell of what has grown; of what grew while no daemon looked, a page of runs at each look."""
        store, now_s = self._services.store, trio.current_time()
        if not self._walked and len(self._grown) < PAGE:
            page = store.histories.behind(self._stream, "run", PAGE)
            self._grown |= dict.fromkeys(name for _, name in page)
            self._stream, self._walked = page[-1][0] if page else 0, len(page) < PAGE
        upto = store.journal.position()
        if upto > self._position:
            self._grown |= dict.fromkeys(store.histories.grown(self._position, upto, "run"))
            self._position = upto
        due = [run_id for run_id, trouble in self._trouble.items() if trouble.again_s <= now_s]
        chosen = [run_id for run_id in (*self._grown, *due) if run_id not in self._trouble or run_id in due][:AT_ONCE]
        for run_id in list(self._grown):
            if run_id in self._trouble:
                del self._grown[run_id]  # its own time comes
        if not chosen:
            self._projection.rest()
        noted = await self._noting.note(run_id for run_id in chosen if run_id not in self._trouble)
        for run_id in noted:
            self._grown.pop(run_id, None)
            self._services.watchers.told(run_id)
        await self._tell(run_id for run_id in chosen if run_id not in noted)

    async def _tell(self, run_ids: Iterable[str]) -> None:
        for run_id, outcome in (await self._projection.tail(dict.fromkeys(run_ids))).items():
            self._grown.pop(run_id, None)
            await self._settle(run_id, outcome)

    async def _write_out(self, run_ids: Iterable[str]) -> None:
        """Rows of what was only noted; a run that cannot be told has its own time."""
        histories = self._services.store.histories
        noted = dict.fromkeys(
            run_id for run_id in run_ids if run_id not in self._trouble and any(one.noted for one in histories.of(run_id))
        )
        self._grown |= noted  # should the disk take only a part, the next look writes the rest
        await self._tell(noted)

    async def _settle(self, run_id: str, outcome: Outcome) -> None:
        """A snapshot that cannot be read is written anew, once; whatever else stops a run is tried again later."""
        if outcome.error == "snapshot_unreadable":
            self._warn(run_id, outcome.error, outcome.message)
            outcome = await self._projection.rebuild(run_id)
        self._told += outcome.materialised
        self._services.watchers.told(run_id)
        for finding in outcome.findings:
            self._warn(run_id, finding, "")
        if outcome.error is None:
            self._trouble.pop(run_id, None)
            return
        known = self._trouble.get(run_id)
        delay_s = self._habits.retry_initial_s if known is None else min(2 * known.delay_s, self._habits.retry_max_s)
        self._trouble[run_id] = _Trouble(trio.current_time() + delay_s, delay_s)
        self._warn(run_id, outcome.error, outcome.message)

    async def _rebuild(self, asked: Rebuild) -> dict[str, Any] | Refusal:
        if not is_run(self._services.store, asked.run_id):
            return no_such_run(asked.run_id)
        outcome = await self._projection.rebuild(asked.run_id, include_pruned=asked.include_pruned)
        self._told += outcome.materialised
        if outcome.error is not None:
            return Refusal(outcome.error, outcome.message, {"run_id": asked.run_id, "materialised": outcome.materialised})
        return {
            "run_id": asked.run_id, "materialised": outcome.materialised, "observations": outcome.observations,
            "findings": outcome.findings,
        }  # fmt: skip

    async def _forget(self) -> None:
        try:
            await self._write_out_old()
            await self._forgetting.sweep(self._services.clock.now_ms())
        except Unavailable:
            return  # at the next turn
        for warning in self._forgetting.warnings:
            sys.stderr.write(f"warning: history: {warning}\n")
        self._forgetting.warnings.clear()

    async def _write_out_old(self) -> None:
        """What has no rows cannot be compacted: of what is old enough they are written first, a page at a time."""
        forgetting, after = self._forgetting, 0
        before_ms = self._services.clock.now_ms() - forgetting.retention_ms
        while forgetting.on and (page := self._services.store.histories.noted(after, before_ms, PAGE)):
            after = page[-1][0]
            await self._write_out(run_id for _, run_id in page)

    def _warn(self, run_id: str, code: str, text: str) -> None:
        sys.stderr.write(f"warning: history of {run_id}: {code}{f': {text}' if text else ''}\n")

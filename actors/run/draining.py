"""A run under way when the daemon ends in order: attempts get their grace, then they are ended, and the run is held for the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from actors.run.messages import Drain, GraceOver
from actors.run.recovery import hold_for_shutdown
from actors.run.state import ACTIVE
from actors.services import RUNS
from supervision import ActorDead, Forwarded, Shutdown

if TYPE_CHECKING:
    from actors.run.actor import Run
    from actors.run.registrar import Registrar
    from supervision.mailbox import Asked

__all__ = ["STOP_S", "Drainage", "drain_all"]

STOP_S = 25.0
"""Seconds that a run's actors have to come to their end."""


async def drain_all(registrar: Registrar, message: Drain, asked: Asked | None) -> None:
    """Have every open run held, all at once; the answer is how many were."""
    held = 0

    async def one(run_id: str) -> None:
        nonlocal held
        try:
            held += await registrar.system.ref(f"{RUNS}/{run_id}/run").ask(message, timeout=message.grace_s + STOP_S)
        except ActorDead:
            return

    async with trio.open_nursery() as nursery:
        for run_id in sorted(registrar.watched):
            nursery.start_soon(one, run_id)
    if asked is not None:
        asked.answer(held)


class Drainage:
    """Once `begun`, nothing of the run starts any more; `asked` waits for the answer how many runs were held (one, or none)."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.begun = False
        self.asked: Asked | None = None

    async def begin(self, message: Drain) -> object:
        """Answer at once if nothing is under way, else when it is over."""
        run = self._run
        if run.book.state.status not in ACTIVE:
            return 0
        self.begun, self.asked = True, run.defer()
        if run.book.state.executing:
            run.after(message.grace_s, GraceOver())
        await self.look()
        return Forwarded()

    async def look(self) -> None:
        """Hold the run when its last attempt has ended."""
        run = self._run
        if run.book.state.executing or self.asked is None:
            return
        asked, self.asked = self.asked, None
        turn = run.book.turn()
        if turn.state.status in ACTIVE:
            hold_for_shutdown(turn)
            await run.book.commit(turn)
        asked.answer(1)
        run.finish(Shutdown())

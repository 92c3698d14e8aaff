"""A run under way when the daemon ends in order: attempts get their grace, then they are ended, and the run is held for the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.run.messages import Drain, GraceOver
from actors.run.recovery import hold_for_shutdown
from actors.run.state import ACTIVE
from supervision import Forwarded, Shutdown

if TYPE_CHECKING:
    from actors.run.actor import Run
    from supervision.mailbox import Asked

__all__ = ["Drainage"]


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

"""The scheduler of waits: hands what is due to the runs that wait for it, in the order of all of them and so many at a time.

It decides nothing and writes nothing: the run ends its wait, as the one writer of its log. What is due is found under keys that stand in
the catalog since the commit that opened the wait. A hand-over that gets lost with a run's actor is made again when its claim has run out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from attrs import frozen

from actors.run.messages import EndWaits
from actors.services import REGISTRAR
from actors.wait.row import DUE, due_key, due_of_key
from supervision import Actor, Mailbox

if TYPE_CHECKING:
    from actors.services import Services
    from actors.wait.messages import DueWait
    from supervision import Timer

__all__ = ["LookAtWaits", "WaitScheduler"]

LOOK_AGAIN_S = 30.0
MANY = 10_000
END = DUE[:-1] + chr(ord(DUE[-1]) + 1)
"""Behind all keys of waits."""


@frozen
class LookAtWaits:
    """Something is due, or may be earlier than it was."""


class WaitScheduler(Actor[LookAtWaits]):
    """Wakes for what is due first, and at least every 30 s, so that a clock that jumps is noticed. What it claimed outlives it."""

    mailbox = Mailbox(capacity=64, overflow="drop_new")  # one look sees all that the others would have seen
    accepts = (LookAtWaits,)

    def __init__(self, services: Services) -> None:
        self._services = services
        self._timer: Timer | None = None

    async def started(self) -> None:
        self.after(0.0, LookAtWaits())

    def status(self) -> str:
        """Counts since the daemon began, for the tree."""
        book = self._services.waits
        said = f"{book.figures.completed} waits ended, {len(book.held)} handed over"
        return f"{said}, the clock went back {book.figures.clock_regressions} times" if book.figures.clock_regressions else said

    async def receive(self, message: LookAtWaits) -> None:
        """One tick (projection spec 10.3)."""
        self.take(LookAtWaits)
        book, now, steady = self._services.waits, self._services.clock.now_ms(), trio.current_time()
        found = self._found(due_key(0), due_key(book.horizon(now) + 1), MANY + len(book.held))
        runs: dict[str, list[DueWait]] = {}
        for wait in book.tick(now, steady, found):
            runs.setdefault(wait.run_id, []).append(wait)
        self._arm(now, steady, [*found, *self._found(due_key(book.horizon(now) + 1), END, 1)])
        for run_id, waits in runs.items():
            await self.system.ref(REGISTRAR).tell(EndWaits(run_id, tuple(waits)))

    def _found(self, first: str, end: str, limit: int) -> list[tuple[str, str, int]]:
        rows = self._services.store.catalog.between(first, end, limit)
        return [(key, run_id, due_of_key(key)) for key, run_id in rows]

    def _arm(self, now: int, steady: float, left: list[tuple[str, str, int]]) -> None:
        again = self._services.waits.again_s(now, steady, left)
        delay = LOOK_AGAIN_S if again is None else min(LOOK_AGAIN_S, again)
        self._services.waits.next_ms = now + round(delay * 1000)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.after(delay, LookAtWaits())

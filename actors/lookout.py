"""An open gate or wait as an actor: it watches the clock for its run. What is open, and what ends it, are facts of the run's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from actors.run.messages import Wake
from supervision import Actor, Mailbox

if TYPE_CHECKING:
    from supervision import Clock, Ref

__all__ = ["Lookout", "Watched"]

LOOK_AGAIN_S = 60.0


@frozen
class Watched:
    """What is open, in words for the tree, and when time does something to it (epoch milliseconds, None for never)."""

    text: str
    due_ms: int | None


class Lookout(Actor[Wake]):
    """Tells its run when the time has come. It looks at the clock at least once a minute, so that a clock that jumps is noticed."""

    mailbox = Mailbox(capacity=4)

    def __init__(self, watched: Watched, clock: Clock, run: Ref[Wake]) -> None:
        self._watched = watched
        self._clock = clock
        self._run = run

    async def started(self) -> None:
        self._arm()

    async def receive(self, message: Wake) -> None:
        """Its own timer."""
        due = self._watched.due_ms
        if due is not None and self._clock.now_ms() >= due:
            await self._run.tell(message)
        else:
            self._arm()

    def status(self) -> str:
        """What is open, for the tree."""
        return self._watched.text

    def _arm(self) -> None:
        if self._watched.due_ms is not None:
            left_s = max(0, self._watched.due_ms - self._clock.now_ms()) / 1000
            self.after(min(left_s, LOOK_AGAIN_S), Wake())

"""An open gate as an actor: it watches the clock for its run. The question itself, and its answer, are facts of the run's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.gate.messages import GateDue
from supervision import Actor, Mailbox, Ref

if TYPE_CHECKING:
    from actors.run.state import OpenGate
    from supervision import Clock

__all__ = ["GateWatch"]

LOOK_AGAIN_S = 60.0


class GateWatch(Actor[GateDue]):
    """Tells its run when the gate's time is over. It looks at the clock at least once a minute, so that a clock that jumps is noticed."""

    mailbox = Mailbox(capacity=4)

    def __init__(self, gate: OpenGate, clock: Clock, run: Ref[GateDue]) -> None:
        self.gate = gate
        self._clock = clock
        self._run = run

    async def started(self) -> None:
        self._arm()

    async def receive(self, message: GateDue) -> None:
        """Its own timer."""
        expires = self.gate.expires_at_ms
        if expires is not None and self._clock.now_ms() >= expires:
            await self._run.tell(message)
        else:
            self._arm()

    def status(self) -> str:
        """What is asked, for the tree."""
        return f"{self.gate.gate_name} ({self.gate.gate_type}) open, instance {self.gate.instance}"

    def _arm(self) -> None:
        if self.gate.expires_at_ms is not None:
            left_s = max(0, self.gate.expires_at_ms - self._clock.now_ms()) / 1000
            self.after(min(left_s, LOOK_AGAIN_S), GateDue())

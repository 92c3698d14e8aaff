"""A run takes note of what it is told beside its own course: what its agents have heard, and why it waits in the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.node.messages import AgentHeard
from actors.run.agent_steering import note_heard
from actors.run.launching import note_reason

if TYPE_CHECKING:
    from actors.run.actor import Run
    from actors.run.messages import QueueReason

__all__ = ["take_note"]


async def take_note(run: Run, message: AgentHeard | QueueReason) -> None:
    """Record it, unless it stands there already. What an agent has heard is said again with the attempt's outcome, should this be lost."""
    if not isinstance(message, AgentHeard):
        await note_reason(run, message)
        return
    turn = run.book.turn()
    note_heard(turn, message)
    await run.book.commit(turn)
    await run.follow()

"""A run takes note of what it is told beside its own course: what its agents have heard, why it waits in the queue, which waits are due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.node.messages import AgentHeard
from actors.run.agent_steering import note_heard
from actors.run.launching import note_reason
from actors.run.messages import EndWaits, QueueReason

if TYPE_CHECKING:
    from actors.run.actor import Run

__all__ = ["Noted", "take_note"]

Noted = AgentHeard | QueueReason | EndWaits


async def take_note(run: Run, message: Noted) -> None:
    """Record it, unless it stands there already. What an agent has heard is said again with the attempt's outcome, should this be lost."""
    if isinstance(message, EndWaits):
        await _end_waits(run, message)
        return
    if not isinstance(message, AgentHeard):
        await note_reason(run, message)
        return
    turn = run.book.turn()
    note_heard(turn, message)
    await run.book.commit(turn)
    await run.follow()


async def _end_waits(run: Run, message: EndWaits) -> None:
    """Decide on what is due. Its scheduler hears of what was committed; of anything else nothing, and hands it over once more."""
    turn = run.book.turn()
    turn.due = message.waits
    await run.go_on(turn)
    for wait, judged in turn.judged.items():
        run.services.waits.heard(wait, judged)

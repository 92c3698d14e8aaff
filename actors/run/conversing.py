"""A run takes note of what its agents have heard, while they are at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.run.agent_steering import note_heard

if TYPE_CHECKING:
    from actors.node.messages import AgentHeard
    from actors.run.actor import Run

__all__ = ["take_note"]


async def take_note(run: Run, message: AgentHeard) -> None:
    """Record it, unless it stands there already. Lost, it is said again with the attempt's outcome."""
    turn = run.book.turn()
    note_heard(turn, message)
    await run.book.commit(turn)
    await run.follow()

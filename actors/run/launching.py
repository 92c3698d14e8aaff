"""A run gets its slot: it is claimed, and its first steps are decided in the same commit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from actors.run.recovery import claim
from actors.run.state import ACTIVE
from actors.scheduler.messages import Left
from actors.services import SCHEDULER
from storage import Acquire

if TYPE_CHECKING:
    from actors.run.actor import Run
    from actors.run.state import RunState

__all__ = ["launch"]


async def launch(run: Run) -> None:
    """Claim the run with the next epoch and go on; a run that is not to be claimed gives the slot back."""
    turn, services = run.book.turn(), run.services
    state = turn.state
    if state.status != "queued" or (state.queue is not None and state.queue["retry_after_ms"] > turn.now):
        if state.status not in ACTIVE:
            await run.system.ref(SCHEDULER).tell(Left(run.run_id))
        run.book.queued = state.status == "queued"
        await run.follow()
        return
    claim(turn, services.ids.new("run-claim"), services.claimant, _workspace_problem(state))
    await run.decide(turn)
    holder = services.claimant if state.status in ACTIVE else None  # it may rest or end in its very first step
    await run.book.commit(turn, claim=Acquire(holder, state.epoch, services.lease_ms))
    await run.follow()


def _workspace_problem(state: RunState) -> str | None:
    if state.workspace is None or Path(state.workspace).is_dir():
        return None
    return "workspace_not_a_directory" if Path(state.workspace).exists() else "workspace_missing"

"""Ending a run with what it has: nothing new starts, what is under way ends by itself, clean-up runs . Pure."""

from __future__ import annotations

from typing import Final

from actors.node.events import NodeSkipped
from actors.refusals import Refusal
from actors.run.ending import end
from actors.run.requests import Finish
from actors.run.state import Conclusion, RunState
from actors.run.steering import RunFinishRequested
from actors.run.turn import Turn
from actors.run.working import at_work

__all__ = ["FINISHED", "finish", "finish_refusal", "finished", "leave_undone"]

FINISHED: Final = "finished_by_operator"
"""The code of the ending, and the reason of what is skipped."""


def finish_refusal(state: RunState) -> Refusal | None:
    """Only a run that has not ended, is not being cancelled and is not cleaning up has something left to leave undone."""
    if state.terminal:
        return Refusal("run_already_terminal", f"The run {state.run_id} is {state.status} already.", {"status": state.status})
    if state.cancel_reason is not None or state.section != "body":
        text = f"The run {state.run_id} is ending already: " + ("it is being cancelled." if state.cancel_reason else "it cleans up.")
        return Refusal("run_not_finishable", text, {"status": state.status})
    return None


def finish(turn: Turn, operation: Finish) -> dict[str, object]:
    """From now on nothing of the body starts. What has nothing under way and nothing to clean up ends at once."""
    state = turn.state
    if state.finish_reason is not None:
        return {}
    turn.emit(RunFinishRequested(reason=(operation.reason or "").strip() or FINISHED, by=str(operation.by)))
    cleans_up = state.started_at_ms is not None and bool(state.plan.workflow.finally_)
    if not at_work(state) and not cleans_up:
        leave_undone(turn)
        if (conclusion := finished(state)) is not None:
            end(turn, conclusion)
    return {}


def leave_undone(turn: Turn) -> None:
    """Skip what has not begun, and what waits for an answer or an event."""
    for node_id in turn.state.plan.body.order:
        if turn.state.nodes[node_id].status in ("pending", "waiting") or node_id in turn.state.groups:
            turn.emit(NodeSkipped(node_id=node_id, reason=FINISHED))


def finished(state: RunState) -> Conclusion | None:
    """How a run ends that an operator has ended with what it has; None where all was done in spite of that."""
    if state.finish_reason is None:
        return None
    left = tuple(sorted(node_id for node_id in state.plan.body.order if state.nodes[node_id].skip_reason == FINISHED))
    return Conclusion("blocked", FINISHED, left) if left else None

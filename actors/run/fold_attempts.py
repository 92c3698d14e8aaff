"""How facts change the list of all attempts of a run, and the sum of their times (flow spec 6.5, 8.5). Pure."""

from __future__ import annotations

from typing import Any

from actors.entity import Fact
from actors.node.events import NodeCompleted, NodeFailed, NodeInterrupted, NodeSkipped, NodeStarted
from actors.run.attempt import Attempt, AttemptStatus
from actors.run.state import RunState
from actors.workflow.spec import Foreach, SubWorkflow

__all__ = ["note_attempt"]

_UNDER_WAY = ("running", "waiting")
_BEGIN_RUNS = (SubWorkflow, Foreach)


def note_attempt(state: RunState, event: Fact, at: int) -> None:
    """What the fact, which has been folded, says of an attempt. Groups have none."""
    node_id = getattr(event, "node_id", None)
    if node_id not in state.nodes or (node_id in state.plan.children and not isinstance(event, NodeSkipped)):
        return
    if isinstance(event, NodeStarted):
        if node_id in state.attempts.under_way:
            _close(state, node_id, "interrupted", at)
        row = Attempt(node_id, event.attempt, _iteration(event.iteration_path), "running", at)
        state.attempts.rows.append(row)
        state.attempts.under_way[node_id] = row
    elif node_id not in state.attempts.under_way:
        _unstarted(state, event, node_id, at)
    elif state.nodes[node_id].status not in _UNDER_WAY:
        _close(state, node_id, _word(state, event, node_id), at)


def _iteration(path: tuple[int, ...]) -> int:
    return path[-1] if path else 0


def _close(state: RunState, node_id: str, status: AttemptStatus, at: int) -> None:
    row = state.attempts.under_way.pop(node_id)
    row.status, row.ended_at_ms = status, at
    took = 0 if row.started_at_ms is None else at - row.started_at_ms
    if took > 0 and not isinstance(state.plan.nodes[node_id].action, _BEGIN_RUNS):  # whose runs hand their own sums on
        state.usage = state.usage.longer(took)


def _unstarted(state: RunState, event: Fact, node_id: str, at: int) -> None:
    """What came to an end without an attempt: a gate, a wait, what was skipped, what could not even begin."""
    match event:
        case NodeCompleted(timed_out=timed_out):
            status: AttemptStatus = "timed_out" if timed_out else "completed"
        case NodeFailed():
            status = "failed"
        case NodeSkipped(reason=reason) if reason != "on_fail_continue":  # whose attempts stay what they are
            status = "skipped"
        case _:
            return
    state.attempts.rows.append(Attempt(node_id, 0, _iteration(state.path_of(node_id)), status, None, at))


def _word(state: RunState, event: Any, node_id: str) -> AttemptStatus:
    match state.nodes[node_id].status:
        case "completed":
            return "completed"
        case "skipped":
            return "skipped"
        case _:
            late = isinstance(event, NodeFailed) and event.failure_class == "timeout"
            return "interrupted" if isinstance(event, NodeInterrupted) else "timed_out" if late else "failed"

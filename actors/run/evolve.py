"""The fold: how one fact changes the run record. Pure; it never refuses a fact, for it has happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from actors.entity import Fact
from actors.run import events as run
from actors.run.fold_endings import ENDING_FOLDS
from actors.run.fold_gates import GATE_FOLDS
from actors.run.fold_letters import LETTER_FOLDS
from actors.run.fold_nodes import NODE_FOLDS
from actors.run.fold_waits import WAIT_FOLDS, close_waits
from actors.run.resets import begin_again, reset_nodes
from actors.run.state import ACTIVE, RunState, RunStatus

__all__ = ["evolve", "fold"]


def evolve(state: RunState, event: Fact, at: int) -> None:
    """Apply one fact that was recorded at `at` (epoch milliseconds)."""
    before = state.status
    FOLDS[type(event)](state, event, at)
    state.seq += 1
    state.updated_at_ms = at
    state.recent.append((state.seq, event.kind, at))
    after = state.status
    if after != before:
        _moved(state, before, after, at)


def fold(state: RunState, facts: Iterable[tuple[Fact, int]]) -> RunState:
    """Apply facts in order; each comes with the time at which it was recorded."""
    for event, at in facts:
        evolve(state, event, at)
    return state


def _moved(state: RunState, before: RunStatus, after: RunStatus, at: int) -> None:
    if before in ACTIVE:
        state.active_ms = state.active_time_ms(at)
        state.active_since_ms = None
    if after in ACTIVE:
        state.active_since_ms = at
    if after != "running":
        state.claimed = False
    if after != "queued":
        state.queue = None
    if state.terminal:
        _leave_attempts(state, at)
        close_waits(state)
        state.backoffs.clear()
        state.finished_at_ms = state.finished_at_ms or at


def _leave_attempts(state: RunState, at: int) -> None:
    """Attempts under way end with their run, without an outcome of their own."""
    for node_id in list(state.executing):
        node = state.nodes[node_id]
        node.status, node.ended_at_ms, node.excused = "pending", at, node.excused + 1
        del state.executing[node_id]
        state.offer(node_id)


def _created(state: RunState, event: run.RunCreated, at: int) -> None:
    state.workflow_id, state.version, state.digest = event.workflow_id, event.version, event.digest
    state.trigger_type, state.profile, state.priority = event.trigger_type, event.profile, event.priority
    state.workspace, state.started_by, state.inputs = event.workspace, event.started_by, event.inputs
    state.created_at_ms = at


def _claimed(state: RunState, event: run.RunExecutionClaimed, at: int) -> None:
    state.epoch, state.claimed, state.status = event.lease_epoch, True, "running"


def _started(state: RunState, event: run.RunStarted, at: int) -> None:
    if state.started_at_ms is None:
        state.started_at_ms = at


def _requeue(state: RunState, reason: str, detail: dict[str, Any] | None = None) -> None:
    state.status, state.resume_reason = "queued", reason
    state.pause_reason = state.stop_kind = state.stop_reason = None
    if detail is not None:
        state.detail = detail


def _rehydrated(state: RunState, event: run.RunQueuedForResumeAfterRestart, at: int) -> None:
    for node_id in event.node_ids:
        node = state.nodes[node_id]
        node.status, node.crashes, node.excused = "pending", node.crashes + 1, node.excused + 1
        state.executing.pop(node_id, None)
        state.offer(node_id)
    detail: dict[str, Any] = {"code": "queued_after_restart"}
    _requeue(state, event.reason, detail | ({"node_ids": list(event.node_ids)} if event.node_ids else {}))


def _noted(state: RunState, event: Fact, at: int) -> None:
    """A fact for readers alone."""


def _paused(state: RunState, event: run.RunPaused, at: int) -> None:
    state.status, state.pause_reason, state.stop_kind = "paused", event.reason, event.stop_kind
    if event.stop_kind is not None:
        state.stop_reason = event.reason
    own_words = event.stop_kind is None and event.reason != "shutdown" and not event.node_ids
    state.detail = {"code": "paused_by_operator", "text": event.reason} if own_words else {"code": event.reason}
    if event.limit is not None:
        state.detail |= {"value": event.value, "limit": event.limit}
    if event.node_ids:
        state.detail["node_ids"] = list(event.node_ids)


def _resumed(state: RunState, event: run.RunResumed, at: int) -> None:
    if event.reset_nodes:
        reset_nodes(state, event.reset_nodes)
    _requeue(state, event.reason)
    state.limits |= dict(event.limits)


def _requeued(state: RunState, event: run.RunRequeued, at: int) -> None:
    _requeue(state, event.reason)


def _waiting(state: RunState, event: run.RunWaiting, at: int) -> None:
    state.status, state.detail = "waiting", {"code": "run_waiting", "node_ids": list(event.node_ids)}


def _awaiting(state: RunState, event: run.RunAwaitingApproval, at: int) -> None:
    state.status, state.detail = "awaiting_approval", {"code": "awaiting_gate", "node_ids": list(event.gates)}


def _cancel_requested(state: RunState, event: run.RunCancelRequested, at: int) -> None:
    state.cancel_reason, state.cancel_gate, state.cancel_wait, state.cancel_by = event.reason, event.gate, event.wait, event.by
    state.queue = None
    if state.section == "finally":
        state.finally_since_ms = at
    else:
        state.backoffs.clear()
        state.handlers.clear()
    if state.status != "running":
        _requeue(state, "cancel_requested")


def _retried(state: RunState, event: run.RunTaskRetried, at: int) -> None:
    begin_again(state, event.reset_nodes)
    _requeue(state, event.reason, {"code": event.reason, "node_id": event.node_id})


def _finally_started(state: RunState, event: run.FinallyStarted, at: int) -> None:
    state.section, state.workflow_outcome, state.finally_since_ms = "finally", event.workflow_outcome, at
    state.backoffs.clear()
    if state.cancel_reason is None:
        state.open_gates.clear()  # nothing that an answer could still let start; a cancelled run keeps them for readers


def _finally_completed(state: RunState, event: run.FinallyCompleted, at: int) -> None:
    state.section = "done"


def _report(state: RunState, event: run.ReportWritten, at: int) -> None:
    state.report_path = event.path


FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    run.RunCreated: _created,
    run.RunExecutionClaimed: _claimed,
    run.RunStarted: _started,
    run.RunQueuedForResumeAfterRestart: _rehydrated,
    run.RunInterruptedShutdown: _noted,
    run.RunPauseRequested: _noted,
    run.RunPaused: _paused,
    run.RunResumed: _resumed,
    run.RunRequeued: _requeued,
    run.RunWaiting: _waiting,
    run.RunAwaitingApproval: _awaiting,
    run.RunCancelRequested: _cancel_requested,
    run.RunTaskRetried: _retried,
    run.FinallyStarted: _finally_started,
    run.FinallyCompleted: _finally_completed,
    run.ReportWritten: _report,
    **ENDING_FOLDS,
    **NODE_FOLDS,
    **GATE_FOLDS,
    **WAIT_FOLDS,
    **LETTER_FOLDS,
}

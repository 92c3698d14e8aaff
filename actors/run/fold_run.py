"""How the facts of a run's own course change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from actors.entity import Fact
from actors.run import events as run
from actors.run.resets import reset_nodes
from actors.run.state import Conclusion, RunState
from actors.worktree.site import Site

__all__ = ["RUN_FOLDS", "requeue"]


def _created(state: RunState, event: run.RunCreated, at: int) -> None:
    state.workflow_id, state.version, state.digest = event.workflow_id, event.version, event.digest
    state.trigger_type, state.profile, state.priority = event.trigger_type, event.profile, event.priority
    state.workspace, state.started_by, state.inputs = event.workspace, event.started_by, event.inputs
    state.scheduled_for_ms, state.queues, state.forked_from = event.scheduled_for_ms, event.queues, event.forked_from
    state.trigger_reason, state.consumed_handoff_id = event.trigger_reason, event.consumed_handoff_id
    state.parent_run_id, state.parent_node_id, state.root_run_id = event.parent_run_id, event.parent_node_id, event.root_run_id
    state.depth, state.pinned = event.depth, event.pinned
    state.binding, state.created_at_ms, state.campaign_id = event.binding, at, event.campaign_id
    state.told = event.told
    state.texts, state.roots, state.defaults = event.texts, event.roots, event.defaults
    state.worktree = None if event.worktree is None else Site(event.worktree)


def _claimed(state: RunState, event: run.RunExecutionClaimed, at: int) -> None:
    state.epoch, state.claimed, state.progressed = event.lease_epoch, True, False
    if state.status == "queued":  # a claim that was taken anew changes nothing else
        state.status = "running"


def _started(state: RunState, event: run.RunStarted, at: int) -> None:
    if state.started_at_ms is None:
        state.started_at_ms = at


def requeue(state: RunState, reason: str, detail: dict[str, Any] | None = None) -> None:
    """The run goes back into the queue, and what held it is forgotten."""
    state.status, state.resume_reason = "queued", reason
    state.pause_reason = state.stop_kind = state.stop_reason = state.used_up = state.used_value = None
    if detail is not None:
        state.detail = detail


def _noted(state: RunState, event: Fact, at: int) -> None:
    """A fact for readers alone."""


def _pause_requested(state: RunState, event: run.RunPauseRequested, at: int) -> None:
    if event.pausing:
        state.status, state.pause_reason = "pausing", event.reason


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
    requeue(state, event.reason)
    state.limits |= dict(event.limits)
    if "cost_usd" in event.limits:
        state.usage = evolve(state.usage, unpriced=False)  # who raised it knows that some of it has no price


def _requeued(state: RunState, event: run.RunRequeued, at: int) -> None:
    requeue(state, event.reason)


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
        requeue(state, "cancel_requested")


def _finally_started(state: RunState, event: run.FinallyStarted, at: int) -> None:
    state.section, state.workflow_outcome, state.finally_since_ms = "finally", event.workflow_outcome, at
    if event.status:
        state.conclusion = Conclusion(event.status, event.code, event.node_ids, event.missing)
    state.backoffs.clear()
    state.handlers.clear()  # of the body: what failed there after a cancel is followed by nothing
    if state.cancel_reason is None:
        state.open_gates.clear()  # nothing that an answer could still let start; a cancelled run keeps them for readers


def _finally_completed(state: RunState, event: run.FinallyCompleted, at: int) -> None:
    state.section = "done"


def _report(state: RunState, event: run.ReportWritten, at: int) -> None:
    state.report_path = event.path


RUN_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    run.RunCreated: _created,
    run.RunExecutionClaimed: _claimed,
    run.RunStarted: _started,
    run.RunInterruptedShutdown: _noted,
    run.RunPauseRequested: _pause_requested,
    run.RunPaused: _paused,
    run.RunResumed: _resumed,
    run.RunRequeued: _requeued,
    run.RunWaiting: _waiting,
    run.RunAwaitingApproval: _awaiting,
    run.RunCancelRequested: _cancel_requested,
    run.FinallyStarted: _finally_started,
    run.FinallyCompleted: _finally_completed,
    run.ReportWritten: _report,
}

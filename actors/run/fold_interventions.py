"""How what the daemon itself does changes the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from actors.entity import Fact
from actors.run import events as run
from actors.run import interventions
from actors.run.fold_run import requeue
from actors.run.node_state import NodeError
from actors.run.state import RunState

__all__ = ["INTERVENTION_FOLDS"]

KEPT = 10
"""So many of the newest times of a kind decide anything."""


def _lost(state: RunState, node_ids: Iterable[str], *, crashed: bool = True) -> None:
    """Attempts that are gone with a daemon: they do not count, but a node whose attempts are lost again and again fails."""
    for node_id in node_ids:
        node = state.nodes[node_id]
        node.status, node.crashes, node.excused = "pending", node.crashes + crashed, node.excused + 1
        state.executing.pop(node_id, None)
        state.offer(node_id)


def _annotate(state: RunState, node_id: str, code: str, message: str, at: int, category: str, **detail: Any) -> None:
    """Say in the node's own place what became of its attempt; of one that has said something itself, nothing."""
    node = state.nodes[node_id]
    terminal = node.exhausted
    node.error = NodeError(code, message, "execution_error", at, detail, category)
    node.output = {
        "status": "failed" if terminal else "needs_repair", "failure_kind": "run_failed" if terminal else "execution_failed",
        "blocker_category": category, "blocked_reason": message, "code": code, **detail,
    }  # fmt: skip
    node.finding, node.noted = "needs_repair", True


def _rehydrated(state: RunState, event: run.RunQueuedForResumeAfterRestart, at: int) -> None:
    _lost(state, event.node_ids)
    for node_id in event.node_ids:
        if state.nodes[node_id].output is None and state.plan.section[node_id] == "body":
            text = "The daemon ended while the attempt was under way; nothing tells how far it came."
            _annotate(state, node_id, "interrupted_by_restart", text, at, "server_restart_interrupted")
            _failed_last(state, node_id, "server_restart_interrupted", at)
    detail: dict[str, Any] = {"code": "queued_after_restart"}
    requeue(state, event.reason, detail | ({"node_ids": list(event.node_ids)} if event.node_ids else {}))


def _failed_last(state: RunState, node_id: str, kind: str, at: int) -> None:
    if state.last_failure is None:
        state.last_failure = {"node_id": node_id, "reason": kind, "failed_at_ms": at, "failure_kind": kind}


def _expired(state: RunState, event: interventions.RunExecutionClaimExpiredRequeued, at: int) -> None:
    requeue(state, event.reason)


def _reaped(state: RunState, event: interventions.RunPausedStale, at: int) -> None:
    for node_id in list(state.executing):
        node = state.nodes[node_id]
        node.status, node.ended_at_ms, node.exhausted = "pending", at, node_id in event.terminal_node_ids
        del state.executing[node_id]
        if not node.exhausted:
            state.offer(node_id)
    for node_id in event.node_ids:
        text = f"Nothing was heard of the attempt for {event.idle_s} s."
        _annotate(state, node_id, "node_stalled_no_provider_activity", text, at, "execution_error", idle_s=event.idle_s)
        _failed_last(state, node_id, event.reason, at)
    state.status, state.pause_reason, state.stop_kind, state.stop_reason = "paused", event.reason, event.stop_kind, event.reason
    state.detail = {"code": event.reason, "idle_s": event.idle_s}
    if event.node_ids:
        state.detail["node_ids"] = list(event.node_ids)
    state.reaped_ms = (*state.reaped_ms, at)[-KEPT:]


def _revived(state: RunState, event: interventions.RunAutoResumed, at: int) -> None:
    state.revived_ms = (*state.revived_ms, at)[-KEPT:]
    requeue(state, event.reason)
    state.detail = None


def _settled(state: RunState, event: interventions.RunPausingSettledOnRestart, at: int) -> None:
    _lost(state, event.node_ids, crashed=False)
    state.status, state.pause_reason = "paused", state.pause_reason or event.reason
    state.detail = {"code": state.pause_reason}


INTERVENTION_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    run.RunQueuedForResumeAfterRestart: _rehydrated,
    interventions.RunExecutionClaimExpiredRequeued: _expired,
    interventions.RunPausedStale: _reaped,
    interventions.RunAutoResumed: _revived,
    interventions.RunPausingSettledOnRestart: _settled,
}

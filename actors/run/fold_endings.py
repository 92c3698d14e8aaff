"""How the endings of a run change its record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.entity import Fact
from actors.removal.events import RunPurged
from actors.run import events as run
from actors.run.course import RunBlocked
from actors.run.node_state import NodeError
from actors.run.state import RunState, RunStatus

__all__ = ["ENDING_FOLDS"]


def _stopped(state: RunState, event: run.RunStopped, at: int) -> None:
    state.status, state.stop_kind, state.stop_reason = "cancelled", event.stop_kind, event.reason
    state.detail = {"code": "cancelled_by_operator"}


def _cancelled(state: RunState, event: run.RunCancelled, at: int) -> None:
    state.status, state.stop_kind, state.stop_reason = "cancelled", event.stop_kind, event.reason
    state.detail = {"code": "cancelled_by_gate", "node_id": event.node_id}
    state.open_gates.clear()


def _ended(state: RunState, status: RunStatus, code: str, node_ids: tuple[str, ...] = (), text: str = "") -> None:
    state.status, state.section = status, "done"
    state.open_gates.clear()
    state.detail = {"code": code}
    if node_ids:
        state.detail["node_ids"] = list(node_ids)
    if text:
        state.detail["text"] = text


def _never_began(state: RunState, at: int) -> None:
    """A dry run is made, started and finished in one moment."""
    if state.dry_run:
        state.started_at_ms = at


def _completed(state: RunState, event: run.RunCompleted, at: int) -> None:
    _ended(state, "completed", "dry_run" if state.dry_run else "run_completed")
    state.output = event.output
    _never_began(state, at)


def _failed(state: RunState, event: run.RunFailed, at: int) -> None:
    _ended(state, "failed", event.code, event.node_ids, event.message)
    state.output = event.output
    if event.missing and state.detail is not None:
        state.detail["missing"] = list(event.missing)
    _never_began(state, at)
    if event.stop_kind is not None:
        state.stop_kind, state.stop_reason = event.stop_kind, event.code


def _blocked(state: RunState, event: RunBlocked, at: int) -> None:
    _ended(state, "blocked", event.code, event.node_ids)


def _panicked(state: RunState, event: run.RunFailedPanic, at: int) -> None:
    _ended(state, "failed", "run_task_panicked", text=event.message)
    state.stop_kind, state.stop_reason = event.stop_kind, "run_task_panicked"


def _lost_too_often(state: RunState, event: run.RunFailedServerRestart, at: int) -> None:
    for node_id in event.node_ids:
        if (node := state.nodes.get(node_id)) is None:
            continue  # the version does not have it
        text = "It was lost with the daemon too often; nothing tells how far it came. See its logs, then retry."
        node.status, node.ended_at_ms, node.crashes = "failed", at, node.crashes + 1
        node.error = NodeError(event.code, text, "execution_error", at)
        state.executing.pop(node_id, None)
        state.failures.append(node_id)
    _ended(state, "failed", event.code, event.node_ids)
    state.stop_kind, state.stop_reason = event.stop_kind, event.code


def _corrupt(state: RunState, event: run.RunBlockedCorruptCheckpoint, at: int) -> None:
    _ended(state, "blocked", "checkpoint_recovery_failed", text=event.message)
    state.last_failure = {
        "node_id": "checkpoint", "reason": event.message, "failed_at_ms": at, "failure_kind": "checkpoint_recovery_failed",
    }  # fmt: skip


def _purged(state: RunState, event: RunPurged, at: int) -> None:
    state.purged = True


ENDING_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    run.RunStopped: _stopped,
    run.RunCancelled: _cancelled,
    run.RunCompleted: _completed,
    run.RunFailed: _failed,
    RunBlocked: _blocked,
    run.RunFailedPanic: _panicked,
    run.RunFailedServerRestart: _lost_too_often,
    run.RunBlockedCorruptCheckpoint: _corrupt,
    RunPurged: _purged,
}

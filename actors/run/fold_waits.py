"""How the facts of waits change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from attrs import evolve

from actors.entity import Fact
from actors.run.state import NodeError, RunState
from actors.wait import events as wait
from actors.wait.guard import denial, denial_key
from actors.wait.row import KeptSignal, WaitKind, WaitRow, WaitStatus

__all__ = ["WAIT_FOLDS", "close_waits", "leave_wait", "retire_wait"]


def _begun(state: RunState, event: wait.WaitNodeRegistrationStarted, at: int) -> None:
    retire_wait(state, event.node_id)  # they stand in the order in which they opened, which no clock says
    state.waits[event.node_id] = WaitRow(
        event.wait_id, event.node_id, event.instance, cast("WaitKind", event.wait_kind), "registering", at, event.wake_at_ms,
        event.timeout_at_ms, event.on_timeout, event.escalate_to, event.remind_every_ms, event.key, event.match,
    )  # fmt: skip


def _registered(state: RunState, event: wait.WaitNodeRegistered, at: int) -> None:
    state.waits[event.node_id] = evolve(state.waits[event.node_id], status="waiting")
    node = state.nodes[event.node_id]
    node.status = "waiting"
    state.take_place(event.node_id)
    node.started_at_ms = node.started_at_ms or at
    state.frontier.take(event.node_id)


def _not_registered(state: RunState, event: wait.WaitNodeRegistrationFailed, at: int) -> None:
    node = state.nodes[event.node_id]
    node.status, node.ended_at_ms = "failed", at
    node.error = NodeError(event.code, event.message, "configuration", at)
    state.frontier.take(event.node_id)
    state.failures.append(event.node_id)
    state.guardrail = "wait_registration_failed"
    state.last_failure = {
        "node_id": event.node_id, "reason": event.code, "failed_at_ms": at, "failure_kind": "wait_registration_failed",
    }  # fmt: skip


def _over(status: WaitStatus) -> Callable[[RunState, Any, int], None]:
    """The wait's own fact: what becomes of its node, and of the run, the next fact says."""

    def fold(state: RunState, event: Any, at: int) -> None:
        row = state.waits[event.node_id]
        state.waits[event.node_id] = evolve(row, status=status, ended_seq=state.seq + 1, completion_key=event.completion_key)

    return fold


def _resolved(state: RunState, event: wait.WaitConditionResolved, at: int) -> None:
    _over("woken")(state, event, at)
    key = event.completion_key.removeprefix(f"external:{event.wait_id}:")
    _hear(state, key, event.wait_id)
    state.signals = [signal for signal in state.signals if signal.key != key]


def _reminded(state: RunState, event: wait.WaitTimeoutReminded, at: int) -> None:
    row = state.waits[event.node_id]
    if event.next_at_ms is None:
        _over("timed_out")(state, event, at)
    else:
        state.waits[event.node_id] = evolve(
            row, timeout_at_ms=event.next_at_ms, reminders=event.reminder_count, completion_key=event.completion_key
        )


def _requeued(state: RunState, event: wait.WaitWokenRequeued, at: int) -> None:
    state.status, state.resume_reason, state.queue = "queued", event.reason, None
    state.pause_reason = state.stop_kind = state.stop_reason = None


def _paused(state: RunState, event: wait.WaitTimeoutPausedRun, at: int) -> None:
    if event.pauses:
        reason = f"wait_{event.action}d" if event.action == "escalate" else "wait_reminded"
        state.status, state.pause_reason = "paused", reason
        state.detail = {"code": reason, "node_id": event.node_id}


def _cancelled_run(state: RunState, event: wait.WaitTimeoutCancelledRun, at: int) -> None:
    state.status, state.section = "cancelled", "done"
    state.stop_kind, state.stop_reason = event.stop_kind, event.reason
    state.detail = {"code": "cancelled_by_wait", "node_id": event.node_id}
    state.open_gates.clear()


def _kept(state: RunState, event: wait.SignalReceived, at: int) -> None:
    state.signals.append(KeptSignal(event.name, event.key, event.payload, event.by))
    _hear(state, event.key, "")


def _refused(state: RunState, event: wait.SignalRefused, at: int) -> None:
    state.signals = [signal for signal in state.signals if signal.key != event.key]


def _hear(state: RunState, key: str, wait_id: str) -> None:
    state.heard[key] = wait_id
    while len(state.heard) > HEARD:
        del state.heard[next(iter(state.heard))]


def _recovered(state: RunState, event: wait.WaitWakeRecovered, at: int) -> None:
    if state.status in ("waiting", "awaiting_approval"):
        state.status, state.resume_reason = "queued", event.kind


def close_waits(state: RunState) -> None:
    """The run has ended: nothing wakes it any more. What the phase guard would say of a wait when it is due, is said at once."""
    for node_id, row in state.waits.items():
        if row.open:
            key, why = denial_key(row.wait_id), denial(state.status)
            state.waits[node_id] = evolve(row, status="cancelled", ended_seq=state.seq, completion_key=key, denied=why)


def leave_wait(state: RunState, node_id: str) -> None:
    """The node is skipped, and nobody waits for it any more. Skipped because the run is finished with what it has: that ends blocked."""
    row = state.waits.get(node_id)
    if row is not None and row.open:
        over = evolve(row, status="cancelled", ended_seq=state.seq + 1)
        ends = state.finish_reason is not None
        state.waits[node_id] = evolve(over, completion_key=denial_key(row.wait_id), denied="run_terminal") if ends else over


def retire_wait(state: RunState, node_id: str) -> None:
    """The node begins anew: its wait, should it open again, is another one. The newest of former ones are kept for reading."""
    row = state.waits.pop(node_id, None)
    if row is not None:
        state.former_waits.append(evolve(row, status="cancelled", ended_seq=state.seq + 1) if row.open else row)


HEARD = 1_000
"""How many idempotency keys of signals a run remembers."""

WAIT_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    wait.WaitNodeRegistrationStarted: _begun,
    wait.WaitNodeRegistered: _registered,
    wait.WaitNodeRegistrationFailed: _not_registered,
    wait.WaitTimerWoken: _over("woken"),
    wait.WaitConditionResolved: _resolved,
    wait.WaitWebhookWoken: _over("woken"),
    wait.WaitTimeoutCancelled: _over("cancelled"),
    wait.WaitTimeoutEscalated: _over("escalated"),
    wait.WaitTimeoutReminded: _reminded,
    wait.WaitTimeoutResumed: _over("woken"),
    wait.WaitTimedOut: _over("timed_out"),
    wait.WaitWokenRequeued: _requeued,
    wait.WaitTimeoutPausedRun: _paused,
    wait.WaitTimeoutCancelledRun: _cancelled_run,
    wait.WaitWakeRecovered: _recovered,
    wait.SignalReceived: _kept,
    wait.SignalRefused: _refused,
}

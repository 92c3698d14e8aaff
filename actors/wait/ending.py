"""How a wait ends, and what that does to its node and its run (runs spec 8.2, 8.3). Pure."""

from __future__ import annotations

from typing import Any

from actors.dead_letter.opening import open_for_wait
from actors.node.events import NodeCompleted, NodeFailed
from actors.run.events import RunCancelRequested, RunRequeued
from actors.run.turn import Turn
from actors.wait.events import (
    WaitConditionResolved,
    WaitNodeRegistered,
    WaitTimedOut,
    WaitTimeoutCancelled,
    WaitTimeoutCancelledRun,
    WaitTimeoutEscalated,
    WaitTimeoutPausedRun,
    WaitTimeoutReminded,
    WaitTimeoutResumed,
    WaitTimerWoken,
    WaitWakeRecovered,
    WaitWebhookWoken,
    WaitWokenRequeued,
)
from actors.wait.guard import denial
from actors.wait.messages import Delivery, Judged
from actors.wait.payloads import kept_part
from actors.wait.row import WaitRow
from storage.records import Append

__all__ = ["deliver", "end_due_waits", "over_for_a_person", "recover_wakes", "resolve"]


def resolve(turn: Turn, row: WaitRow, key: str, payload: Any, by: str | None) -> None:
    """Somebody says that the condition holds."""
    name = f"external:{row.wait_id}:{key}"
    turn.emit(WaitConditionResolved(node_id=row.node_id, wait_id=row.wait_id, completion_key=name, by=by, payload=payload))
    _go_on(turn, row, WaitConditionResolved.kind, {"payload": payload, "key": key, "by": by})


def deliver(turn: Turn, row: WaitRow, delivery: tuple[Delivery, Append]) -> None:
    """A delivery came for it; that it is used up is part of the same decision."""
    came, used = delivery
    key = f"webhook:{row.wait_id}:{came.delivery_id}"
    turn.emit(
        WaitWebhookWoken(
            node_id=row.node_id, wait_id=row.wait_id, completion_key=key, delivery=came.delivery_id, payload=kept_part(came.payload)
        )
    )  # fmt: skip
    turn.also.append(used)
    said = {"payload": kept_part(came.payload), "delivery": came.delivery_id, **came.fields}
    _go_on(turn, row, WaitWebhookWoken.kind, said | {"provider": came.provider, "event_kind": came.event_kind})


def end_due_waits(turn: Turn) -> None:
    """Do what time does to the waits that the decision is about, in their order.

    One that is not open any more, or is due at another time by now, was dealt with before, or by somebody else: nothing happens then.
    """
    for wait in turn.due:
        row = next((row for row in turn.state.waits.values() if row.due_key == wait.key), None)
        if denial(turn.state.status) is not None:
            turn.judged.setdefault(wait, Judged(None))
        elif row is not None and turn.state.cancel_reason is None:
            before, at = len(turn.events), max(turn.now, wait.judged_ms)
            due = _end_due(turn, row, at)
            turn.judged[wait] = Judged(turn.events[before].kind.rpartition(".")[2], at - due)


def _end_due(turn: Turn, row: WaitRow, at: int) -> int:
    """Time ends the wait: where a wake and a limit have come together, the limit counts. What was due when."""
    due = row.due_ms
    assert due is not None, "it was found under its time"
    about: dict[str, Any] = {"node_id": row.node_id, "wait_id": row.wait_id, "due_at_ms": due}
    if at > turn.now:
        about["judged_at_ms"] = at
    if due == row.timeout_at_ms:
        _time_out(turn, row, about, at)
    else:
        turn.emit(WaitTimerWoken(completion_key=f"timer:{turn.state.run_id}:{row.wait_id}:{due}", **about))
        _go_on(turn, row, WaitTimerWoken.kind, {"due_at_ms": due, "lag_ms": at - due})
    return due


def _time_out(turn: Turn, row: WaitRow, about: dict[str, Any], at: int) -> None:
    action, due = row.on_timeout or "fail", about["due_at_ms"]
    about["completion_key"] = f"timeout:{action.capitalize()}:{turn.state.run_id}:{row.wait_id}:{due}"
    match action:
        case "resume":
            turn.emit(WaitTimeoutResumed(**about))
            _go_on(turn, row, WaitTimeoutResumed.kind, {"timed_out": True, "due_at_ms": due})
        case "cancel":
            turn.emit(WaitTimeoutCancelled(**about))
            open_for_wait(turn, row, f"Nothing came for {row.node_id} in time, and the run was cancelled.")
            _cancel(turn, row)
        case "escalate":
            turn.emit(WaitTimeoutEscalated(**about, escalate_to=row.escalate_to))
            open_for_wait(turn, row, f"Nothing came for {row.node_id} in time, and {row.escalate_to or 'somebody'} is asked.")
            _hold(turn, row, "escalate")
        case "remind" if row.remind_every_ms is not None:
            turn.emit(WaitTimeoutReminded(**about, reminder_count=row.reminders + 1, next_at_ms=at + row.remind_every_ms))
        case "remind":
            turn.emit(WaitTimeoutReminded(**about))
            open_for_wait(turn, row, f"Nothing came for {row.node_id} in time, and it needs a person.")
            _hold(turn, row, "remind")
        case _:
            turn.emit(WaitTimedOut(**about))
            _fail(turn, row)


def _go_on(turn: Turn, row: WaitRow, event_type: str, wake: dict[str, Any]) -> None:
    """The node is done. A run that waited goes back into the queue; one that is held stays held."""
    _complete(turn, row, event_type, wake)
    if turn.state.status in ("waiting", "awaiting_approval", "queued"):
        turn.emit(WaitWokenRequeued(node_id=row.node_id, wait_id=row.wait_id, reason=event_type))


def _complete(turn: Turn, row: WaitRow, event_type: str, wake: dict[str, Any]) -> None:
    node = turn.state.nodes[row.node_id]
    content = {
        "wait_id": row.wait_id, "wait_kind": row.kind, "event_type": event_type, "event_seq": turn.state.waits[row.node_id].ended_seq,
        "wake": {name: value for name, value in wake.items() if value is not None},
    }  # fmt: skip
    output = {"contract_kind": "stateful_wait", "status": "completed", "content": content}
    turn.emit(NodeCompleted(node_id=row.node_id, attempt=node.attempt, instance=node.instance, output=output))


def _fail(turn: Turn, row: WaitRow) -> None:
    node = turn.state.nodes[row.node_id]
    turn.emit(
        NodeFailed(
            node_id=row.node_id,
            code="wait_timed_out",
            failure_class="timeout",
            attempt=node.attempt,
            instance=node.instance,
            retry_decision="not_retryable",
            message=f"Nothing came for {row.node_id} in time.",
        )
    )
    if turn.state.status in ("waiting", "awaiting_approval", "queued"):
        turn.emit(RunRequeued(reason="wait_timed_out"))


def _cancel(turn: Turn, row: WaitRow) -> None:
    state = turn.state
    if state.started_at_ms is not None and (state.plan.workflow.finally_ or state.executing):
        turn.emit(RunCancelRequested(reason="wait_timed_out", by="system", wait=row.node_id))
    else:
        turn.emit(WaitTimeoutCancelledRun(node_id=row.node_id, wait_id=row.wait_id))


def _hold(turn: Turn, row: WaitRow, action: str) -> None:
    """It needs a person. The run is held for that when nothing else of it can go on."""
    state = turn.state
    others = any(other.open for other in state.waits.values()) or state.open_gates or state.backoffs
    pauses = state.status == "waiting" and not others
    turn.emit(
        WaitTimeoutPausedRun(node_id=row.node_id, wait_id=row.wait_id, action=action, pauses=pauses, escalate_to=row.escalate_to)
    )  # fmt: skip


def over_for_a_person(turn: Turn) -> WaitRow | None:
    """The first wait that is over without anything having come, and that a person must look at."""
    rows = turn.state.waits.values()
    return next((row for row in rows if row.needs_person and turn.state.nodes[row.node_id].status == "waiting"), None)


def recover_wakes(turn: Turn) -> None:
    """What a restored copy of an older log may hold: a wait that began to open, or one that is over and whose node did not go on."""
    for row in list(turn.state.waits.values()):
        node = turn.state.nodes[row.node_id]
        if row.status == "registering":
            turn.emit(WaitNodeRegistered(node_id=row.node_id, wait_id=row.wait_id, wait_kind=row.kind))
        elif row.status == "woken" and node.status == "waiting" and row.instance == node.instance:
            _complete(turn, row, WaitWakeRecovered.kind, {"recovered": True})
            turn.emit(WaitWakeRecovered(node_id=row.node_id, wait_id=row.wait_id))

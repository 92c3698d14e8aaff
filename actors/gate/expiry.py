"""What time does to an open gate: its expiry with each action, reminders, and the mark of one that is long open. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from actors.gate.events import ApprovalGateEscalated, ApprovalGateExpired, ApprovalGateMarkedStale, ApprovalGateReminderDue
from actors.gate.record import Answer, OpenGate
from actors.gate.rules import cancel_run, complete_gate, fail_gate, record
from actors.run.turn import Turn

__all__ = ["ENDING", "apply_time", "gate_due", "next_gate_due"]

ENDING = ("fail", "continue", "cancel", "resume", "reject")
"""Actions that end the gate: an operator's hold keeps them from it, and a decision that comes later is late."""
LATE = Answer("timed_out", "system")
TAKEN_AS_GIVEN = Answer("timeout_resume", "system")
NOBODY = "unassigned_escalation_principal"


def apply_time(turn: Turn) -> None:
    """Do to every open gate what its times ask for. A run that is held keeps its gates until it is resumed."""
    if turn.state.cancel_reason is not None:
        return
    for step in (_expire, _remind, _mark_stale):
        for gate in sorted(turn.state.open_gates.values(), key=lambda gate: gate.opened_at_ms):
            if turn.state.terminal or turn.state.cancel_reason is not None:
                return
            step(turn, turn.state.open_gates[gate.node_id])  # as it is now; what ends one of them leaves the others open


def gate_due(gate: OpenGate, *, held: bool) -> int | None:
    """When time does something to the gate next, epoch milliseconds. `held`: its run is paused."""
    found = [_reminder_due(gate), None if gate.stale else gate.stale_at_ms]
    ends, escalates = gate.on_expiry in ENDING and not held, gate.on_expiry == "escalate" and gate.escalated is None
    if ends or escalates:
        found.append(gate.expires_at_ms)
    return min([due for due in found if due is not None], default=None)


def next_gate_due(gates: Iterable[OpenGate], *, held: bool) -> int | None:
    """The same for the first of several."""
    return min([due for gate in gates if (due := gate_due(gate, held=held)) is not None], default=None)


def _expire(turn: Turn, gate: OpenGate) -> None:
    if gate.expires_at_ms is None or gate.expires_at_ms > turn.now:
        return
    action = gate.on_expiry or turn.rules.gate_on_expiry
    if action == "escalate" and gate.escalated is None:
        turn.emit(
            ApprovalGateEscalated(
                node_id=gate.node_id, gate_name=gate.gate_name, instance=gate.instance, escalated_to=gate.escalate_to or NOBODY,
                reminder_count=gate.reminders + 1, notification_key=_key(turn, gate, gate.reminders + 1),
            )
        )  # fmt: skip
    if action in ENDING and turn.state.status != "paused":
        _end(turn, gate, action)


def _end(turn: Turn, gate: OpenGate, action: str) -> None:
    if action != "resume":
        turn.emit(ApprovalGateExpired(node_id=gate.node_id, gate_name=gate.gate_name, instance=gate.instance, action=action))
    match action:
        case "cancel":
            cancel_run(turn, gate, "gate_expired", "system")
        case "continue":
            record(turn, gate, LATE)
            complete_gate(turn, gate, LATE)
        case "reject":
            record(turn, gate, LATE)  # the agent hears it, and goes on
        case "resume":
            record(turn, gate, TAKEN_AS_GIVEN)
            complete_gate(turn, gate, TAKEN_AS_GIVEN)
        case _:
            record(turn, gate, LATE)
            fail_gate(turn, gate.node_id, "gate_timed_out", f"Nobody answered {gate.gate_name} in time.", "gate_timeout")


def _reminder_due(gate: OpenGate) -> int | None:
    """When people are to be reminded next; of what was missed, once. After the expiry only `remind` reminds."""
    after = gate.expires_at_ms
    if gate.remind_every_ms is None:
        once = gate.on_expiry == "remind" and gate.reminders == 0
        return after if once else None
    due = (gate.reminded_at_ms or gate.opened_at_ms) + gate.remind_every_ms
    return due if after is None or due < after or gate.on_expiry == "remind" else None


def _remind(turn: Turn, gate: OpenGate) -> None:
    due = _reminder_due(gate)
    if due is None or due > turn.now:
        return
    over = gate.expires_at_ms is not None and gate.expires_at_ms <= turn.now
    turn.emit(
        ApprovalGateReminderDue(
            node_id=gate.node_id, gate_name=gate.gate_name, instance=gate.instance, reminder_count=gate.reminders + 1, expired=over,
            notification_key=_key(turn, gate, gate.reminders + 1),
        )
    )  # fmt: skip


def _mark_stale(turn: Turn, gate: OpenGate) -> None:
    if not gate.stale and gate.stale_at_ms is not None and gate.stale_at_ms <= turn.now:
        turn.emit(ApprovalGateMarkedStale(node_id=gate.node_id, gate_name=gate.gate_name, instance=gate.instance))


def _key(turn: Turn, gate: OpenGate, number: int) -> str:
    """The name of one notification, so that whoever sends it sends it once."""
    return f"{gate.request_id(turn.state.run_id)}:reminder:{number}"

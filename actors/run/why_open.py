"""What a run waits for: back-offs, people, and the world. Pure."""

from __future__ import annotations

from typing import Any, assert_never

from actors.gate.record import seen_option
from actors.run.state import OpenGate, RunState
from actors.run.wording import reason, when, words
from actors.sub_run.present import is_present
from actors.wait.row import WaitRow
from actors.workflow.spec_gate import HUMAN

__all__ = ["why_open"]

EXPIRY = {
    "cancel": "the run is cancelled", "fail": "the gate fails", "continue": "the run goes on", "resume": "it counts as approved",
    "escalate": "somebody else is asked", "remind": "people are reminded",
}  # fmt: skip
TIMEOUT = {
    "fail": "the node fails", "cancel": "the run is cancelled", "escalate": "{to} is asked", "remind": "people are reminded",
    "resume": "the run goes on without it",
}  # fmt: skip
QUESTION = 200


def why_open(state: RunState, now: int) -> list[dict[str, Any]]:
    """One reason for each back-off, open gate, open wait, and run of a node that rests."""
    return _backoffs(state, now) + _gates(state, now) + _waits(state, now) + _children(state)


def _children(state: RunState) -> list[dict[str, Any]]:
    return [
        reason(
            "sub_run_waiting", f"Node {row.node_id} is the run {row.run_id} of {row.workflow_id}, which is {row.status.replace('_', ' ')}.",
            f"penstock why {row.run_id}", node_id=row.node_id, child_run_id=row.run_id,
        )
        for row in state.children.values() if not row.moving and is_present(state, row)
    ]  # fmt: skip


def _backoffs(state: RunState, now: int) -> list[dict[str, Any]]:
    return [
        reason("retry_backoff", f"Node {node_id} failed and is tried again {when(due - now)}.", node_id=node_id, retry_after_ms=due)
        for node_id, due in state.backoffs.items()
    ]


def _gates(state: RunState, now: int) -> list[dict[str, Any]]:
    return [_gate(state, gate, now) for gate in state.open_gates.values()]


def _gate(state: RunState, gate: OpenGate, now: int) -> dict[str, Any]:
    text = f"Gate {gate.gate_name} has been open for {words(now - gate.opened_at_ms)} and waits for {_whom(gate)}."
    if gate.votes:
        text += f" {len(gate.votes)} of {gate.min_approvals} have approved."
    if gate.escalated is not None:
        text += f" Nobody answered in time; {gate.escalated} is asked."
    elif gate.expires_at_ms is not None:
        then = EXPIRY.get(gate.on_expiry or "", f"{gate.on_expiry} follows")
        text += f" It expires {when(gate.expires_at_ms - now)}; then {then}."
    question = str(gate.shown.get("prompt") or "").strip().split("\n", 1)[0]
    text += f" It asks: {question[:QUESTION]}" if question else ""
    steps = [_step(state, gate)] if gate.decisions else []
    if gate.tool is not None:
        steps.insert(0, f"penstock show {state.run_id} {gate.gate_name}")
    return reason("awaiting_gate", text, *steps, node_id=gate.node_id, gate=gate.gate_name, expires_at_ms=gate.expires_at_ms)


def _whom(gate: OpenGate) -> str:
    if gate.gate_type in HUMAN:
        return "a person"
    return f"its resolver, {gate.gate_type}" + (", or a person" if gate.decisions else "")


def _step(state: RunState, gate: OpenGate) -> str:
    """The command that answers, and the words of the others."""
    first, *others = sorted(gate.decisions, key=lambda word: word != "approve")
    commands = {"cancel": "cancel-gate"}
    named = ", ".join(commands.get(word, word) for word in others)
    name = gate.gate_name if " " not in gate.gate_name else gate.node_id
    seen = "".join(f" {word}" for word in seen_option(gate)) if first == "approve" else ""
    return f"penstock {commands.get(first, first)} {state.run_id} {name}{seen}" + (f"   (or {named})" if named else "")


def _waits(state: RunState, now: int) -> list[dict[str, Any]]:
    return [_wait(state, row, now) for row in state.waits.values() if row.open]


def _wait(state: RunState, row: WaitRow, now: int) -> dict[str, Any]:
    """What an open wait waits for, and what happens when that does not come."""
    then = ""
    if row.timeout_at_ms is not None:
        what = TIMEOUT[row.on_timeout or "fail"].format(to=row.escalate_to)
        then = f" If nothing comes {when(row.timeout_at_ms - now)}, {what}."
    match row.kind:
        case "timer":
            text = f"Node {row.node_id} waits for its time, which comes {when((row.wake_at_ms or now) - now)}."
            return reason("waiting_for_time", text + then, node_id=row.node_id, wake_at_ms=row.wake_at_ms)
        case "webhook":
            rule = f" with {row.match['field']} {row.match['value']}" if "field" in row.match else ""
            text = f"Node {row.node_id} waits for a delivery of the webhook {row.match['trigger_id']}{rule}.{then}"
            return reason("waiting_for_webhook", text, node_id=row.node_id, match=dict(row.match))
        case "external_condition":
            text = f"Node {row.node_id} waits for the signal {row.key}.{then}"
            return reason("waiting_for_signal", text, f"penstock signal {state.run_id} {row.key}", node_id=row.node_id, name=row.key)
        case _:
            assert_never(row.kind)

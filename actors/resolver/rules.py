"""What a resolver's answer does to the gate that it was asked about (gates spec, 8). Pure."""

from __future__ import annotations

from typing import Any

from actors.gate.expiry import ENDING
from actors.gate.record import Answer
from actors.gate.rules import apply_decision, fail_gate, record
from actors.refusals import Refusal
from actors.resolver.events import ApprovalGateResolverFailed
from actors.resolver.messages import ResolverAnswer
from actors.run.state import OpenGate
from actors.run.turn import Turn

__all__ = ["take_answer"]


def take_answer(turn: Turn, said: ResolverAnswer) -> dict[str, Any] | Refusal:
    """Decide the gate, fail it, or note that nobody answered. An answer for an instance that is not open changes nothing."""
    gate = _open(turn, said)
    if isinstance(gate, Refusal):
        return gate
    turn.also.append(said.append)
    match said.what:
        case "approved":
            apply_decision(turn, gate, Answer("approve", said.by, said.text))
        case "rejected":
            apply_decision(turn, gate, Answer("reject", said.by, said.text))
        case "missing":
            text = f"Nobody answers gates of type {gate.gate_type} any more. Set gates.resolvers.{gate.gate_type}, then retry the node."
            record(turn, gate, Answer("reject", "system", reason="gate_resolver_missing"))
            fail_gate(turn, gate.node_id, "gate_resolver_missing", text, "configuration", {"type": gate.gate_type})
        case _:
            turn.emit(
                ApprovalGateResolverFailed(
                    node_id=gate.node_id, gate_name=gate.gate_name, instance=gate.instance, code=said.code, count=said.count,
                    message=said.text or "",
                )
            )  # fmt: skip
    return {"node_id": gate.node_id, "instance": gate.instance, "what": said.what}


def _open(turn: Turn, said: ResolverAnswer) -> OpenGate | Refusal:
    state = turn.state
    about = {"node_id": said.node_id, "instance": said.instance}
    gate = state.open_gates.get(said.node_id)
    if (
        gate is None
        or gate.instance != said.instance
        or gate.gate_type != said.gate_type
        or state.terminal
        or state.cancel_reason is not None
    ):
        return Refusal("gate_answer_dropped", f"The gate {said.node_id} is not open any more in instance {said.instance}.", about)
    if gate.expires_at_ms is not None and turn.now >= gate.expires_at_ms and gate.on_expiry in ENDING:
        return Refusal("gate_expired", f"The gate {gate.gate_name} expired before its resolver had answered.", about)
    return gate

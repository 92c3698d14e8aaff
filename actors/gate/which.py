"""Which gate an answer is meant for: by node id, name or request id, or the only one that is open (gates spec, 5.1). Pure."""

from __future__ import annotations

from typing import Any

from actors.gate.messages import Decide
from actors.gate.record import GateRecord, OpenGate, outcome_gate, tool_gate
from actors.refusals import Refusal
from actors.run.state import RunState
from actors.workflow.spec import Gate

__all__ = ["find_gate"]


def find_gate(state: RunState, command: Decide) -> OpenGate | Refusal:
    """The open gate, or why there is none that could be meant."""
    name = command.gate if command.gate is not None else command.approval_request_id
    named = _named(state, name) if name is not None else _only_gate(state)
    open_here = [gate for gate in state.open_gates.values() if gate.node_id in named and not _other_question(gate, _plain(state, name))]
    over = not open_here or state.cancel_reason is not None  # a gate that cancelled its run stays open for readers
    records = [record for node_id in named if (record := _settled(state, node_id)) is not None]
    if over and records:
        record = records[-1]
        text = f"The gate {record.gate_name} was already decided: {record.decision} by {record.decided_by}. That decision stands."
        return Refusal("gate_already_decided", text, {"gate": record.node_id, "winning_decision": _winner(record)})
    if not state.open_gates or state.terminal or state.cancel_reason is not None:
        winner = _winner(state.gate_history[-1]) if state.gate_history else None
        text = f"The run {state.run_id} is {state.status} and has no open gate, so there is nothing to decide."
        return Refusal("run_not_awaiting_approval", text, {"status": state.status, "winning_decision": winner})
    if len(open_here) == 1:
        return open_here[0]
    return _unclear(state, name, open_here)


def _unclear(state: RunState, name: str | None, open_here: list[OpenGate]) -> OpenGate | Refusal:
    names = sorted(gate.gate_name for gate in state.open_gates.values())
    if name is not None and not open_here:
        text = f"The run {state.run_id} has no open gate {name!r}. Open: {', '.join(names)}."
        return Refusal("run_gate_missing", text, {"gate": name, "open_gates": names})
    if name is None and len(names) == 1:
        return next(iter(state.open_gates.values()))
    if name is not None:
        names = sorted(gate.node_id for gate in open_here)
    text = f"The run {state.run_id} has {len(names)} open gates ({', '.join(names)}): say which one you mean."
    return Refusal("gate_ambiguous", text, {"open_gates": names})


def _winner(record: GateRecord) -> dict[str, Any]:
    return {
        "node_id": record.node_id, "instance": record.instance, "decision": record.decision, "decided_by": record.decided_by,
        "decided_at_ms": record.decided_at_ms,
    }  # fmt: skip


def _settled(state: RunState, node_id: str) -> GateRecord | None:
    for record in reversed(state.gate_history):
        ours = record.instance == state.nodes[node_id].instance or record.gate_name == tool_gate(node_id)
        if record.node_id == node_id and ours:
            return record if record.decision not in ("rework", "guard_denied") else None
    return None


def _named(state: RunState, name: str) -> set[str]:
    """The nodes that the caller can mean: one by its id, or all gates of that name."""
    name = _plain(state, name) or name
    for found in (name, name.removesuffix(".outcome"), name.removesuffix(".tool")):
        if found in state.nodes:
            return {found}
    return {node_id for node_id, node in state.plan.nodes.items() if isinstance(node.action, Gate) and node.action.name == name}


def _plain(state: RunState, name: str | None) -> str | None:
    """What a request id is about; any other name as it is."""
    match (name or "").split(":"):
        case ["workflow", state.run_id, subject, _]:
            return subject
    return name


def _other_question(gate: OpenGate, name: str | None) -> bool:
    """Whether the caller means the other of the two questions that may be asked about one node."""
    questions = (outcome_gate(gate.node_id), tool_gate(gate.node_id))
    return name in questions and gate.gate_name in questions and name != gate.gate_name


def _only_gate(state: RunState) -> set[str]:
    gates = {node.node_id for node in state.plan.nodes.values() if isinstance(node.action, Gate)}
    gates |= {gate.node_id for gate in state.open_gates.values()}
    return gates if len(gates) == 1 else set()

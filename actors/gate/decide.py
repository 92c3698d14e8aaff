"""The checks of a decision, in their order: the first that fails answers, and nothing changes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actors.gate.events import ApprovalGateReopened, ApprovalGateTransitionGuardDenied
from actors.gate.messages import Decide
from actors.gate.rules import apply_decision, ask_outcome, open_gate
from actors.gate.shown import digest_of_shown, shown_at
from actors.refusals import Refusal
from actors.run.resets import reset_closure
from actors.run.state import GateRecord, OpenGate, RunState
from actors.run.turn import Turn
from actors.workflow.spec import Gate, Option

__all__ = ["WORDS", "decide_gate", "may_decide"]

WORDS = ("approve", "reject", "rework", "cancel")
LATE = ("fail", "continue", "cancel", "resume")


def decide_gate(turn: Turn, command: Decide) -> Refusal | dict[str, Any]:
    """Apply the answer, or refuse it. Of many deciders at once exactly one gets further than the checks."""
    found = may_decide(turn, command)
    if isinstance(found, Refusal):
        return found
    word = command.decision.strip().lower()
    if (command.nonce is not None and command.nonce != found.nonce) or _of_another_instance(command.gate, found):
        return _denied(turn, found, word, str(command.by))
    if (changed := _changed(turn, found, command.shown_digest)) is not None:
        return changed
    selections = _selections(turn.state, found, word, command.selections)
    if isinstance(selections, Refusal):
        return selections
    instance = found.instance
    apply_decision(
        turn, found, word, str(command.by), feedback=command.feedback or None, selections=selections, reason=command.reason or None
    )  # fmt: skip
    return {"node_id": found.node_id, "gate_name": found.gate_name, "instance": instance, "decision": word}


def may_decide(turn: Turn, command: Decide) -> OpenGate | Refusal:
    """The gate that is meant, if a decision of that kind may be made there now. Changes nothing."""
    found = _find(turn.state, command)
    if isinstance(found, Refusal):
        return found
    return _word(found, command.decision.strip().lower()) or _late(turn, found) or found


def _of_another_instance(name: str | None, gate: OpenGate) -> bool:
    """Whether the caller named the gate by the request id of an instance that is not the open one."""
    parts = (name or "").split(":")
    return len(parts) == 4 and parts[3] != str(gate.instance)


def _winner(record: GateRecord) -> dict[str, Any]:
    return {
        "node_id": record.node_id, "instance": record.instance, "decision": record.decision, "decided_by": record.decided_by,
        "decided_at_ms": record.decided_at_ms,
    }  # fmt: skip


def _settled(state: RunState, node_id: str) -> GateRecord | None:
    for record in reversed(state.gate_history):
        if record.node_id == node_id and record.instance == state.nodes[node_id].instance:
            return record if record.decision not in ("rework", "guard_denied") else None
    return None


def _named(state: RunState, name: str) -> str | None:
    """The node that the caller means by node id, gate name or request id."""
    match name.split(":"):
        case ["workflow", state.run_id, node_id, _]:
            name = node_id
    for found in (name, name.removesuffix(".outcome")):
        if found in state.nodes:
            return found
    return None


def _find(state: RunState, command: Decide) -> OpenGate | Refusal:
    node_id = _named(state, command.gate) if command.gate is not None else _only_gate(state)
    open_here = [gate for gate in state.open_gates.values() if gate.node_id == node_id]
    over = not open_here or state.cancel_reason is not None  # a gate that cancelled its run stays open for readers
    if node_id is not None and over and (record := _settled(state, node_id)) is not None:
        text = f"The gate {node_id} was already decided: {record.decision} by {record.decided_by}. That decision stands."
        return Refusal("gate_already_decided", text, {"gate": node_id, "winning_decision": _winner(record)})
    if not state.open_gates or state.terminal or state.cancel_reason is not None:
        winner = _winner(state.gate_history[-1]) if state.gate_history else None
        text = f"The run {state.run_id} is {state.status} and has no open gate, so there is nothing to decide."
        return Refusal("run_not_awaiting_approval", text, {"status": state.status, "winning_decision": winner})
    if open_here:
        return open_here[0]
    names = sorted(state.open_gates)
    if command.gate is not None:
        text = f"The run {state.run_id} has no open gate {command.gate!r}. Open: {', '.join(names)}."
        return Refusal("run_gate_missing", text, {"gate": command.gate, "open_gates": names})
    if len(names) == 1:
        return state.open_gates[names[0]]
    text = f"The run {state.run_id} has {len(names)} open gates ({', '.join(names)}): say which one you mean."
    return Refusal("gate_ambiguous", text, {"open_gates": names})


def _only_gate(state: RunState) -> str | None:
    gates = {node.node_id for node in state.plan.nodes.values() if isinstance(node.action, Gate)}
    gates |= {gate.node_id for gate in state.open_gates.values()}
    return gates.pop() if len(gates) == 1 else None


def _word(gate: OpenGate, word: str) -> Refusal | None:
    if word not in WORDS:
        return Refusal(
            "gate_decision_invalid", f"{word!r} is no decision. Allowed: {', '.join(WORDS)}.", {"decision": word, "allowed": WORDS}
        )
    if word not in gate.decisions:
        text = f"The gate {gate.gate_name} does not offer {word!r}. It offers: {', '.join(gate.decisions)}."
        return Refusal("gate_decision_not_offered", text, {"decision": word, "offered": list(gate.decisions)})
    return None


def _late(turn: Turn, gate: OpenGate) -> Refusal | None:
    if gate.expires_at_ms is not None and turn.now >= gate.expires_at_ms and gate.on_expiry in LATE:
        text = f"The gate {gate.gate_name} expired {(turn.now - gate.expires_at_ms) // 1000} s ago; what it does then is: {gate.on_expiry}."
        return Refusal("gate_expired", text, {"expired_at_ms": gate.expires_at_ms, "on_expiry": gate.on_expiry})
    return None


def _denied(turn: Turn, gate: OpenGate, word: str, by: str) -> Refusal:
    turn.emit(
        ApprovalGateTransitionGuardDenied(
            node_id=gate.node_id, gate_name=gate.gate_name, instance=gate.instance, decision=word, decided_by=by
        )
    )
    text = f"This answer was meant for another instance of the gate {gate.gate_name}; open is {gate.instance}. Look again, then decide."
    return Refusal("gate_transition_guard_denied", text, {"gate": gate.gate_name, "instance": gate.instance})


def _changed(turn: Turn, gate: OpenGate, seen: str | None) -> Refusal | None:
    """The answer holds for what was shown: when that is not what is there now, the gate is asked anew."""
    prompt = {} if gate.gate_name == gate.node_id else {"prompt": gate.shown.get("prompt")}
    present = digest_of_shown(shown_at(turn.state, gate.node_id, turn.evidence) | prompt)
    if present == gate.shown_digest and (seen is None or seen == present):
        return None
    if present != gate.shown_digest:
        ours = gate.gate_name == gate.node_id  # else the question is about an attempt's outcome, which a reset would forget
        turn.emit(
            ApprovalGateReopened(
                node_id=gate.node_id,
                instance=gate.instance,
                reason="shown_changed",
                old_digest=gate.shown_digest,
                new_digest=present,
                reset_nodes=reset_closure(turn.state, (gate.node_id,)) if ours else (),
            )
        )
        (open_gate if ours else ask_outcome)(turn, gate.node_id)
    text = f"What the gate {gate.gate_name} shows is not what this decision was made for. Look at it again, then decide."
    return Refusal("gate_shown_changed", text, {"gate": gate.gate_name, "shown_digest": present, "seen": seen})


def _options(state: RunState, gate: OpenGate) -> Sequence[Option]:
    spec = state.plan.nodes[gate.node_id].action
    return spec.options if isinstance(spec, Gate) and isinstance(spec.options, tuple) else ()


def _selections(state: RunState, gate: OpenGate, word: str, given: tuple[str, ...]) -> tuple[str, ...] | Refusal:
    if not given:
        return ()
    options = _options(state, gate)
    if not options:
        return Refusal(
            "gate_selections_not_configured", f"The gate {gate.gate_name} has no options to select from.", {"selections": list(given)}
        )
    if word != "approve":
        return Refusal("gate_selections_not_allowed", f"Options are selected with approve only, not with {word}.", {"decision": word})
    labels = [option.label for option in options]
    by_name = {option.label: option.value for option in options if labels.count(option.label) == 1}
    by_name |= {option.value: option.value for option in options}
    chosen = set()
    for name in given:
        if name not in by_name:
            allowed = [option.value for option in options]
            text = f"The gate {gate.gate_name} has no option {name!r}. Allowed: {', '.join(allowed)}."
            return Refusal("gate_selection_invalid", text, {"value": name, "allowed": allowed})
        chosen.add(by_name[name])
    return tuple(option.value for option in options if option.value in chosen)

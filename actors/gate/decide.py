"""The checks of a decision, in their order: the first that fails answers, and nothing changes (gates spec, 5.1). Pure."""

from __future__ import annotations

from typing import Any, Final

from actors.gate.authority import authority_refusal
from actors.gate.events import ApprovalGateTransitionGuardDenied
from actors.gate.expiry import ENDING
from actors.gate.messages import Decide
from actors.gate.options import select
from actors.gate.record import SHORTEST_DIGEST, Answer, OpenGate
from actors.gate.rules import apply_decision, ask_anew
from actors.gate.shown import digest_of_shown, shown_at
from actors.gate.votes import already_voted, together, vote
from actors.gate.which import find_gate
from actors.refusals import Refusal
from actors.run.turn import Turn
from actors.workflow.spec import Gate
from actors.workflow.spec_gate import ALL_DECISIONS

__all__ = ["WORDS", "decide_gate", "means"]

WORDS: Final = ALL_DECISIONS


def decide_gate(turn: Turn, command: Decide) -> Refusal | dict[str, Any]:
    """Apply the answer, or refuse it. Of many deciders at once exactly one gets further than the checks."""
    gate = _may_decide(turn, command)
    if isinstance(gate, Refusal):
        return gate
    word = _word_of(command)
    if _of_another_instance(turn, gate, command):
        return _denied(turn, gate, word, str(command.by))
    if gate.tool is not None and word == "approve" and not _names_what_was_seen(command):
        text = f"An approval of the use of {gate.tool} says what was seen, and this one does not. See: penstock show {turn.state.run_id} "
        return Refusal("gate_shown_required", f"{text}{gate.gate_name}", {"gate": gate.gate_name, "instance": gate.instance})
    if (changed := _changed(turn, gate, command.shown_digest)) is not None:
        return changed
    answer = _answer(gate, command)
    return answer if isinstance(answer, Refusal) else _apply(turn, gate, answer)


def _apply(turn: Turn, gate: OpenGate, answer: Answer) -> dict[str, Any]:
    about = {"node_id": gate.node_id, "gate_name": gate.gate_name, "instance": gate.instance, "decision": answer.decision}
    recorded = vote(turn, gate, answer)
    if recorded is None:
        apply_decision(turn, gate, together(gate, answer))
    return about | (recorded or {})


def means(turn: Turn, command: Decide) -> OpenGate | None:
    """The gate to which the answer would be applied, as far as can be said without looking at the world; None if it will be refused."""
    gate = _may_decide(turn, command)
    if isinstance(gate, Refusal) or _of_another_instance(turn, gate, command) or isinstance(_answer(gate, command), Refusal):
        return None
    return gate


def _may_decide(turn: Turn, command: Decide) -> OpenGate | Refusal:
    found = find_gate(turn.state, command)
    if isinstance(found, Refusal):
        return found
    return _unknown_word(found, _word_of(command)) or _late(turn, found) or authority_refusal(turn, found, command) or found


def _answer(gate: OpenGate, command: Decide) -> Answer | Refusal:
    word = _word_of(command)
    selections = select(gate, word, command.selections)
    if isinstance(selections, Refusal):
        return selections
    answer = Answer(word, str(command.by), command.feedback or None, selections, command.reason or None)
    return already_voted(gate, answer) or answer


def _word_of(command: Decide) -> str:
    return command.decision.strip().lower()


def _of_another_instance(turn: Turn, gate: OpenGate, command: Decide) -> bool:
    """Whether something that the caller names belongs to another instance than the open one."""
    request_id = gate.request_id(turn.state.run_id)
    named = [
        (command.nonce, gate.nonce), (command.approval_request_id, request_id), (command.transition_id, f"{request_id}:decision"),
    ]  # fmt: skip
    if command.gate is not None and len(command.gate.split(":")) == 4:
        named.append((command.gate, request_id))
    return any(given is not None and given != wanted for given, wanted in named)


def _names_what_was_seen(command: Decide) -> bool:
    """Whether the answer can be meant for one instance alone: the next call of the same agent asks under the same name."""
    given = (command.nonce, command.shown_digest, command.approval_request_id, command.transition_id)
    return any(one is not None for one in given) or len((command.gate or "").split(":")) == 4


def _unknown_word(gate: OpenGate, word: str) -> Refusal | None:
    if word not in WORDS:
        return Refusal(
            "gate_decision_invalid", f"{word!r} is no decision. Allowed: {', '.join(WORDS)}.", {"decision": word, "allowed": WORDS}
        )
    if word not in gate.decisions:
        offered = ", ".join(gate.decisions) or f"nothing to people; its resolver answers ({gate.gate_type})"
        text = f"The gate {gate.gate_name} does not offer {word!r}. It offers: {offered}."
        return Refusal("gate_decision_not_offered", text, {"decision": word, "offered": list(gate.decisions)})
    return None


def _late(turn: Turn, gate: OpenGate) -> Refusal | None:
    if gate.expires_at_ms is not None and turn.now >= gate.expires_at_ms and gate.on_expiry in ENDING:
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
    present = _present(turn, gate)
    if present == gate.shown_digest and (seen is None or (present.startswith(seen) and len(seen) >= SHORTEST_DIGEST)):
        return None
    if present != gate.shown_digest:
        ask_anew(turn, gate, present)
    text = f"What the gate {gate.gate_name} shows is not what this decision was made for. Look at it again, then decide."
    return Refusal("gate_shown_changed", text, {"gate": gate.gate_name, "shown_digest": present, "seen": seen})


def _present(turn: Turn, gate: OpenGate) -> str:
    """The digest of what it would show now. What is shown of a tool hangs on nothing that changes while it is open."""
    if gate.tool is not None:
        return digest_of_shown(gate.shown)
    ours = isinstance(turn.state.plan.nodes[gate.node_id].action, Gate)  # else it is about an outcome, which a reset would forget
    prompt = {} if ours else {"prompt": gate.shown.get("prompt")}
    return digest_of_shown(shown_at(turn.state, gate.node_id, turn.evidence) | prompt)

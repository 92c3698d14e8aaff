"""Who may decide a gate: its approvers, whom it was escalated to, and not who would be approving his own work (gates spec, 5.1). Pure."""

from __future__ import annotations

from actors.gate.messages import Decide
from actors.gate.record import OpenGate
from actors.refusals import Refusal
from actors.run.turn import Turn
from actors.workflow.spec import Agent, Gate

__all__ = ["authority_refusal"]


def authority_refusal(turn: Turn, gate: OpenGate, command: Decide) -> Refusal | None:
    """Why this person must not give this answer here, if so."""
    return _no_approver(gate, command) or _own_work(turn, gate, command)


def _no_approver(gate: OpenGate, command: Decide) -> Refusal | None:
    wanted = gate.approvers if gate.escalated is None or not gate.approvers else (*gate.approvers, gate.escalated)
    if not wanted or any(_is(command, word) for word in wanted):
        return None
    text = f"{command.by} is not among those who may decide the gate {gate.gate_name}. They are: {', '.join(wanted)}. Ask one of them."
    return Refusal("gate_reviewer_not_allowed", text, {"gate": gate.gate_name, "by": str(command.by), "approvers": list(wanted)})


def _is(command: Decide, word: str) -> bool:
    if word.startswith("@"):
        return word[1:] in command.groups
    return word.removeprefix("uid:") == str(command.by.uid)


def _own_work(turn: Turn, gate: OpenGate, command: Decide) -> Refusal | None:
    if command.decision.strip().lower() != "approve" or not _separate(turn, gate):
        return None
    who = str(command.by)
    did = "started the run" if who == turn.state.started_by else "stored its workflow" if who == command.version_author else None
    if did is None:
        return None
    text = f"{who} {did}, and at the gate {gate.gate_name} somebody else must approve. Ask another person; reject and rework are yours."
    return Refusal("gate_approver_is_author", text, {"gate": gate.gate_name, "by": who})


def _separate(turn: Turn, gate: OpenGate) -> bool:
    spec = turn.state.plan.nodes[gate.node_id].action
    own = spec.separate_from_author if isinstance(spec, Gate) else spec.approval.separate_from_author if isinstance(spec, Agent) else None
    return turn.rules.separate_from_author if own is None else own

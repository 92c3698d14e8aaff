"""Several approvals: each is a vote of another person, and the last one that is wanted decides for all of them (gates spec, 5.2). Pure."""

from __future__ import annotations

from typing import Any

from actors.gate.events import ApprovalGateVoteRecorded
from actors.gate.options import in_order
from actors.gate.record import Answer, OpenGate, Vote
from actors.refusals import Refusal
from actors.run.turn import Turn

__all__ = ["already_voted", "together", "vote"]


def already_voted(gate: OpenGate, answer: Answer) -> Refusal | None:
    """A person's second approval changes nothing."""
    if answer.decision != "approve" or all(vote.by != answer.by for vote in gate.votes):
        return None
    count = f"{len(gate.votes)} of {gate.min_approvals}"
    text = f"{answer.by} has approved the gate {gate.gate_name} already ({count}); a second approval does not count. Ask somebody else."
    return Refusal("gate_already_voted", text, {"gate": gate.gate_name, "approvals": len(gate.votes), "needed": gate.min_approvals})


def vote(turn: Turn, gate: OpenGate, answer: Answer) -> dict[str, Any] | None:
    """Record an approval that is not the last one wanted. None where the answer decides."""
    if answer.decision != "approve" or len(gate.votes) + 1 >= gate.min_approvals:
        return None
    count = {"approvals": len(gate.votes) + 1, "needed": gate.min_approvals}
    turn.emit(
        ApprovalGateVoteRecorded(
            node_id=gate.node_id, gate_name=gate.gate_name, instance=gate.instance, decided_by=answer.by, **count,
            feedback=answer.feedback, selections=answer.selections,
        )
    )  # fmt: skip
    return {"answer": "recorded", **count}


def together(gate: OpenGate, answer: Answer) -> Answer:
    """The deciding approval with what those before it said: texts joined in their order, selections united."""
    if answer.decision != "approve" or not gate.votes:
        return answer
    votes = [*gate.votes, Vote(answer.by, answer.feedback, answer.selections)]
    texts = [one.feedback for one in votes if one.feedback]
    return Answer(
        "approve", answer.by, "\n".join(texts) or None, in_order(gate, [value for one in votes for value in one.selections]),
        answer.reason, tuple(one.by for one in votes),
    )  # fmt: skip

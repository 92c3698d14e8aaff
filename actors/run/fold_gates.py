"""How the facts of gates change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from actors.entity import Fact
from actors.gate import events as gate
from actors.gate.record import Vote
from actors.node.messages import ToolDecision
from actors.run.resets import reset_nodes
from actors.run.state import GateRecord, OpenGate, RunState
from actors.workflow.spec import Gate

__all__ = ["GATE_FOLDS", "keep_answer", "rework_roots"]


def rework_roots(state: RunState, node_id: str) -> tuple[str, ...]:
    """What a rework at this gate resets first: its targets, else what it needs; the node itself where the question is about its outcome."""
    node = state.plan.nodes[node_id]
    if not isinstance(node.action, Gate):
        return (node_id,)
    return node.action.rework_targets or tuple(need.node for need in node.needs)


def _opened(state: RunState, event: gate.ApprovalGateOpened, at: int) -> None:
    state.open_gates[event.node_id] = OpenGate(
        node_id=event.node_id, gate_name=event.gate_name, gate_type=event.gate_type, instance=event.instance, nonce=event.nonce,
        decisions=event.decisions, shown=event.shown, shown_digest=event.shown_digest, opened_at_ms=at,
        expires_at_ms=event.expires_at_ms, on_expiry=event.on_expiry, escalate_to=event.escalate_to,
        remind_every_ms=event.remind_every_ms, stale_at_ms=event.stale_at_ms, min_approvals=event.min_approvals,
        approvers=event.approvers, dropped_options=event.dropped_options, tool=event.tool,
    )  # fmt: skip
    node = state.nodes[event.node_id]
    state.take_place(event.node_id)
    state.executing.pop(event.node_id, None)
    node.status = "waiting"
    node.started_at_ms = node.started_at_ms or at
    _note_asked(state, event.node_id)
    if event.tool is not None:
        node.asking, node.questions = True, event.instance
    state.frontier.take(event.node_id)
    state.detail = {"code": "awaiting_gate", "node_id": event.node_id}


def _note_asked(state: RunState, node_id: str) -> None:
    """What the gate's prompt may tell of stays as it is now, whatever comes while it is open, and with its own answer."""
    node = state.nodes[node_id]
    if node.asked_with is None:
        node.asked_with = (len(state.contexts), state.gate_feedback, state.gate_selections)


def _decided(state: RunState, event: gate.ApprovalGateDecided, at: int) -> None:
    _note_asked(state, event.node_id)
    state.gate_history.append(
        GateRecord(
            node_id=event.node_id,
            gate_name=event.gate_name,
            instance=event.instance,
            decision=event.decision,
            decided_at_ms=at,
            decided_by=event.decided_by,
            shown_digest=event.shown_digest,
            feedback=event.feedback,
            selections=event.selections,
            version=state.digest,
            iteration_path=state.nodes[event.node_id].path,
        )
    )
    asked = state.open_gates.get(event.node_id)
    about_tool = asked is not None and asked.tool is not None
    if not about_tool:  # what is said about a tool is for the agent alone
        keep_answer(state, event.feedback, event.selections)
    if event.decision == "cancel":
        return  # the ending, or the cancellation that follows, closes it: it stays readable
    state.open_gates.pop(event.node_id, None)
    if asked is not None and about_tool:
        _answered(state, asked, event, at)
    if event.decision == "rework":
        if event.feedback:
            for root in rework_roots(state, event.node_id):
                state.nodes[root].feedback.append(event.feedback)
        reset_nodes(state, event.reset_nodes)
    if state.status == "awaiting_approval":
        state.status, state.resume_reason = "queued", "gate_decided"


def _answered(state: RunState, asked: OpenGate, event: gate.ApprovalGateDecided, at: int) -> None:
    """The agent goes on with the answer. How long people thought is no time of the node's."""
    node = state.nodes[event.node_id]
    approved = event.decision == "approve"
    words = event.feedback if event.decision != "timed_out" else "nobody answered in time"
    node.tool_decision = ToolDecision("approve" if approved else "reject", event.decided_by, event.shown_digest, words)
    node.status, node.asking = "pending", False
    node.first_started_at_ms = (node.first_started_at_ms or asked.opened_at_ms) + at - asked.opened_at_ms
    state.offer(event.node_id)


def keep_answer(state: RunState, feedback: str | None, selections: tuple[str, ...]) -> None:
    """What the nodes to come are told of the answers so far: the newest text, else what was selected; and the newest selections."""
    if feedback is not None and feedback.strip():
        state.gate_feedback = feedback
    elif selections:
        state.gate_feedback = ", ".join(selections)
    if selections:
        state.gate_selections = selections


def _voted(state: RunState, event: gate.ApprovalGateVoteRecorded, at: int) -> None:
    vote = Vote(event.decided_by, event.feedback, event.selections)
    _change(state, event.node_id, votes=(*state.open_gates[event.node_id].votes, vote))


def _reopened(state: RunState, event: gate.ApprovalGateReopened, at: int) -> None:
    if event.reset_nodes:
        reset_nodes(state, event.reset_nodes)
    state.closed_gates.pop(event.node_id, None)


def _expired(state: RunState, event: gate.ApprovalGateExpired, at: int) -> None:
    """A cancel is recorded here; the other actions are recorded by the decision that follows."""
    if event.action == "cancel":
        digest = state.open_gates[event.node_id].shown_digest
        state.gate_history.append(GateRecord(event.node_id, event.gate_name, event.instance, "expired", at, "system", digest))


def _escalated(state: RunState, event: gate.ApprovalGateEscalated, at: int) -> None:
    _change(state, event.node_id, escalated=event.escalated_to, reminders=event.reminder_count, reminded_at_ms=at)


def _reminded(state: RunState, event: gate.ApprovalGateReminderDue, at: int) -> None:
    _change(state, event.node_id, reminders=event.reminder_count, reminded_at_ms=at)


def _stale(state: RunState, event: gate.ApprovalGateMarkedStale, at: int) -> None:
    _change(state, event.node_id, stale=True)


def _change(state: RunState, node_id: str, **fields: Any) -> None:
    state.open_gates[node_id] = evolve(state.open_gates[node_id], **fields)


def _denied(state: RunState, event: gate.ApprovalGateTransitionGuardDenied, at: int) -> None:
    state.gate_history.append(
        GateRecord(event.node_id, event.gate_name, event.instance, "guard_denied", at, event.decided_by),
    )


GATE_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    gate.ApprovalGateOpened: _opened,
    gate.ApprovalGateVoteRecorded: _voted,
    gate.ApprovalGateDecided: _decided,
    gate.ApprovalGateReopened: _reopened,
    gate.ApprovalGateExpired: _expired,
    gate.ApprovalGateEscalated: _escalated,
    gate.ApprovalGateReminderDue: _reminded,
    gate.ApprovalGateMarkedStale: _stale,
    gate.ApprovalGateTransitionGuardDenied: _denied,
}

"""Opening a gate, applying a decision, and holding an approval to the bytes it was given for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.gate.events import ApprovalGateDecided, ApprovalGateOpened, ApprovalGateReopened
from actors.gate.options import context_text
from actors.gate.record import Answer, outcome_gate
from actors.gate.shown import digest_of_shown, shown_at
from actors.node.events import NodeCompleted, NodeFailed, NodeSkipped
from actors.run.events import RunCancelled, RunCancelRequested
from actors.run.fold_gates import rework_roots
from actors.run.resets import reset_closure
from actors.run.state import OpenGate
from actors.run.turn import Turn
from actors.workflow.spec import Gate
from actors.workflow.spec_gate import HUMAN

__all__ = [
    "apply_decision",
    "ask_anew",
    "ask_outcome",
    "cancel_run",
    "complete_gate",
    "fail_gate",
    "open_gate",
    "recheck_guards",
    "recheck_open",
    "record",
]


def open_gate(turn: Turn, node_id: str, length_ms: int, dropped: tuple[str, ...] = ()) -> None:
    """Ask what the gate node asks, as the node's present instance, for so long.

    `dropped`: what the source of its options names that is none.
    """
    spec = turn.state.plan.nodes[node_id].action
    assert isinstance(spec, Gate)
    shown = shown_at(turn.state, node_id, turn.evidence)
    digest = digest_of_shown(shown)
    if (former := turn.state.closed_gates.get(node_id)) is not None:
        turn.emit(
            ApprovalGateReopened(
                node_id=node_id, instance=former.instance, reason="reset", old_digest=former.shown_digest, new_digest=digest
            )
        )  # fmt: skip
    turn.emit(
        ApprovalGateOpened(
            node_id=node_id,
            gate_name=spec.name or node_id,
            gate_type=spec.type,
            instance=turn.state.nodes[node_id].instance,
            nonce=turn.nonce(),
            decisions=spec.decisions,
            shown_digest=digest,
            shown=shown,
            expires_at_ms=turn.now + length_ms,
            on_expiry=spec.on_expiry or turn.rules.gate_on_expiry,
            escalate_to=spec.escalate_to,
            remind_every_ms=spec.remind_every_ms,
            stale_at_ms=turn.now + turn.rules.gate_stale_after_ms,
            min_approvals=spec.min_approvals if spec.type in HUMAN else 1,
            approvers=spec.approvers,
            dropped_options=dropped,
        )
    )


def ask_outcome(turn: Turn, node_id: str) -> None:
    """An attempt that must happen once ended without a recorded outcome: ask a person whether it happened. Never expires."""
    node = turn.state.nodes[node_id]
    text = f"Attempt {node.attempt} of {node_id} ended without a recorded outcome. Approve if it happened, rework to start it again."
    shown = shown_at(turn.state, node_id, turn.evidence) | {"prompt": text}
    turn.emit(
        ApprovalGateOpened(
            node_id=node_id,
            gate_name=outcome_gate(node_id),
            gate_type="human_approval",
            instance=node.instance,
            nonce=turn.nonce(),
            decisions=("approve", "reject", "rework", "cancel"),
            shown_digest=digest_of_shown(shown),
            shown=shown,
            stale_at_ms=turn.now + turn.rules.gate_stale_after_ms,
        )
    )


def apply_decision(turn: Turn, gate: OpenGate, answer: Answer) -> None:
    """Append the decision and its consequence. The caller has checked that it may be made."""
    record(turn, gate, answer)
    if gate.tool is not None and answer.decision != "cancel":
        return  # the agent hears it, and goes on
    spec = turn.state.plan.nodes[gate.node_id].action
    goes_on = isinstance(spec, Gate) and spec.on_reject == "continue"
    match answer.decision:
        case "approve":
            complete_gate(turn, gate, answer)
        case "reject" if goes_on:
            complete_gate(turn, gate, answer)
        case "reject":
            fail_gate(
                turn, gate.node_id, "gate_rejected", answer.feedback or answer.reason or f"{gate.gate_name} was rejected by {answer.by}."
            )  # fmt: skip
        case "cancel":
            cancel_run(turn, gate, answer.reason or "cancelled_by_gate", answer.by)


def record(turn: Turn, gate: OpenGate, answer: Answer) -> None:
    """Append the decision of this instance, made by a person, a resolver or the system."""
    rework = answer.decision == "rework"
    reset = reset_closure(turn.state, (*rework_roots(turn.state, gate.node_id), gate.node_id)) if rework else ()
    turn.emit(
        ApprovalGateDecided(
            node_id=gate.node_id,
            gate_name=gate.gate_name,
            instance=gate.instance,
            decision=answer.decision,
            decided_by=answer.by,
            shown_digest=gate.shown_digest,
            reason=answer.reason,
            reset_nodes=reset,
            feedback=answer.feedback,
            selections=answer.selections,
            voters=answer.voters,
        )
    )


def complete_gate(turn: Turn, gate: OpenGate, answer: Answer) -> None:
    """The gate node is done, with the decision as its output."""
    artifacts = gate.shown.get("artifacts") or [None]
    content = {
        "decision": answer.decision, "reason": answer.reason, "feedback": answer.feedback,
        "selections": list(answer.selections), "selection": answer.selections[0] if answer.selections else None,
        "decided_at_ms": turn.now, "decided_by": answer.by, "reviewed_artifact": artifacts[0], "shown_digest": gate.shown_digest,
    }  # fmt: skip
    content |= {"voters": list(answer.voters)} if answer.voters else {}
    content |= {"context": context_text(gate, answer.selections)} if answer.selections else {}
    node = turn.state.nodes[gate.node_id]
    output = {"contract_kind": "approval_gate", "status": "completed", "content": content}
    late = answer.decision == "timed_out"
    turn.emit(NodeCompleted(node_id=gate.node_id, attempt=node.attempt, instance=node.instance, output=output, timed_out=late))


def fail_gate(
    turn: Turn, node_id: str, code: str, message: str, failure_class: str = "gate_rejected", detail: Mapping[str, Any] | None = None
) -> None:
    """The gate node fails, for good."""
    node, spec = turn.state.nodes[node_id], turn.state.plan.nodes[node_id]
    turn.emit(
        NodeFailed(
            node_id=node_id,
            code=code,
            failure_class=failure_class,
            attempt=node.attempt,
            instance=node.instance,
            terminal=True,
            retry_decision="not_retryable",
            message=message,
            error_detail=detail or {},
        )
    )
    if spec.on_fail.mode == "continue":
        turn.emit(NodeSkipped(node_id=node_id, reason="on_fail_continue"))


def cancel_run(turn: Turn, gate: OpenGate, reason: str, by: str) -> None:
    """End the run for the gate's sake; what it has begun is ended or cleaned up first."""
    state = turn.state
    if state.started_at_ms is not None and (state.plan.workflow.finally_ or state.executing):
        turn.emit(RunCancelRequested(reason=reason, by=by, gate=gate.node_id))
    else:
        turn.emit(RunCancelled(reason=reason, node_id=gate.node_id))


def ask_anew(turn: Turn, gate: OpenGate, present: str) -> None:
    """What the open gate shows has another digest now: it opens as the next instance, for as long as the former one did,
    and nobody's answer to that holds.
    """
    ours = isinstance(turn.state.plan.nodes[gate.node_id].action, Gate)
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
    if ours:
        assert gate.expires_at_ms is not None, "a gate of the workflow is over some time"
        open_gate(turn, gate.node_id, gate.expires_at_ms - gate.opened_at_ms)
    else:
        ask_outcome(turn, gate.node_id)


def recheck_open(turn: Turn) -> None:
    """A held run goes on: gates that are open still show what there is, or are asked anew (gates spec, 10.2)."""
    for gate in list(turn.state.open_gates.values()):
        if isinstance(turn.state.plan.nodes[gate.node_id].action, Gate):
            present = digest_of_shown(shown_at(turn.state, gate.node_id, turn.evidence))
            if present != gate.shown_digest:
                ask_anew(turn, gate, present)


def recheck_guards(turn: Turn, node_id: str) -> bool:
    """Before a node's first attempt: does each approval before it still hold for what is there now? Reopens the first that does not."""
    state = turn.state
    if state.nodes[node_id].attempt > 0:
        return True
    for guard in state.plan.guards.get(node_id, ()):
        record = next((r for r in reversed(state.gate_history) if r.node_id == guard and r.instance == state.nodes[guard].instance), None)
        if record is None or record.shown_digest is None or state.nodes[guard].status != "completed":
            continue
        digest = digest_of_shown(shown_at(state, guard, turn.evidence))
        if digest != record.shown_digest or record.version not in (None, state.digest):
            turn.emit(
                ApprovalGateReopened(
                    node_id=guard,
                    instance=record.instance,
                    reason="shown_changed" if digest != record.shown_digest else "version_changed",
                    old_digest=record.shown_digest,
                    new_digest=digest,
                    reset_nodes=reset_closure(state, (guard,)),
                )
            )
            return False
    return True

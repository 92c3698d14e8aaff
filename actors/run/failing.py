"""An attempt, or a node without one, has failed: the fact, and what follows it in the same append. Pure."""

from __future__ import annotations

from actors.dead_letter.opening import letter_of_node, open_for_node
from actors.node.events import NodeFailed, NodeRetryBackoffScheduled, NodeSkipped
from actors.node.messages import Failure, Usage
from actors.run.caps import cap_now, cap_of, spent_by
from actors.run.events import RunPaused
from actors.run.retry import Retry
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.workflow.canonical_retry import policy_version_id
from actors.workflow.template import TemplateError

__all__ = [
    "after_the_last",
    "exhausted",
    "fail_unrendered",
    "fail_used_up",
    "hold_for_review",
    "record_failure",
    "under_review",
]


def record_failure(turn: Turn, node_id: str, failure: Failure, verdict: Retry, usage: Usage | None = None) -> None:
    """Append the failure; then its back-off, or, where no attempt follows, what `on_fail` says, else the letter that it leaves."""
    spec, node = turn.state.plan.nodes[node_id], turn.state.nodes[node_id]
    turn.emit(
        NodeFailed(
            node_id=node_id,
            code=failure.code,
            failure_class=failure.failure_class,
            attempt=node.attempt,
            instance=node.instance,
            max_attempts=cap_of(turn.state, node_id, category=failure.category, code=failure.code),
            terminal=verdict.terminal,
            retry_decision=verdict.decision,
            message=failure.message,
            error_detail=failure.detail,
            category=failure.category,
            policy_version_id=policy_version_id(spec.retry),
            dead_letter=letter_of_node(turn.state, node_id) if verdict.terminal else None,
            usage=usage,
        )
    )
    if verdict.delay_ms > 0:
        turn.back_off(
            NodeRetryBackoffScheduled(
                node_id=node_id,
                retry_attempt=node.attempt + 1,
                retry_backoff_ms=verdict.delay_ms,
                retry_after_ms=turn.now + verdict.delay_ms,
                reason=failure.message[:500],
            )
        )
    if verdict.terminal:
        after_the_last(turn, node_id, failure, taken=verdict.decision != "misconfigured")


def after_the_last(turn: Turn, node_id: str, failure: Failure, *, taken: bool = True) -> None:
    """The node has failed for good: it counts as skipped, or leaves its dead letter, as it says itself, where its word is `taken`."""
    if taken and turn.state.plan.nodes[node_id].on_fail.mode == "continue":
        turn.emit(NodeSkipped(node_id=node_id, reason="on_fail_continue"))
    else:
        open_for_node(turn, node_id, failure)


def fail_unrendered(turn: Turn, node_id: str, error: TemplateError) -> None:
    """Before a start: a text of the node cannot be filled in, or comes to what cannot stand there. No other attempt would mend that."""
    record_failure(turn, node_id, Failure(error.code, error.message, "configuration", {"path": error.path}), Retry("not_retryable"))


def exhausted(state: RunState, node_id: str) -> bool:
    """Whether the node has failed because its attempts, or their time, are used up."""
    node = state.nodes[node_id]
    return node.status == "failed" and node.error is not None and node.error.decision not in ("not_retryable", "misconfigured")


def under_review(state: RunState) -> list[str]:
    """Failed nodes for which the run is to be held for a person. None where another failure ends the run in any case."""
    if state.section != "body" or state.cancel_reason is not None:
        return []
    fresh = [node_id for node_id in state.failures if node_id not in state.tolerated]
    held = all(state.plan.nodes[node_id].retry.terminal_behavior.mode == "pause_for_review" for node_id in fresh)
    return sorted(fresh) if held else []


def hold_for_review(turn: Turn) -> bool:
    """Nothing is under way any more: hold the run where a person is to look at what has failed. Whether it is held."""
    nodes = under_review(turn.state)
    if nodes:
        turn.emit(RunPaused(reason="node_failed_review", node_ids=tuple(nodes)))
    return bool(nodes)


def fail_used_up(turn: Turn, node_id: str) -> bool:
    """Before a start: a node that counts interruptions, and has used up its attempts by them, fails instead. Whether it has."""
    if turn.state.nodes[node_id].attempt == 0:
        return False
    cap = cap_now(turn.state, node_id)
    if spent_by(turn.state, node_id) < cap:
        return False
    text = (
        f"It was begun {cap} of {cap} times and ended from outside; interruptions count, so it is not begun again. Retry it if it may be."
    )
    record_failure(turn, node_id, Failure("attempts_used_up", text), Retry("attempts_exhausted"))
    return True

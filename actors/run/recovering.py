"""What gives nodes of a run fresh attempts: recover, retry, requeue, continue (runs spec 16). Pure.

All of them leave an ending or a hold behind, and nodes that it left half-way begin anew with those that are named.
"""

from __future__ import annotations

from actors.refusals import Refusal
from actors.run.again import ask_again, left_behind
from actors.run.failing import exhausted, under_review
from actors.run.requests import Continue, Recover, Requeue, Retry
from actors.run.resets import reset_closure
from actors.run.state import RunState
from actors.run.steering import RunRecovered, RunRecoveredFromPause, RunTaskContinued, RunTaskRequeued, RunTaskRetried
from actors.run.turn import Turn
from actors.workflow.spec import Gate, Wait

__all__ = [
    "ask_again",
    "begin_anew",
    "continue_node",
    "left_behind",
    "no_such_node",
    "recover",
    "recovery_refusal",
    "recovery_roots",
    "task_refusal",
    "waits_over",
]  # fmt: skip

Reset = dict[str, object]


def recovery_refusal(state: RunState) -> Refusal | None:
    """Only a run that failed, is blocked or is held can be recovered."""
    if state.dry_run:
        return dry_run_refusal(state)
    if state.status in ("failed", "blocked", "paused"):
        return None
    hint = "Fork it, or start a new run." if state.terminal else "Nothing of it has to be recovered."
    text = f"The run {state.run_id} is {state.status}; only a run that failed, is blocked or is paused can be recovered. {hint}"
    return Refusal("run_not_recoverable", text, {"status": state.status})


def task_refusal(state: RunState, operation: Retry) -> Refusal | None:
    """Nodes are the runtime's while the run is under way."""
    if state.dry_run:
        return dry_run_refusal(state)
    if state.status in ("queued", "running", "pausing"):
        text = f"The run {state.run_id} is {state.status}: its nodes are the runtime's now. Pause it, or wait until it has ended."
        return Refusal("run_task_not_mutable", text, {"status": state.status})
    if state.plan.section.get(operation.node_id) != "body":
        return no_such_node(state, operation.node_id)
    node = state.nodes[operation.node_id]
    if not isinstance(operation, Continue) or (node.status == "blocked" and node.finding):
        return why_needed(state, operation.node_id, operation.reason)
    text = f"The node {operation.node_id} of {state.run_id} is {node.status}; only a blocked node can be continued."
    if node.status == "blocked":
        text = f"The node {operation.node_id} of {state.run_id} waits for what is blocked before it. Continue that: {_blocked(state)}."
    return Refusal("task_not_blocked", text, {"node_id": operation.node_id, "status": node.status})


def dry_run_refusal(state: RunState) -> Refusal:
    """Nothing of a dry run is to be done."""
    text = f"The run {state.run_id} was a dry run: there is nothing in it to try again. Start a run of {state.workflow_id} instead."
    return Refusal("run_is_dry_run", text, {"workflow_id": state.workflow_id})


def why_needed(state: RunState, node_id: str, reason: str | None) -> Refusal | None:
    """Whoever begins an exhausted node anew says why, where its policy asks for that."""
    asks = state.plan.nodes[node_id].retry.manual_override.asks_why and exhausted(state, node_id)
    if not asks or (reason or "").strip():
        return None
    text = f"Node {node_id} of {state.run_id} has used up its attempts, and its retry policy asks why it is begun again. Give a reason."
    return Refusal("retry_reason_required", text, {"node_id": node_id})


def no_such_node(state: RunState, node_id: str) -> Refusal:
    """The body of the run has no such node."""
    names = list(state.plan.body.order)
    text = f"The run {state.run_id} has no node {node_id!r} in its body. Its nodes: {', '.join(names[:20])}."
    return Refusal("node_not_found", text, {"node_id": node_id, "nodes": names})


def _blocked(state: RunState) -> str:
    return ", ".join(node_id for node_id, node in state.nodes.items() if node.status == "blocked" and node.finding)


def recover(turn: Turn, operation: Recover) -> Reset | Refusal:
    """Let a run go on that failed, is blocked, or is held: with fresh attempts for what kept it from that."""
    state, by = turn.state, str(operation.by)
    if state.status == "paused":
        reset = tuple(sorted({*waits_over(state), *reset_closure(state, under_review(state))}))
        turn.emit(RunRecoveredFromPause(reason=_reason(operation.reason, "recovered_from_pause"), by=by, reset_nodes=reset))
        return {"reset_nodes": list(reset)}
    reset = reset_closure(state, (*recovery_roots(state), *left_behind(state)))
    if not reset and not any(state.nodes[node_id].status == "pending" for node_id in state.plan.body.order):
        return _nothing_to_recover(state)
    turn.emit(RunRecovered(reset_nodes=reset, reason=_reason(operation.reason, "recovered_by_operator"), by=by))
    ask_again(turn)
    return {"reset_nodes": list(reset)}


def _nothing_to_recover(state: RunState) -> Refusal:
    code = "run_blocked_context_missing" if state.status == "blocked" else "run_failure_context_missing"
    why = state.detail["code"] if state.detail is not None else state.status
    text = (
        f"All nodes of {state.run_id} are done, and it ended with {why}: nothing says which of them to begin anew. Name one: penstock retry"
    )
    return Refusal(code, text, {"status": state.status, "code": why})


def recovery_roots(state: RunState) -> list[str]:
    """What kept the run from going on, in flow order: what failed, what is blocked or worn out, and what its ending names."""
    detail = state.detail or {}
    named = set(detail.get("node_ids", ()))
    if detail.get("code") == "completion_assertion_failed" and not named:  # nobody says who owes it: all that can have made it
        named = {node_id for node_id in state.plan.body.order if not isinstance(state.plan.nodes[node_id].action, Gate | Wait)}
    return [
        node_id
        for node_id in state.plan.body.order
        if (node_id in named or state.nodes[node_id].status in ("failed", "blocked") or state.nodes[node_id].exhausted)
        and not (state.covered(node_id) or _fails_with_others(state, node_id))
    ]


def _fails_with_others(state: RunState, node_id: str) -> bool:
    """Whether the node is a group in which something has failed: that begins anew, and what the group has done stays."""
    return any(state.nodes[inner].status == "failed" for inner in state.plan.inside.get(node_id, ()))


def begin_anew(turn: Turn, operation: Retry) -> Reset:
    """Begin the node, and all behind it, anew."""
    state, node_id, by = turn.state, operation.node_id, str(operation.by)
    reset = reset_closure(state, (node_id, *left_behind(state)))
    if isinstance(operation, Requeue):
        turn.emit(RunTaskRequeued(node_id=node_id, reset_nodes=reset, reason=_reason(operation.reason, "requeued_by_operator"), by=by))
    else:
        turn.emit(RunTaskRetried(node_id=node_id, reset_nodes=reset, reason=_reason(operation.reason, "retried_by_operator"), by=by))
    ask_again(turn)
    return {"node_id": node_id, "reset_nodes": list(reset)}


def continue_node(turn: Turn, operation: Continue) -> Reset:
    """Begin a blocked node anew, and nothing that was done behind it."""
    reset = tuple(sorted({operation.node_id, *left_behind(turn.state)}))
    reason = _reason(operation.reason, "continued_by_operator")
    turn.emit(RunTaskContinued(node_id=operation.node_id, reset_nodes=reset, reason=reason, by=str(operation.by)))
    ask_again(turn)
    return {"node_id": operation.node_id, "reset_nodes": list(reset)}


def waits_over(state: RunState) -> tuple[str, ...]:
    """Waits that were over and need a person: whoever lets the run go on opens them anew, with fresh times."""
    rows = (row for row in state.waits.values() if row.needs_person and state.nodes[row.node_id].status == "waiting")
    return tuple(sorted(row.node_id for row in rows))


def _reason(given: str | None, default: str) -> str:
    return (given or "").strip() or default

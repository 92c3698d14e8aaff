"""The run loop: one pass decides what begins, what is skipped, what is asked, and when the run rests or ends. Pure."""

from __future__ import annotations

from actors.gate.expiry import apply_time
from actors.gate.rules import open_gate, recheck_guards
from actors.node.events import NodeRetryBackoffScheduled, NodeSkipped, NodeStarted
from actors.node.messages import Failure
from actors.run.events import FinallyCompleted, FinallyStarted, RunAwaitingApproval, RunPaused, RunRequeued, RunWaiting
from actors.run.failing import fail_used_up, hold_for_review, record_failure
from actors.run.retry import Retry
from actors.run.scope import ConditionFailed, condition_holds
from actors.run.settlement import end, outcome_word
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.wait.ending import end_due_waits, over_for_a_person
from actors.wait.opening import open_wait, take_deliveries
from actors.workflow.spec import Gate, Wait

__all__ = ["advance", "ended_because", "halted", "unwanted"]


def halted(state: RunState) -> bool:
    """Whether a failure keeps anything new of the body from starting. Failures from before an operator's retry do not."""
    if state.section != "body" or state.plan.workflow.execution.fail_fast is False:
        return False
    return any(node_id not in state.tolerated for node_id in state.failures)


def unwanted(state: RunState, now: int, grace_ms: int) -> list[str]:
    """Nodes whose attempts are to be ended: a cancelled body's, siblings of a failure with `fail_fast`, clean-up beyond its grace."""
    if state.section == "body" and state.cancel_reason is not None:
        return list(state.executing)
    if state.plan.workflow.execution.fail_fast is True and halted(state):
        return [node_id for node_id in state.executing if state.plan.section[node_id] == "body"]
    since = state.finally_since_ms
    if state.section == "finally" and state.cancel_reason is not None and since is not None and now >= since + grace_ms:
        return list(state.executing)
    return []


def ended_because(state: RunState) -> str:
    """Why the run itself has an attempt ended, in the word of its interruption."""
    if state.section == "finally":
        return "grace_exhausted"
    return "cancelled" if state.cancel_reason is not None else "fail_fast"


def advance(turn: Turn) -> None:
    """Take the run as far as it goes without an outcome, a decision or time. Called after every change while the run is claimed."""
    state = turn.state
    if state.open_gates:
        apply_time(turn)
    if state.waits:
        end_due_waits(turn)
        take_deliveries(turn)
    if state.status in ("awaiting_approval", "waiting") and any(due <= turn.now for due in state.backoffs.values()):
        turn.emit(RunRequeued(reason="retry_backoff_due"))
    while state.status == "running":
        if state.section == "body":
            if _walk_body(turn):
                return
            _leave_body(turn)
        elif state.section == "finally":
            if _walk_tail(turn):
                return
            turn.emit(FinallyCompleted(failed_nodes=tuple(sorted(state.tail_failures))))
        else:
            end(turn)


def _walk_body(turn: Turn) -> bool:
    """True while the body is not over (or the run left `running`)."""
    state = turn.state
    if state.cancel_reason is not None:
        return bool(state.executing)
    if (budget := _over_budget(turn)) is not None:
        if not state.executing:
            turn.emit(budget)
        return True
    _start_handlers(turn)
    if not halted(state):
        _start_ready(turn)
        _start_handlers(turn)  # of nodes that failed without an attempt
    if state.executing:
        return True
    return (not halted(state) and _rest(turn)) or hold_for_review(turn)


def _walk_tail(turn: Turn) -> bool:
    state = turn.state
    if state.cancel_reason is not None and _grace_over(turn):
        for node_id in state.plan.tail.order:
            if state.nodes[node_id].status == "pending":
                turn.emit(NodeSkipped(node_id=node_id, reason="grace_exhausted"))
        return bool(state.executing)
    _start_handlers(turn)
    _start_ready(turn)
    _start_handlers(turn)
    return bool(state.executing) or bool(state.backoffs)


def _grace_over(turn: Turn) -> bool:
    since = turn.state.finally_since_ms
    return since is not None and turn.now >= since + turn.rules.cleanup_grace_ms


def _over_budget(turn: Turn) -> RunPaused | None:
    limit = turn.state.limits.get("runtime_ms", turn.state.plan.workflow.execution.max_total_runtime_ms)
    spent = turn.state.active_time_ms(turn.now) if limit is not None else 0
    if limit is None or spent < limit:
        return None
    return RunPaused(reason="budget_runtime_reached", stop_kind="guardrail_stopped", value=spent, limit=limit)


def _start_handlers(turn: Turn) -> None:
    state = turn.state
    room = state.plan.workflow.execution.max_parallel - len(state.executing)
    for node_id in list(state.handlers)[: max(0, room)]:
        _start(turn, node_id)


def _start_ready(turn: Turn) -> None:
    """Skip, ask and start until nothing more can begin. Gates and skips take no place among the attempts at once."""
    state, plan = turn.state, turn.state.plan
    looking = True
    while looking:
        looking = False
        room = plan.workflow.execution.max_parallel - len(state.executing)
        candidates = state.frontier.ready if plan.eager else state.frontier.first(max(0, room))
        if state.backoffs:
            candidates = sorted([*_due(turn), *candidates], key=plan.sort_keys.__getitem__)
        for node_id in candidates:
            if node_id in plan.eager and _not_to_start(turn, node_id):
                looking = True
                if halted(state):
                    return
            elif room > 0 and not recheck_guards(turn, node_id):
                looking = True
                break
            elif room > 0 and fail_used_up(turn, node_id):
                looking = True
                if halted(state):
                    return
            elif room > 0:
                room -= 1
                _start(turn, node_id)


def _due(turn: Turn) -> list[str]:
    return [node_id for node_id, due in turn.state.backoffs.items() if due <= turn.now]


def _not_to_start(turn: Turn, node_id: str) -> bool:
    """Whether the node was dealt with by skipping it, failing it, or opening it as a gate."""
    node = turn.state.plan.nodes[node_id]
    if node.when is not None and turn.state.nodes[node_id].attempt == 0:
        try:
            holds = condition_holds(turn.state, node_id, node.when)
        except ConditionFailed as failed:
            record_failure(turn, node_id, Failure("condition_error", str(failed), "configuration"), Retry("not_retryable"))
            return True
        if not holds:
            turn.emit(NodeSkipped(node_id=node_id, reason="condition_not_met", condition=node.when))
            return True
    if isinstance(node.action, Gate):
        if recheck_guards(turn, node_id):
            open_gate(turn, node_id)
        return True
    if isinstance(node.action, Wait):
        if recheck_guards(turn, node_id):
            open_wait(turn, node_id)
        return True
    return False


def _start(turn: Turn, node_id: str) -> None:
    node = turn.state.nodes[node_id]
    turn.emit(NodeStarted(node_id=node_id, attempt=node.attempt + 1, instance=node.instance))


def _rest(turn: Turn) -> bool:
    """Nothing executes and nothing can start: wait for a person, a back-off, whatever waits are open for, or be done (False)."""
    state = turn.state
    if turn.questions:
        return True  # the answers may let it go on
    if state.open_gates:
        turn.emit(RunAwaitingApproval(gates=tuple(state.open_gates)))
        return True
    if state.backoffs:
        order = state.plan.body.index
        node_id = min(state.backoffs, key=lambda node_id: (state.backoffs[node_id], order.get(node_id, 0)))
        due, node = state.backoffs[node_id], state.nodes[node_id]
        turn.emit(
            NodeRetryBackoffScheduled(
                node_id=node_id,
                retry_attempt=node.attempt + 1,
                retry_backoff_ms=max(0, due - turn.now),
                retry_after_ms=due,
                releases_run=True,
                reason=node.error.message[:500] if node.error else "",
            )
        )
        return True
    return _rest_for_waits(turn)


def _rest_for_waits(turn: Turn) -> bool:
    """Wait for what is open; where only waits are left that need a person, hold the run for one."""
    state = turn.state
    rows = [row for row in state.waits.values() if row.open]
    if rows:
        turn.emit(RunWaiting(wait_ids=tuple(row.wait_id for row in rows), node_ids=tuple(row.node_id for row in rows)))
        return True
    if (row := over_for_a_person(turn)) is not None:
        turn.emit(RunPaused(reason="wait_escalated" if row.status == "escalated" else "wait_reminded"))
        return True
    return False


def _leave_body(turn: Turn) -> None:
    state = turn.state
    if state.plan.workflow.execution.fail_fast and state.failures:
        for node_id, node in state.nodes.items():
            if node.status == "pending" and state.plan.section[node_id] == "body":
                turn.emit(NodeSkipped(node_id=node_id, reason="fail_fast"))
    if state.plan.workflow.finally_:
        word = outcome_word(state)
        turn.emit(FinallyStarted(workflow_status="completed" if word == "completed" else "failed", workflow_outcome=word))
    else:
        end(turn)

"""The run loop: one pass decides what begins, what is skipped, what is asked, and when the run rests or ends. Pure."""

from __future__ import annotations

from actors.fan_out.rules import go_on
from actors.gate.expiry import apply_time
from actors.node.events import NodeSkipped
from actors.node.findings import NodeSchemaValidationPaused
from actors.run.budgets import over_budget
from actors.run.deliverables import assert_completion
from actors.run.eligibility import phase_change
from actors.run.ending import end, outcome_word
from actors.run.events import FinallyCompleted, FinallyStarted, RunRequeued
from actors.run.failing import hold_for_review
from actors.run.finishing import finished, leave_undone
from actors.run.groups import leave_groups_undone, settle_groups
from actors.run.reaping import auto_resume
from actors.run.resting import rest
from actors.run.settlement import settle_run
from actors.run.starting import start_handlers, start_ready
from actors.run.state import Conclusion, RunState
from actors.run.stopping import halted
from actors.run.turn import Turn
from actors.run.working import at_work
from actors.sub_run.rules import hear_children
from actors.wait.ending import end_due_waits
from actors.wait.opening import take_deliveries

__all__ = ["advance", "ended_because", "unwanted"]


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
    if state.status == "paused":
        auto_resume(turn)
    if state.children:
        hear_children(turn)
    if state.open_gates:
        apply_time(turn)
    if state.waits:
        end_due_waits(turn)
        take_deliveries(turn)
    if state.status in ("awaiting_approval", "waiting") and any(due <= turn.now for due in state.backoffs.values()):
        turn.emit(RunRequeued(reason="retry_backoff_due"))
    while state.status == "running" and (state.worktree is None or not state.worktree.comes()):
        if state.section == "body":
            if _walk_body(turn) or not _leave_body(turn):
                return
        elif state.section == "finally":
            if _walk_tail(turn):
                return
            turn.emit(FinallyCompleted(failed_nodes=tuple(sorted(state.tail_failures))))
        else:
            end(turn, state.conclusion or settle_run(state))


def _walk_body(turn: Turn) -> bool:
    """True while the body is not over (or the run left `running`)."""
    state = turn.state
    if state.cancel_reason is not None:
        go_on(turn)
        return at_work(state)
    if state.finish_reason is not None:
        go_on(turn)
        if turn.questions:
            return True
        if not at_work(state):
            leave_undone(turn)
        return at_work(state)
    if (hold := over_budget(turn) or _schema_hold(state)) is not None:
        if not state.executing:
            turn.emit(hold)
        return True
    if state.plan.mission.phases and (phase := phase_change(state)) is not None:
        turn.emit(phase)
    go_on(turn)
    _settle(turn)
    if state.handlers:
        start_handlers(turn)
    if not halted(state):
        start_ready(turn)
        _settle(turn)  # groups around one that failed meanwhile
        if state.handlers:  # of nodes that failed without an attempt
            start_handlers(turn)
    if at_work(state) or turn.questions:
        return True
    return (not halted(state) and rest(turn)) or hold_for_review(turn)


def _settle(turn: Turn) -> None:
    while turn.state.groups and settle_groups(turn):
        continue


def _walk_tail(turn: Turn) -> bool:
    state = turn.state
    if state.cancel_reason is not None and _grace_over(turn):
        for node_id in state.plan.tail.order:
            if state.nodes[node_id].status == "pending" or (node_id in state.groups and not state.executing):
                turn.emit(NodeSkipped(node_id=node_id, reason="grace_exhausted"))
        return at_work(state)
    go_on(turn)
    start_handlers(turn)
    start_ready(turn)
    start_handlers(turn)
    return at_work(state) or bool(state.backoffs) or bool(turn.questions)


def _grace_over(turn: Turn) -> bool:
    since = turn.state.finally_since_ms
    return since is not None and turn.now >= since + turn.rules.cleanup_grace_ms


def _schema_hold(state: RunState) -> NodeSchemaValidationPaused | None:
    """The pause that a node asks for whose output did not fit its schema: a person looks before it runs again."""
    held = next((node_id for node_id in state.plan.judged if state.nodes[node_id].holds), None)
    return None if held is None else NodeSchemaValidationPaused(node_id=held)


def _leave_body(turn: Turn) -> bool:
    """The body is over: clean up, or end. False where it must be looked at first; it goes on where something promised is not there."""
    state = turn.state
    if state.plan.workflow.execution.fail_fast and state.failures:
        for node_id, node in state.nodes.items():
            around = state.plan.parent.get(node_id)
            if node.status == "pending" and state.plan.section[node_id] == "body" and (around is None or around in state.groups):
                turn.emit(NodeSkipped(node_id=node_id, reason="fail_fast"))
        leave_groups_undone(turn)
    conclusion: Conclusion | None = finished(state) or settle_run(state)
    if conclusion is not None and conclusion.status == "completed" and state.cancel_reason is None:
        conclusion = assert_completion(turn)
    if conclusion is None:
        return not turn.questions
    if not state.plan.workflow.finally_:
        end(turn, conclusion)
        return True
    word = outcome_word(state, conclusion)
    turn.emit(
        FinallyStarted(
            workflow_status="completed" if word == "completed" else "failed",
            workflow_outcome=word,
            status=conclusion.status,
            code=conclusion.code,
            node_ids=conclusion.node_ids,
            missing=conclusion.missing,
        )
    )
    return True

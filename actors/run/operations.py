"""What an operator may do to a run, from where, and with which effect. Pure.

Whoever calls has ended the attempts under way where `attempts_to_end` says so: a status without a workspace lock never has a live process.
"""

from __future__ import annotations

from typing import Any, assert_never

from actors.dead_letter.messages import RetryLetters
from actors.dead_letter.rules import retry_letters
from actors.gate.decide import decide_gate, may_decide
from actors.gate.messages import Decide
from actors.refusals import Refusal
from actors.run.again import ask_again, left_behind
from actors.run.events import RunCancelRequested, RunPaused, RunPauseRequested, RunResumed, RunStopped, RunTaskRetried
from actors.run.failing import exhausted, under_review
from actors.run.fold_gates import rework_roots
from actors.run.known import no_such_run
from actors.run.messages import Cancel, Operation, Pause, Resume, Retry
from actors.run.resets import reset_closure
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.wait.messages import Resolve, Signal
from actors.wait.operations import resolve_wait, signal

__all__ = ["attempts_to_end", "operate", "refusal_before", "why_needed"]

Answer = dict[str, Any] | Refusal


def attempts_to_end(turn: Turn, operation: Operation) -> list[str]:
    """The nodes whose attempts under way must be dead before the operation is applied."""
    state = turn.state
    match operation:
        case Cancel() if state.section == "finally" and _cleans_up(state):
            return []
        case Pause() | Cancel():
            return list(state.executing)
        case Decide(decision=decision):
            gate = may_decide(turn, operation)
            word = decision.strip().lower()
            if isinstance(gate, Refusal) or word not in ("cancel", "rework"):
                return []
            touched = state.executing if word == "cancel" else reset_closure(state, (*rework_roots(state, gate.node_id), gate.node_id))
            return [node_id for node_id in state.executing if node_id in touched]
        case _:
            return []


def refusal_before(state: RunState, operation: Operation) -> Refusal | None:
    """What can be said before anything is ended."""
    if state.purged:
        return no_such_run(state.run_id)
    if isinstance(operation, Pause) and state.status not in ("queued", "running", "waiting", "awaiting_approval"):
        allowed = "queued, running, waiting or awaiting approval"
        text = f"The run {state.run_id} is {state.status}; only a run that is {allowed} can be paused."
        return Refusal("run_not_pausable", text, {"status": state.status})
    if isinstance(operation, Resume) and state.status != "paused":
        code = "run_already_terminal" if state.terminal else "run_not_paused"
        hint = "Start a new run, or retry a node of this one." if state.terminal else "Nothing holds it."
        return Refusal(code, f"The run {state.run_id} is {state.status}, so it cannot be resumed. {hint}", {"status": state.status})
    if isinstance(operation, Retry):
        return _retry_refusal(state, operation)
    return None


def operate(turn: Turn, operation: Operation) -> Answer:
    """Apply the operation."""
    refusal = refusal_before(turn.state, operation)
    if refusal is not None:
        return refusal
    match operation:
        case Pause():
            return _pause(turn, operation)
        case Resume():
            return _resume(turn, operation)
        case Cancel():
            return _cancel(turn, operation)
        case Retry():
            return _retry(turn, operation)
        case Decide():
            return decide_gate(turn, operation)
        case Signal():
            return signal(turn, operation)
        case Resolve():
            return resolve_wait(turn, operation)
        case RetryLetters():
            return retry_letters(turn, operation)
        case _:
            assert_never(operation)


def _reason(given: str | None, default: str) -> str:
    return (given or "").strip() or default


def _pause(turn: Turn, operation: Pause) -> Answer:
    reason = _reason(operation.reason, "paused_by_operator")
    turn.emit(RunPauseRequested(reason=reason, by=str(operation.by)))
    turn.emit(RunPaused(reason=reason))
    return {}


def _resume(turn: Turn, operation: Resume) -> Answer:
    """A wait that was over and needed a person opens anew, with fresh times; a node that failed and was reviewed gets fresh attempts."""
    state = turn.state
    rows = [row for row in state.waits.values() if row.needs_person and state.nodes[row.node_id].status == "waiting"]
    reason = _reason(operation.reason, "resumed_by_operator")
    reviewed = reset_closure(state, under_review(state)) if state.pause_reason == "node_failed_review" else ()
    reset = tuple(sorted({*reviewed, *(row.node_id for row in rows)}))
    turn.emit(RunResumed(reason=reason, by=str(operation.by), limits=operation.limits, reset_nodes=reset))
    return {}


def _cancel(turn: Turn, operation: Cancel) -> Answer:
    state = turn.state
    if state.terminal and state.status != "blocked":
        return {"already_terminal": True}
    reason = _reason(operation.reason, "cancelled_by_operator")
    if _cleans_up(state):
        turn.emit(RunCancelRequested(reason=reason, by=str(operation.by)))
    else:
        turn.emit(RunStopped(reason=state.cancel_reason or reason, by=str(operation.by)))
    return {}


def _cleans_up(state: RunState) -> bool:
    """Whether a cancel leaves clean-up to do: the run was started, has such nodes, and was not cancelled before."""
    begun = state.started_at_ms is not None and state.section != "done" and not state.terminal
    return begun and bool(state.plan.workflow.finally_) and state.cancel_reason is None


def _retry_refusal(state: RunState, operation: Retry) -> Refusal | None:
    if state.dry_run:
        text = f"The run {state.run_id} was a dry run: there is nothing in it to try again. Start a run of {state.workflow_id} instead."
        return Refusal("run_is_dry_run", text, {"workflow_id": state.workflow_id})
    if state.status in ("queued", "running", "pausing"):
        text = f"The run {state.run_id} is {state.status}: its nodes are the runtime's now. Pause it, or wait until it has ended."
        return Refusal("run_task_not_mutable", text, {"status": state.status})
    if state.plan.section.get(operation.node_id) != "body":
        names = list(state.plan.body.order)
        text = f"The run {state.run_id} has no node {operation.node_id!r} to retry. Its nodes: {', '.join(names[:20])}."
        return Refusal("node_not_found", text, {"node_id": operation.node_id, "nodes": names})
    return why_needed(state, operation.node_id, operation.reason)


def why_needed(state: RunState, node_id: str, reason: str | None) -> Refusal | None:
    """Whoever begins an exhausted node anew says why, where its policy asks for that."""
    asks = state.plan.nodes[node_id].retry.manual_override.asks_why and exhausted(state, node_id)
    if not asks or (reason or "").strip():
        return None
    text = f"Node {node_id} of {state.run_id} has used up its attempts, and its retry policy asks why it is begun again. Give a reason."
    return Refusal("retry_reason_required", text, {"node_id": node_id})


def _retry(turn: Turn, operation: Retry) -> Answer:
    state = turn.state
    reset = reset_closure(state, (operation.node_id, *left_behind(state)))
    turn.emit(
        RunTaskRetried(
            node_id=operation.node_id, reset_nodes=reset, reason=_reason(operation.reason, "retried_by_operator"), by=str(operation.by)
        )
    )
    ask_again(turn)
    return {"node_id": operation.node_id, "reset_nodes": list(reset)}

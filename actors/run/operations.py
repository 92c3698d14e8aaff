"""What an operator may do to a run, from where, and with which effect. Pure.

Whoever calls has ended the attempts under way where `attempts_to_end` says so: a status without a workspace lock never has a live process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from actors.dead_letter.messages import RetryLetters
from actors.dead_letter.rules import retry_letters
from actors.gate.decide import decide_gate, means
from actors.gate.messages import Decide
from actors.gate.rules import recheck_open
from actors.refusals import Refusal
from actors.resolver.messages import ResolverAnswer
from actors.resolver.rules import take_answer
from actors.run.agent_steering import steer, steer_refusal
from actors.run.events import RunCancelRequested, RunPaused, RunPauseRequested, RunResumed, RunStopped
from actors.run.failing import under_review
from actors.run.finishing import finish, finish_refusal
from actors.run.fold_gates import rework_roots
from actors.run.forking import fork, fork_refusal
from actors.run.known import no_such_run
from actors.run.reaping import reap, reap_refusal
from actors.run.recovering import begin_anew, continue_node, recover, recovery_refusal, task_refusal, waits_over
from actors.run.repairing import repair, repair_refusal
from actors.run.requests import Cancel, Continue, Finish, Fork, Operation, Pause, Reap, Recover, Repair, Requeue, Resume, Retry, Steer
from actors.run.resets import reset_closure
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.wait.messages import Resolve, Signal
from actors.wait.operations import resolve_wait, signal
from actors.worktree.messages import BeginRemoval, EndRemoval, KeepWorktree
from actors.worktree.rules import begin_removal, end_removal, keep, removing_refusal

__all__ = ["announce", "attempts_to_end", "goes_before_endings", "operate", "refusal_before"]

WORKFLOW_PAUSED = "workflow_paused"
OF_WORKTREES = (BeginRemoval, EndRemoval, KeepWorktree)
Answer = Mapping[str, Any] | Refusal


def attempts_to_end(turn: Turn, operation: Operation) -> list[str]:
    """The nodes whose attempts under way must be dead before the operation is applied."""
    state = turn.state
    match operation:
        case Cancel() if state.section == "finally" and _cleans_up(state):
            return []
        case Pause() | Cancel() | Reap():
            return list(state.executing)
        case Decide(decision=decision):
            word = decision.strip().lower()
            if word not in ("cancel", "rework") or (gate := means(turn, operation)) is None:
                return []
            touched = state.executing if word == "cancel" else reset_closure(state, (*rework_roots(state, gate.node_id), gate.node_id))
            return [node_id for node_id in state.executing if node_id in touched]
        case _:
            return []


def refusal_before(state: RunState, operation: Operation) -> Refusal | None:
    """What can be said before anything is ended."""
    if state.purged:
        return no_such_run(state.run_id)
    if not isinstance(operation, OF_WORKTREES) and (gone := removing_refusal(state)) is not None:
        return gone
    settles = state.status == "pausing" and isinstance(operation, Pause) and operation.reason == state.pause_reason
    if isinstance(operation, Pause) and not settles and state.status not in ("queued", "running", "waiting", "awaiting_approval"):
        allowed = "queued, running, waiting or awaiting approval"
        text = f"The run {state.run_id} is {state.status}; only a run that is {allowed} can be paused."
        return Refusal("run_not_pausable", text, {"status": state.status})
    if isinstance(operation, Resume) and state.status != "paused":
        code = "run_already_terminal" if state.terminal else "run_not_paused"
        hint = "Start a new run, or retry a node of this one." if state.terminal else "Nothing holds it."
        return Refusal(code, f"The run {state.run_id} is {state.status}, so it cannot be resumed. {hint}", {"status": state.status})
    match operation:
        case Finish():
            return finish_refusal(state)
        case Recover():
            return recovery_refusal(state)
        case Retry():
            return task_refusal(state, operation)
        case Repair():
            return repair_refusal(state, operation)
        case Fork():
            return fork_refusal(state, operation)
        case Reap():
            return reap_refusal(state, operation)
        case Steer():
            return steer_refusal(state, operation)
        case _:
            return None


def operate(turn: Turn, operation: Operation) -> Answer:
    """Apply the operation. Where the turn has questions afterwards nothing was done, and it is to be applied again with the answers."""
    refusal = refusal_before(turn.state, operation)
    return refusal if refusal is not None else _APPLY[type(operation)](turn, operation)


def _reason(given: str | None, default: str) -> str:
    return (given or "").strip() or default


def announce(turn: Turn, operation: Operation) -> bool:
    """Say in the log, before attempts are ended, that the run is being held, where that is to outlive this daemon. Whether it was said."""
    if not isinstance(operation, Pause) or operation.reason != WORKFLOW_PAUSED or turn.state.status != "running":
        return False
    turn.emit(RunPauseRequested(reason=WORKFLOW_PAUSED, by=str(operation.by), pausing=True))
    return True


def goes_before_endings(state: RunState, operation: Operation) -> bool:
    """Whether the log says what was asked before it says how the attempts ended that it ends: a cancel that leaves clean-up to do."""
    return isinstance(operation, Cancel) and _cleans_up(state)


def _pause(turn: Turn, operation: Pause) -> Answer:
    reason = _reason(operation.reason, "paused_by_operator")
    if turn.state.status != "pausing":
        turn.emit(RunPauseRequested(reason=reason, by=str(operation.by)))
    turn.emit(RunPaused(reason=reason))
    return {}


def _resume(turn: Turn, operation: Resume) -> Answer:
    """A wait that was over and needed a person opens anew; a node that failed and was reviewed gets fresh attempts."""
    state = turn.state
    reason = _reason(operation.reason, "resumed_by_operator")
    reviewed = reset_closure(state, under_review(state)) if state.pause_reason == "node_failed_review" else ()
    reset = tuple(sorted({*reviewed, *waits_over(state)}))
    turn.emit(RunResumed(reason=reason, by=str(operation.by), limits=operation.limits, reset_nodes=reset))
    recheck_open(turn)
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
    begun = begun and (state.worktree is None or not state.worktree.comes())  # without a folder nothing has begun
    return begun and bool(state.plan.workflow.finally_) and state.cancel_reason is None


_APPLY: dict[type, Callable[[Turn, Any], Answer]] = {
    Pause: _pause,
    Resume: _resume,
    Cancel: _cancel,
    Finish: finish,
    Recover: recover,
    Retry: begin_anew,
    Requeue: begin_anew,
    Continue: continue_node,
    Repair: repair,
    Fork: fork,
    Decide: decide_gate,
    Signal: signal,
    Resolve: resolve_wait,
    RetryLetters: retry_letters,
    Reap: reap,
    ResolverAnswer: take_answer,
    Steer: steer,
    KeepWorktree: keep,
    BeginRemoval: begin_removal,
    EndRemoval: end_removal,
}

"""How a run ends, and what it says about it. Pure."""

from __future__ import annotations

from actors.run.course import RunBlocked
from actors.run.events import RunCancelled, RunCompleted, RunFailed, RunStopped
from actors.run.state import Conclusion, RunState
from actors.run.texts import output_scope
from actors.run.turn import Turn
from actors.wait.events import WaitTimeoutCancelledRun
from actors.workflow.template import TemplateError, references, render
from storage.codec import canonical

__all__ = ["end", "outcome_word"]

LARGEST_OUTPUT = 192 << 10


def outcome_word(state: RunState, conclusion: Conclusion) -> str:
    """`completed`, `failed` or `cancelled`: what clean-up nodes are told."""
    return "cancelled" if state.cancel_reason is not None else "completed" if conclusion.status == "completed" else "failed"


def end(turn: Turn, conclusion: Conclusion) -> None:
    """Append the ending that the body's fate asks for."""
    state = turn.state
    if state.cancel_reason is not None and state.cancel_gate is not None:
        turn.emit(RunCancelled(reason=state.cancel_reason, node_id=state.cancel_gate))
    elif state.cancel_reason is not None and state.cancel_wait is not None:
        turn.emit(WaitTimeoutCancelledRun(node_id=state.cancel_wait, wait_id=state.waits[state.cancel_wait].wait_id))
    elif state.cancel_reason is not None:
        turn.emit(RunStopped(reason=state.cancel_reason, by=state.cancel_by))
    elif conclusion.status == "blocked":
        turn.emit(RunBlocked(code=conclusion.code, node_ids=conclusion.node_ids))
    elif conclusion.status == "failed":
        stop_kind = "guardrail_stopped" if state.guardrail is not None else None
        turn.emit(RunFailed(code=conclusion.code, node_ids=conclusion.node_ids, stop_kind=stop_kind, missing=conclusion.missing))
    else:
        _complete(turn)


def _complete(turn: Turn) -> None:
    state = turn.state
    template = state.plan.workflow.output
    if not template:
        turn.emit(RunCompleted())
        return
    try:
        output = render(dict(template), output_scope(state, references(dict(template))))
    except TemplateError as error:
        turn.emit(RunFailed(code="output_reference_failed", message=f"The workflow's output names {error.path}: {error.message}"))
    else:
        size = len(canonical(output))
        if size > LARGEST_OUTPUT:
            text = f"The workflow's output has {size} bytes as JSON; at most {LARGEST_OUTPUT} are kept. Hand large data on as an artifact."
            turn.emit(RunFailed(code="output_too_large", message=text))
        else:
            turn.emit(RunCompleted(output=output))

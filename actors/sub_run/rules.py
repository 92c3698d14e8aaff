"""A node that is a run of another workflow: how it begins, and what the child's rests and endings mean for it (flow spec 7.2). Pure."""

from __future__ import annotations

from typing import Any

from actors.fan_out.rules import item_ended
from actors.node.events import NodeCompleted, NodeInterrupted, NodeStarted
from actors.node.messages import Failure, Usage
from actors.refusals import Refusal
from actors.run.caps import cap_of, spent_by
from actors.run.events import RunRequeued
from actors.run.failing import fail_unrendered, record_failure
from actors.run.limits import as_begun, filled_in
from actors.run.retry import Retry, decide_retry
from actors.run.state import RunState
from actors.run.texts import texts_before
from actors.run.turn import Turn
from actors.sub_run.bubbling import Left
from actors.sub_run.door import ChildStanding, child_standing, start_child, too_deep
from actors.sub_run.events import SubRunEnded, SubRunStarted, SubRunWaiting, SubRunWentOn
from actors.sub_run.present import is_present
from actors.sub_run.row import DEEPEST, RESTS, SubRun
from actors.sub_run.wanted import over_time, why_ended
from actors.workflow.spec import SubWorkflow
from actors.workflow.template import TemplateError

__all__ = ["begin_sub_run", "hear_children"]

CHILD_CHANGED = "child_changed"


def begin_sub_run(turn: Turn, node_id: str, action: SubWorkflow) -> bool:
    """Make the run that is the node's next attempt. False while it is not known whether it can be made."""
    state, node = turn.state, turn.state.nodes[node_id]
    if too_deep(turn):
        text = f"{state.workflow_id} lies {state.depth + 1} workflows deep, and {action.workflow} would be one more than {DEEPEST + 1}."
        detail = {"parent": state.workflow_id, "workflow": action.workflow, "limit": DEEPEST + 1}
        record_failure(turn, node_id, Failure("workflow_nesting_too_deep", text, "configuration", detail), Retry("misconfigured"))
        return True
    attempt, instance = node.attempt + 1, node.instance
    try:
        inputs, limits = _inputs(state, node_id, action), filled_in(state, node_id)
    except TemplateError as error:
        fail_unrendered(turn, node_id, error)
        return True
    birth = start_child(turn, node_id, key=f"{instance}.{attempt}", workflow=action.workflow, inputs=inputs)
    if birth is None:
        return False
    turn.emit(NodeStarted(node_id, attempt, instance, state.path_of(node_id), **limits))
    if isinstance(birth, Refusal):
        text = f"A run of {action.workflow} could not be started: {birth.message}"
        _fail(
            turn, node_id, Failure("sub_workflow_start_failed", text, "configuration", {"workflow": action.workflow, "cause": birth.code})
        )
    else:
        turn.emit(SubRunStarted(node_id, birth.run_id, attempt, instance, action.workflow))
    return True


def _inputs(state: RunState, node_id: str, action: SubWorkflow) -> dict[str, Any]:
    """As the node says; where it says nothing, those of this run that the other workflow declares (the others it is told, too)."""
    if not action.inputs:
        return dict(state.inputs)
    rendered: dict[str, Any] = texts_before(state, node_id).value(dict(action.inputs), keep=True)
    return rendered


def hear_children(turn: Turn) -> None:
    """Compare each run that was begun with how it stands now, and fold what is new."""
    state = turn.state
    for row in list(state.children.values()):
        standing = child_standing(turn, row)
        if standing is None or (not standing.ended and (standing.held or row.moving is (standing.status not in RESTS))):
            continue
        if state.status in ("waiting", "awaiting_approval") and is_present(state, row):
            turn.emit(RunRequeued(reason=CHILD_CHANGED))
        elif state.status == "running":
            _fold(turn, row, standing)


def _fold(turn: Turn, row: SubRun, standing: ChildStanding) -> None:
    if standing.ended:
        present, late = is_present(turn.state, row), over_time(turn.state, row, turn.now)
        call = present and isinstance(turn.state.plan.nodes[row.node_id].action, SubWorkflow)
        left = standing.left if call else Left()
        turn.emit(SubRunEnded(row.node_id, row.run_id, standing.status, standing.code, left.results, left.contexts, left.warning))
        if call:
            _end(turn, row, standing, late=late)
        elif present:
            item_ended(turn, row, standing)
    elif standing.status in RESTS:
        turn.emit(SubRunWaiting(row.node_id, row.run_id, standing.status, standing.used))
    else:
        turn.emit(SubRunWentOn(row.node_id, row.run_id))


def _end(turn: Turn, row: SubRun, standing: ChildStanding, *, late: bool) -> None:
    node_id, node, reason, used = row.node_id, turn.state.nodes[row.node_id], why_ended(turn.state), standing.used - row.used
    if standing.status == "completed":
        output = {"run_id": row.run_id, "status": "completed"} if standing.output is None else standing.output
        turn.emit(
            NodeCompleted(node_id=node_id, attempt=node.attempt, instance=node.instance, output=output, usage=used)
        )  # fmt: skip
    elif standing.status == "cancelled" and reason is not None:
        turn.emit(NodeInterrupted(node_id, reason, attempt=node.attempt, instance=node.instance, usage=used))
    else:
        _fail(turn, node_id, _failure(turn.state, row, standing, late=late), used)


def _failure(state: RunState, row: SubRun, standing: ChildStanding, *, late: bool) -> Failure:
    named = {"child_run_id": row.run_id, "workflow": row.workflow_id}
    if late and standing.status == "cancelled":
        limit = as_begun(state, row.node_id).absolute_timeout_ms
        text = f"The run {row.run_id} of {row.workflow_id} took longer than its {limit} ms, and was cancelled."
        return Failure("node_absolute_timeout", text, "timeout", named | {"after_ms": limit})
    if standing.status == "cancelled":
        text = f"The run {row.run_id} of {row.workflow_id} was cancelled" + (f": {standing.message}" if standing.message else ".")
        return Failure("sub_workflow_cancelled", text, "execution_error", named)
    text = f"The run {row.run_id} of {row.workflow_id} is {standing.status} ({standing.code}). {standing.message}".strip()
    return Failure("sub_workflow_failed", text, "execution_error", named | {"child_code": standing.code, "child_status": standing.status})


def _fail(turn: Turn, node_id: str, failure: Failure, used: Usage | None = None) -> None:
    """With another attempt, and so another run, where the node's policy says so."""
    state, node = turn.state, turn.state.nodes[node_id]
    began = turn.now if node.first_started_at_ms is None else node.first_started_at_ms
    cap = cap_of(state, node_id)
    verdict = decide_retry(
        state.plan.nodes[node_id].retry, spent_by(state, node_id), failure.failure_class, state.token(node_id), cap=cap,
        elapsed_ms=turn.now - began,
    )  # fmt: skip
    record_failure(turn, node_id, failure, verdict, used)

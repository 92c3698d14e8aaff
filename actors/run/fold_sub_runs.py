"""How the facts of runs that nodes have begun change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from actors.entity import Fact
from actors.flow.results import ContextEntry, Result
from actors.run.fanning import fan_out_of
from actors.run.fold_nodes import use
from actors.run.state import RunState
from actors.sub_run.events import SubRunEnded, SubRunStarted, SubRunWaiting, SubRunWentOn
from actors.sub_run.present import is_present
from actors.sub_run.row import SubRun
from actors.workflow.spec import SubWorkflow

__all__ = ["SUB_RUN_FOLDS", "leave_children", "let_children_go"]


def _started(state: RunState, event: SubRunStarted, at: int) -> None:
    """No process of this run is at work for the attempt."""
    state.executing.pop(event.node_id, None)
    state.nodes[event.node_id].child_run_id = event.child_run_id
    state.children[event.child_run_id] = SubRun(
        event.child_run_id, event.node_id, event.workflow_id, event.instance, event.attempt, since_ms=at
    )  # fmt: skip


def _waiting(state: RunState, event: SubRunWaiting, at: int) -> None:
    row = state.children[event.child_run_id]
    use(state, row.node_id, event.used - row.used)
    row.used, row.let_go = event.used, False
    row.status, row.worked_ms, row.since_ms = event.status, row.worked_ms + at - (row.since_ms or at), None
    if is_present(state, row):
        state.nodes[row.node_id].status = "running" if _moves(state, row.node_id) else "waiting"


def _went_on(state: RunState, event: SubRunWentOn, at: int) -> None:
    row = state.children[event.child_run_id]
    row.status, row.since_ms = "running", at
    if is_present(state, row):
        state.nodes[row.node_id].status = "running"


def _ended(state: RunState, event: SubRunEnded, at: int) -> None:
    row = state.children.pop(event.child_run_id, None)
    if row is None:
        return
    if not isinstance(state.plan.nodes[row.node_id].action, SubWorkflow):
        _leave_item(state, row, event, at)
    elif is_present(state, row) and event.status == "completed":
        _take_results(state, row, event)


def _take_results(state: RunState, row: SubRun, event: SubRunEnded) -> None:
    for key, fields in event.results.items():
        state.results[key] = Result(**_with_markers(fields))
    entries = [ContextEntry(**_with_markers(fields)) for fields in event.contexts]
    state.contexts += entries
    node, last = state.plan.nodes[row.node_id], entries[-1] if entries else ContextEntry("")
    state.results[node.key] = Result(
        node.node_id, node.name, markers=last.markers, context=last.context, child_run_id=event.child_run_id
    )  # fmt: skip


def _with_markers(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "markers": tuple(fields.get("markers", ()))}


def _leave_item(state: RunState, row: SubRun, event: SubRunEnded, at: int) -> None:
    """A run of an item that belongs to no attempt under way any more counts if it completed; else the item gets another one."""
    fan_out = fan_out_of(state, row.node_id)
    if fan_out is None or is_present(state, row) or (item := fan_out.running(row.run_id)) is None:
        return
    if event.status == "completed":
        item.end(at)
    else:
        item.begin_anew()


def _moves(state: RunState, node_id: str) -> bool:
    return any(row.node_id == node_id and row.moving for row in state.children.values())


def let_children_go(state: RunState) -> None:
    """The run is not held any more: nor are those that rest for its sake."""
    for row in state.children.values():
        row.let_go = not row.moving


def leave_children(state: RunState, at: int) -> None:
    """Runs under way end with the run that began them: their nodes begin others if it ever goes on."""
    for row in state.children.values():
        if is_present(state, row):
            node = state.nodes[row.node_id]
            node.status, node.ended_at_ms, node.excused = "pending", at, node.excused + 1
            state.offer(row.node_id)


SUB_RUN_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    SubRunStarted: _started,
    SubRunWaiting: _waiting,
    SubRunWentOn: _went_on,
    SubRunEnded: _ended,
}

"""How the facts of groups change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from actors.entity import Fact
from actors.flow.results import Result
from actors.run import flow_events as flow
from actors.run.fold_waits import leave_wait, retire_wait
from actors.run.frontier import Frontier
from actors.run.plan import handler_id
from actors.run.state import RunState
from actors.workflow.spec import Group, Parallel, Repeat
from actors.workflow.spec_flow import GroupForm

__all__ = ["GROUP_FOLDS", "leave_groups", "skip_inside"]


def _frontier(state: RunState, node_id: str) -> Frontier:
    return state.body if state.plan.section[node_id] == "body" else state.tail


def _form(state: RunState, node_id: str) -> GroupForm:
    action = state.plan.nodes[node_id].action
    return action.form if isinstance(action, Group) else None


def _started(state: RunState, event: flow.GroupStarted, at: int) -> None:
    node, frontier = state.nodes[event.node_id], _frontier(state, event.node_id)
    node.status, node.instance, node.started_at_ms, node.ended_at_ms = "running", event.instance, at, None
    if node.first_started_at_ms is None:
        node.first_started_at_ms, node.path = at, state.path_of(event.node_id)
    state.groups[event.node_id] = None
    frontier.take(event.node_id)
    if event.form == "parallel":
        for child in state.plan.children[event.node_id]:
            if child not in state.plan.children:
                state.take_place(child)
    if state.begun(event.node_id):
        frontier.begin(event.node_id)


def _turned(state: RunState, event: flow.LoopIterationStarted, at: int) -> None:
    loop, frontier = state.nodes[event.node_id], _frontier(state, event.node_id)
    loop.turn = event.iteration
    form = _form(state, event.node_id)
    if event.markers is not None and isinstance(form, Repeat) and form.stuck_after is not None:
        loop.window = (*loop.window, event.markers)[1 - form.stuck_after :]
    if event.iteration == 0:
        frontier.begin(event.node_id)
        return
    _begin_turn(state, event.reset_nodes)
    frontier.rebuild(state.settled, state.pending, state.begun, event.reset_nodes)


def _begin_turn(state: RunState, node_ids: Iterable[str]) -> None:
    """What a turn left settled begins anew. Recorded failures stay recorded: the run ends with them."""
    for node_id in node_ids:
        for again in (node_id, handler_id(node_id)):
            if again in state.nodes:
                state.nodes[again].reset()
                retire_wait(state, again)
                state.letters.pop(again, None)


def _completed(state: RunState, event: flow.GroupCompleted, at: int) -> None:
    node, frontier = state.nodes[event.node_id], _frontier(state, event.node_id)
    node.status, node.ended_at_ms, node.error = "completed", at, None
    node.output = {"markers": list(event.markers)} if event.markers else None
    if isinstance(_form(state, event.node_id), Parallel):
        spec = state.plan.nodes[event.node_id]
        state.results[spec.key] = Result(event.node_id, spec.name, markers=event.markers)
    state.groups.pop(event.node_id, None)
    frontier.take(event.node_id)
    frontier.settle(event.node_id, succeeded=True)


def skip_inside(state: RunState, group: str, reason: str, at: int) -> None:
    """What stands in a skipped group is skipped with it, without facts of its own."""
    state.groups.pop(group, None)
    for node_id in state.plan.inside[group]:
        node = state.nodes[node_id]
        if node.status in ("pending", "running", "waiting"):
            node.status, node.ended_at_ms, node.skip_reason = "skipped", at, reason
            leave_wait(state, node_id)
            state.backoffs.pop(node_id, None)
            state.groups.pop(node_id, None)
            _frontier(state, node_id).bar(node_id)


def leave_groups(state: RunState) -> None:
    """Groups that were not over end with their run. If it begins again, so do they, in the turn in which they were."""
    for node_id in state.groups:
        state.nodes[node_id].status = "pending"
    state.groups.clear()


GROUP_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    flow.GroupStarted: _started,
    flow.LoopIterationStarted: _turned,
    flow.GroupCompleted: _completed,
}

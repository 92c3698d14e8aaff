"""What begins now: attempts while there is room; gates and waits open, and what has nothing to do is skipped, without taking any. Pure."""

from __future__ import annotations

from actors.fan_out.rules import begin_fan_out
from actors.gate.opening import begin_gate
from actors.gate.rules import recheck_guards
from actors.node.events import NodeSkipped, NodeStarted
from actors.node.findings import NodeSkippedNoWork
from actors.node.messages import Failure
from actors.run.delivering import announce
from actors.run.eligibility import select, triage_skips
from actors.run.failing import fail_unrendered, fail_used_up, record_failure
from actors.run.groups import begin_group, settle_groups
from actors.run.limits import filled_in
from actors.run.retry import Retry
from actors.run.scope import ConditionFailed, condition_holds
from actors.run.state import RunState
from actors.run.stopping import halted
from actors.run.turn import Turn
from actors.sub_run.rules import begin_sub_run
from actors.wait.opening import open_wait
from actors.workflow.spec import Foreach, Gate, Group, Node, SubWorkflow, Wait
from actors.workflow.template import TemplateError

__all__ = ["start_handlers", "start_ready"]


def _under_way(state: RunState) -> list[str]:
    """Nodes that take a place among the attempts at once: those with processes, and runs that move."""
    if not state.children:
        return list(state.executing)
    calls = [row.node_id for row in state.children.values() if row.moving and isinstance(state.plan.nodes[row.node_id].action, SubWorkflow)]
    return [*state.executing, *calls]


def start_handlers(turn: Turn) -> None:
    """Start what follows failures, as far as there is room."""
    state = turn.state
    for node_id in list(state.handlers)[: max(0, _rooms(turn)[None])]:
        _start(turn, node_id)


def start_ready(turn: Turn) -> None:
    """Skip, ask and start until nothing more can begin. Gates, groups and skips take no place among the attempts."""
    while _look(turn):
        continue


def _look(turn: Turn) -> bool:
    """Look once at all that is ready. Whether that makes another look worth while."""
    state, plan = turn.state, turn.state.plan
    if state.groups and settle_groups(turn):
        return not halted(state)
    again, rooms = False, _rooms(turn)
    for node_id in _candidates(turn, rooms[None]):
        block = plan.blocks.get(node_id)
        if node_id in plan.eager and _not_to_start(turn, node_id):
            again = True
            if halted(state):
                return False
        elif rooms[block] <= 0:
            continue
        elif not recheck_guards(turn, node_id):
            return True
        elif not fail_used_up(turn, node_id) and _start(turn, node_id):
            rooms[block] -= 1
        else:
            again = True
            if halted(state):
                return False
    return again


def _rooms(turn: Turn) -> dict[str | None, int]:
    """How many attempts may begin: in each parallel block, and (None) outside of them."""
    state, plan = turn.state, turn.state.plan
    most = plan.workflow.execution.max_parallel
    if not plan.blocks:
        return {None: most - len(_under_way(state))}
    rooms: dict[str | None, int] = {None: most, **dict.fromkeys(plan.blocks.values(), turn.rules.max_parallel_branches)}
    for node_id in _under_way(state):
        rooms[plan.blocks.get(node_id)] -= 1
    return rooms


def _candidates(turn: Turn, room: int) -> list[str]:
    state, plan, special = turn.state, turn.state.plan, turn.state.plan.mission.special
    found = state.frontier.ready if plan.eager or special else state.frontier.first(max(0, room))
    if state.backoffs:
        found = sorted([*_due(turn), *found], key=plan.sort_keys.__getitem__)
    return _chosen(state, found, room) if special and state.section == "body" else found


def _chosen(state: RunState, ready: list[str], room: int) -> list[str]:
    """Where phases, routines, triage or write scopes have a say: what takes no place, and of the rest those that may start together."""
    taking = [node_id for node_id in ready if not _takes_no_place(state, node_id)]
    wanted = {*select(state, ready, len(ready))}
    return [node_id for node_id in ready if node_id not in taking and node_id in wanted] + select(state, taking, max(0, room))


def _takes_no_place(state: RunState, node_id: str) -> bool:
    """Whether looking at the node ends in something else than an attempt."""
    node = state.plan.nodes[node_id]
    return isinstance(node.action, Gate | Wait | Group | Foreach) or triage_skips(state, node_id)


def _due(turn: Turn) -> list[str]:
    return [node_id for node_id, due in turn.state.backoffs.items() if due <= turn.now]


def _not_to_start(turn: Turn, node_id: str) -> bool:
    """Whether the node was dealt with by skipping it, failing it, or opening it as a gate."""
    node, fresh = turn.state.plan.nodes[node_id], _fresh(turn.state, node_id)
    if turn.state.plan.mission.triage and fresh and triage_skips(turn.state, node_id):
        turn.emit(NodeSkippedNoWork(node_id=node_id))
        return True
    if node.when is not None and fresh:
        try:
            holds = condition_holds(turn.state, node_id, node.when)
        except ConditionFailed as failed:
            record_failure(turn, node_id, Failure("condition_error", str(failed), "configuration"), Retry("not_retryable"))
            return True
        if not holds:
            turn.emit(NodeSkipped(node_id=node_id, reason="condition_not_met", condition=node.when))
            return True
    return _opened(turn, node_id, node)


def _fresh(state: RunState, node_id: str) -> bool:
    """Whether the node's present instance has never begun: its condition is asked once."""
    node = state.nodes[node_id]
    return node.attempt == 0 and (node_id not in state.plan.children or node.first_started_at_ms is None)


def _opened(turn: Turn, node_id: str, node: Node) -> bool:
    """Whether the node is one that only opens, and takes no attempt."""
    if isinstance(node.action, Gate):
        if recheck_guards(turn, node_id):
            begin_gate(turn, node_id)
        return True
    if isinstance(node.action, Foreach):
        if recheck_guards(turn, node_id) and not fail_used_up(turn, node_id):
            begin_fan_out(turn, node_id, node.action)
        return True
    if isinstance(node.action, Group):
        if recheck_guards(turn, node_id):
            begin_group(turn, node_id)
        return True
    if isinstance(node.action, Wait):
        if recheck_guards(turn, node_id):
            open_wait(turn, node_id)
        return True
    return False


def _start(turn: Turn, node_id: str) -> bool:
    """Begin its next attempt. False where it has failed for good before that."""
    node, action = turn.state.nodes[node_id], turn.state.plan.nodes[node_id].action
    if isinstance(action, SubWorkflow):
        begin_sub_run(turn, node_id, action)
        return node.status not in ("failed", "skipped")
    try:
        limits = filled_in(turn.state, node_id)
    except TemplateError as error:
        fail_unrendered(turn, node_id, error)
        return False
    turn.emit(NodeStarted(node_id, node.attempt + 1, node.instance, turn.state.path_of(node_id), **limits))
    announce(turn, node_id)
    return True

"""Groups begin, and come to their end when all that stands in them has: blocks, parallel branches, loops (flow spec 7.3 to 7.5). Pure."""

from __future__ import annotations

from actors.node.events import NodeSkipped
from actors.run.branches import conclude_branches
from actors.run.flow_events import GroupCompleted, GroupForm, GroupStarted
from actors.run.group_endings import fail_with_its_nodes, failed_in, failures_end, stuck
from actors.run.looping import begin_loop, conclude_turn
from actors.run.plan import handler_id
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.workflow.spec import Group, Parallel, Repeat

__all__ = ["begin_group", "leave_groups_undone", "settle_groups"]


def begin_group(turn: Turn, node_id: str) -> None:
    """The group's needs are met and its condition holds."""
    node, form = turn.state.nodes[node_id], _group(turn.state, node_id).form
    word: GroupForm = "parallel" if isinstance(form, Parallel) else "repeat" if isinstance(form, Repeat) else "block"
    turn.emit(GroupStarted(node_id=node_id, form=word, instance=node.instance))
    if isinstance(form, Repeat) and node.turn < 0:
        begin_loop(turn, node_id, form)


def settle_groups(turn: Turn) -> bool:
    """Look at all groups that are under way, inner ones first: skip what a failure in them stops, end what is over, turn loops.

    Whether anything came of it: then there is something to look at again.
    """
    state, section = turn.state, turn.state.section
    mine = [node_id for node_id in reversed(state.groups) if state.plan.section[node_id] == section]
    return any(_settle(turn, node_id) for node_id in mine)


def leave_groups_undone(turn: Turn) -> None:
    """The body is over by a failure that lets nothing else begin: skip what has not failed of it, and let the rest end by its failures."""
    for node_id in list(reversed(turn.state.groups)):
        if not any(turn.state.nodes[inner].status == "failed" for inner in turn.state.plan.inside[node_id]):
            turn.emit(NodeSkipped(node_id=node_id, reason="fail_fast"))
    while turn.state.groups and settle_groups(turn):
        continue


def _group(state: RunState, node_id: str) -> Group:
    action = state.plan.nodes[node_id].action
    assert isinstance(action, Group), f"{node_id} is no group"
    return action


def _settle(turn: Turn, node_id: str) -> bool:
    state, form = turn.state, _group(turn.state, node_id).form
    skipped = _skip_rest(turn, node_id) if _stops(state, node_id, form) else False
    if any(_under_way(state, child) for child in state.plan.children[node_id]):
        return skipped
    return _conclude(turn, node_id, form) or skipped


def _conclude(turn: Turn, node_id: str, form: Parallel | Repeat | None) -> bool:
    state = turn.state
    if isinstance(form, Parallel):
        return conclude_branches(turn, node_id, form)
    if isinstance(form, Repeat):
        return conclude_turn(turn, node_id, form)
    if failed_in(state, node_id):
        fail_with_its_nodes(turn, node_id)
        return True
    if stuck(state, node_id):
        return False  # the run says what it waits for
    turn.emit(GroupCompleted(node_id=node_id, instance=state.nodes[node_id].instance))
    return True


def _stops(state: RunState, node_id: str, form: Parallel | Repeat | None) -> bool:
    """Whether a failure keeps the rest of the group from beginning. Failures from before an operator's retry do not."""
    ends = form.fail_fast if isinstance(form, Parallel) else failures_end(state)
    return ends and any(child not in state.tolerated for child in failed_in(state, node_id))


def _skip_rest(turn: Turn, node_id: str) -> bool:
    rest = [child for child in turn.state.plan.children[node_id] if turn.state.nodes[child].status == "pending"]
    for child in rest:
        turn.emit(NodeSkipped(node_id=child, reason="fail_fast"))
    return bool(rest)


def _under_way(state: RunState, node_id: str) -> bool:
    """Whether something of the node goes on, or may begin."""
    handler = handler_id(node_id)
    if handler in state.handlers or handler in state.executing:
        return True
    if state.nodes[node_id].status == "pending":
        return node_id in state.backoffs or state.frontier.waits(node_id)
    return state.nodes[node_id].status in ("running", "waiting")

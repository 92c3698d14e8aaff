"""When a parallel block is over: how many of its branches succeeded, and whether that is enough (flow spec 7.5). Pure."""

from __future__ import annotations

from actors.run.flow_events import GroupCompleted
from actors.run.group_endings import fail_group, failed_in, stuck
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.workflow.spec import Parallel

__all__ = ["conclude_branches"]


def conclude_branches(turn: Turn, node_id: str, form: Parallel) -> bool:
    """No branch is under way any more. Whether that is the end of the block."""
    state = turn.state
    failed = failed_in(state, node_id)
    if not failed and stuck(state, node_id):
        return False  # the run says what it waits for
    left_out = _count(state, node_id, "condition_not_met")
    successes = sum(state.settled(child) is True for child in state.plan.children[node_id]) - left_out
    required = form.min_success if form.min_success is not None else successes + len(failed) + left_out
    if successes + left_out < required:
        text = f"{successes} of its branches succeeded, {required} are required; failed: {', '.join(failed) or 'none'}."
        fail_group(turn, node_id, "parallel_below_min_success", text, {"successes": successes, "required": required, "failed": failed})
    else:
        turn.emit(GroupCompleted(node_id=node_id, instance=state.nodes[node_id].instance, markers=_markers(state, node_id)))
    return True


def _count(state: RunState, group: str, reason: str) -> int:
    nodes = [state.nodes[child] for child in state.plan.children[group]]
    return sum(node.status == "skipped" and node.skip_reason == reason for node in nodes)


def _markers(state: RunState, group: str) -> tuple[str, ...]:
    """Those of all its branches, sorted."""
    keys = {child: state.plan.nodes[child].key for child in state.plan.children[group]}
    results = [result for child, key in keys.items() if (result := state.results.get(key)) is not None and result.node_id == child]
    return tuple(sorted({marker for result in results for marker in result.markers}))

"""Whether a loop turns: its condition, its limit, and whether its turns come to anything (flow spec 7.4). Pure."""

from __future__ import annotations

from actors.node.messages import Failure
from actors.run.failing import record_failure
from actors.run.flow_events import GroupCompleted, LoopEnd, LoopIterationStarted
from actors.run.group_endings import fail_group, fail_with_its_nodes, failed_in, failures_end, stuck
from actors.run.retry import Retry
from actors.run.scope import ConditionFailed, condition_holds
from actors.run.state import RunState
from actors.run.stopping import halted
from actors.run.turn import Turn
from actors.workflow.condition import compile_condition
from actors.workflow.spec import Repeat

__all__ = ["begin_loop", "conclude_turn"]


def begin_loop(turn: Turn, node_id: str, form: Repeat) -> None:
    """Before the first turn a `while` asks its condition; both forms look at their limit."""
    if form.form == "while":
        holds = _asks(turn, node_id, form)
        if holds is None:
            return
        if not holds:
            _end(turn, node_id, 0)
            return
    _turn(turn, node_id, form, 0, None)


def conclude_turn(turn: Turn, node_id: str, form: Repeat) -> bool:
    """Nothing of the present turn is under way any more. Whether that leads to the next one, or to the end of the loop."""
    state = turn.state
    failed, done = failed_in(state, node_id), state.nodes[node_id].turn + 1
    if failed and failures_end(state):
        fail_with_its_nodes(turn, node_id)
        return True
    if (not failed and stuck(state, node_id)) or halted(state):
        return False
    holds = _asks(turn, node_id, form)
    if holds is None:
        return True
    if not holds:
        _end(turn, node_id, done)
        return True
    markers = None if form.stuck_after is None else _watched(state, form.condition)
    window = state.nodes[node_id].window
    if markers is not None and form.stuck_after == len(window) + 1 and set(window) <= {markers}:
        text = (
            f"Its last {form.stuck_after} turns ended with the same markers ({', '.join(markers)}) where {form.condition} is asked: "
            "it makes no progress."
        )
        fail_group(turn, node_id, "loop_stuck", text, {"condition": form.condition, "iterations": form.stuck_after})
    else:
        _turn(turn, node_id, form, done, markers)
    return True


def _turn(turn: Turn, node_id: str, form: Repeat, iteration: int, markers: tuple[str, ...] | None) -> None:
    """Begin that turn, unless the loop has had all that it may have."""
    if iteration >= form.max_iterations:
        if form.on_max_iter == "continue":
            _end(turn, node_id, iteration, at_most=True)
            return
        text = f"{form.condition} still holds after {iteration} turns, and {form.max_iterations} are allowed."
        fail_group(turn, node_id, "loop_max_iterations_reached", text, {"condition": form.condition, "max": form.max_iterations})
        return
    reset = turn.state.plan.inside[node_id] if iteration > 0 else ()
    turn.emit(LoopIterationStarted(node_id=node_id, iteration=iteration, reset_nodes=reset, markers=markers))


def _end(turn: Turn, node_id: str, turns: int, *, at_most: bool = False) -> None:
    """The loop is over; a failure in one of its turns is not hidden by that."""
    state = turn.state
    if any(inner in state.failures or inner in state.tail_failures for inner in state.plan.inside[node_id]) or failed_in(state, node_id):
        fail_with_its_nodes(turn, node_id)
        return
    reason: LoopEnd = "max_iterations" if at_most else "condition"
    turn.emit(GroupCompleted(node_id=node_id, instance=state.nodes[node_id].instance, iterations=turns, reason=reason))


def _asks(turn: Turn, node_id: str, form: Repeat) -> bool | None:
    """Whether the condition holds; None where it cannot be told, which fails the loop."""
    try:
        return condition_holds(turn.state, node_id, form.condition)
    except ConditionFailed as failed:
        record_failure(turn, node_id, Failure("condition_error", str(failed), "configuration"), Retry("not_retryable"))
        return None


def _watched(state: RunState, condition: str) -> tuple[str, ...]:
    """The markers of the first result that the condition names, sorted."""
    for reference in compile_condition(condition).references:
        if len(reference.path) > 1 and reference.path[0] == "nodes":
            name = str(reference.path[1])
            key = state.plan.nodes[name].key if name not in state.results and name in state.plan.nodes else name
            return tuple(sorted(state.results[key].markers)) if key in state.results else ()
    return ()

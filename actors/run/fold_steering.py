"""How what operators do changes the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, get_args

from attrs import evolve

from actors.entity import Fact
from actors.run import steering
from actors.run.fold_gates import keep_answer
from actors.run.fold_run import requeue
from actors.run.frontier import Frontier
from actors.run.node_state import NodeState, NodeStatus
from actors.run.resets import begin_again, reset_nodes
from actors.run.state import RunState
from actors.workflow.inputs import apply_inputs

__all__ = ["STEERING_FOLDS"]


def _begin_anew(state: RunState, reset: Iterable[str], reason: str, **detail: Any) -> None:
    """Leave an ending or a hold behind: fresh instances for `reset`, and back into the queue."""
    begin_again(state, reset)
    state.anew += 1
    requeue(state, reason, {"code": reason, **detail})


def _retried(state: RunState, event: steering.RunTaskRetried | steering.RunTaskRequeued, at: int) -> None:
    _begin_anew(state, event.reset_nodes, event.reason, node_id=event.node_id)


def _continued(state: RunState, event: steering.RunTaskContinued, at: int) -> None:
    _begin_anew(state, event.reset_nodes, event.reason, node_id=event.node_id)


def _recovered(state: RunState, event: steering.RunRecovered, at: int) -> None:
    _begin_anew(state, event.reset_nodes, event.reason)


def _recovered_from_pause(state: RunState, event: steering.RunRecoveredFromPause, at: int) -> None:
    state.anew += 1
    stale = state.pause_reason == "stale_no_provider_activity"
    for node_id, node in state.nodes.items():
        if node.status == "pending":
            node.instance += node.attempt > 0  # its next start is another one than any before
            node.attempt, node.excused, node.crashes, node.exhausted = 0, 0, 0, False
            node.prompted, node.flaw = 0, None
            node.forget_questions()
            state.backoffs.pop(node_id, None)
            if stale:
                node.output, node.finding, node.error = None, "", None
    if event.reset_nodes:
        reset_nodes(state, event.reset_nodes)
    state.body.rebuild(state.settled, state.pending, state.begun)
    requeue(state, event.reason, {"code": event.reason})


def _repaired(state: RunState, event: steering.RunStepRepaired, at: int) -> None:
    """The run goes on with the version that has the repaired node; nodes that both versions have keep their state."""
    assert state.plans is not None, "a run that is repaired knows where versions are found"
    plan = state.plans(event.to_digest)
    state.plan, state.version, state.digest = plan, event.to_version, event.to_digest
    state.inputs = apply_inputs(plan.workflow, state.inputs).values
    state.nodes = {node_id: state.nodes.get(node_id) or NodeState() for node_id in plan.nodes}
    state.body, state.tail = Frontier(plan.body, plan.sort_keys), Frontier(plan.tail, plan.sort_keys)
    tables: tuple[dict[str, Any], ...] = (state.groups, state.waits, state.backoffs, state.handlers, state.open_gates, state.closed_gates)
    for table in tables:
        for node_id in [node_id for node_id in table if node_id not in plan.nodes]:
            del table[node_id]
    state.failures = [node_id for node_id in state.failures if node_id in plan.nodes]
    _begin_anew(state, event.reset_nodes, event.reason, node_id=event.node_id)


def _finish(state: RunState, event: steering.RunFinishRequested, at: int) -> None:
    state.finish_reason, state.queue = event.reason, None
    state.backoffs.clear()
    state.handlers.clear()
    if state.status != "running":
        requeue(state, "finish_requested")


def _forked(state: RunState, event: steering.RunForked, at: int) -> None:
    """A fact for readers alone."""


def _carried(state: RunState, event: steering.NodeCarriedOver, at: int) -> None:
    node = state.nodes[event.node_id]
    node.status = next(status for status in get_args(NodeStatus) if status == event.status)
    node.output, node.artifact, node.skip_reason, node.ended_at_ms = event.output, event.artifact, event.skip_reason, at
    if event.gate is not None:
        state.gate_history.append(evolve(event.gate, instance=node.instance))
        keep_answer(state, event.gate.feedback, event.gate.selections)
    state.body.bar(event.node_id)  # what it waits for may still be to be done
    state.body.settle(event.node_id, succeeded=True)


STEERING_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    steering.RunTaskRetried: _retried,
    steering.RunTaskRequeued: _retried,
    steering.RunTaskContinued: _continued,
    steering.RunRecovered: _recovered,
    steering.RunRecoveredFromPause: _recovered_from_pause,
    steering.RunStepRepaired: _repaired,
    steering.RunFinishRequested: _finish,
    steering.RunForked: _forked,
    steering.NodeCarriedOver: _carried,
}

"""How the facts of for-each nodes change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.entity import Fact
from actors.fan_out.events import FanOutItemCompleted, FanOutItemsCollected, FanOutItemSkipped, FanOutItemStarted
from actors.fan_out.fold import FanOutFact, apply_fact
from actors.fan_out.items import FanOut
from actors.run.fold_nodes import use
from actors.run.state import RunState
from actors.sub_run.row import SubRun
from actors.workflow.spec import Foreach

__all__ = ["FAN_OUT_FOLDS"]


def _of_an_item(state: RunState, event: FanOutFact, at: int) -> None:
    apply_fact(state.fan_outs.setdefault((event.node_id, event.iteration_path), FanOut()), event, at)


def _collected(state: RunState, event: FanOutItemsCollected, at: int) -> None:
    """From now on no process of this run is at work for the attempt."""
    _of_an_item(state, event, at)
    state.executing.pop(event.node_id, None)


def _started(state: RunState, event: FanOutItemStarted, at: int) -> None:
    _of_an_item(state, event, at)
    node, spec = state.nodes[event.node_id], state.plan.nodes[event.node_id].action
    workflow = spec.workflow if isinstance(spec, Foreach) else ""
    state.children[event.child_run_id] = SubRun(
        event.child_run_id, event.node_id, workflow, node.instance, node.attempt, since_ms=at
    )  # fmt: skip


def _completed(state: RunState, event: FanOutItemCompleted, at: int) -> None:
    _of_an_item(state, event, at)
    use(state, event.node_id, event.usage)


FAN_OUT_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    FanOutItemsCollected: _collected,
    FanOutItemStarted: _started,
    FanOutItemCompleted: _completed,
    FanOutItemSkipped: _of_an_item,
}

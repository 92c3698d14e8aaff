"""The items of a run's for-each nodes, in the turns of the loops around them in which these stand. Pure."""

from __future__ import annotations

from actors.fan_out.items import FanOut
from actors.run.state import RunState
from actors.workflow.spec import Foreach

__all__ = ["fan_out_of", "fanning_out", "items_of"]


def fan_out_of(state: RunState, node_id: str) -> FanOut | None:
    """The items of the node; None before they were collected first, and of other nodes."""
    return state.fan_outs.get((node_id, state.path_of(node_id)))


def items_of(state: RunState, node_id: str) -> FanOut:
    """The items of a for-each that has collected them."""
    return state.fan_outs[node_id, state.path_of(node_id)]


def fanning_out(state: RunState) -> list[tuple[str, Foreach]]:
    """Each for-each that is under way and has its items, in flow order."""
    return [
        (node_id, spec)
        for node_id, spec in state.plan.fan_outs.items()
        if node_id not in state.executing and state.nodes[node_id].status in ("running", "waiting")
    ]

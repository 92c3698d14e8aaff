"""Where a run stands in the graph of its version: what `penstock graph RUN` draws. Pure."""

from __future__ import annotations

from typing import Any

from actors.run.state import RunState
from actors.workflow.graph_json import graph_json

__all__ = ["run_graph_json"]


def run_graph_json(state: RunState) -> dict[str, Any]:
    """The graph of the version to which the run is pinned, each node with what became of it."""
    graph = graph_json(state.plan.workflow)
    graph["nodes"] = [node | _stands(state, node["node_id"]) for node in graph["nodes"]]
    return {"run_id": state.run_id, "status": state.status, "version": state.version, "digest": state.digest, **graph}


def _stands(state: RunState, node_id: str) -> dict[str, Any]:
    """What became of the node. `iteration` counts the turns of a loop from 0; `items` are those of a for-each in the present turn."""
    node = state.nodes[node_id]
    told: dict[str, Any] = {
        "attempt": node.attempt or None, "instance": node.instance if node.instance > 1 else None,
        "iteration": node.turn if node.turn >= 0 else None, "skip_reason": node.skip_reason, "child_run_id": node.child_run_id,
        "started_at_ms": node.started_at_ms, "ended_at_ms": node.ended_at_ms,
        "error": node.error.code if node.error is not None and node.status != "completed" else None,
    }  # fmt: skip
    fan_out = state.fan_outs.get((node_id, state.path_of(node_id)))
    if fan_out is not None:
        told["items"] = [
            {"item_id": item.found.item_id, "status": item.status, "child_run_id": item.child_run_id} for item in fan_out.items.values()
        ]
    return {"status": node.status} | {name: value for name, value in told.items() if value is not None}

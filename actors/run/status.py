"""What the status file of a run says: where it stands, in a few words for programs beside its workspace. Pure."""

from __future__ import annotations

from typing import Any

from actors.run.state import RunState
from actors.workflow.spec import Need

__all__ = ["status_of"]


def status_of(state: RunState) -> dict[str, Any]:
    """The run's status with the nodes of its body: completed in the order of their ends, the others in flow order."""
    order, index = state.plan.body.order, state.plan.body.index
    done = [node_id for node_id in order if state.settled(node_id) is True]
    pending = [node_id for node_id in order if state.settled(node_id) is None] if not state.dry_run else []
    return {
        "run_id": state.run_id, "workflow_id": state.workflow_id, "status": state.status, "detail": state.detail,
        "completed_nodes": sorted(done, key=lambda node_id: (state.nodes[node_id].ended_at_ms or 0, index[node_id])),
        "pending_nodes": pending,
        "blocked_nodes": [node_id for node_id in pending if not all(_met(state, need) for need in state.plan.body.needs[node_id])],
        "node_attempts": {node_id: node.attempt for node_id, node in state.nodes.items() if node.attempt},
        "last_failure": state.last_failure, "learning_summary": None, "updated_at_ms": state.updated_at_ms, "seq": state.seq,
    }  # fmt: skip


def _met(state: RunState, need: Need) -> bool:
    settled = state.settled(need.node)
    return settled is True or (settled is False and need.until == "settled")

"""What the status file of a run says: where it stands, in a few words for programs beside its workspace. Pure."""

from __future__ import annotations

from typing import Any

from actors.run.eligibility import stuck_nodes
from actors.run.state import RunState

__all__ = ["status_of"]

TO_COME = frozenset({"pending", "running", "waiting"})


def status_of(state: RunState) -> dict[str, Any]:
    """The run's status with the nodes of its body: completed in the order of their ends, the others in flow order."""
    order, index = state.plan.body.order, state.plan.body.index
    done = [node_id for node_id in order if state.settled(node_id) is True]
    to_come = [node_id for node_id in order if state.nodes[node_id].status in TO_COME]
    return {
        "run_id": state.run_id, "workflow_id": state.workflow_id, "status": state.status, "detail": state.detail,
        "completed_nodes": sorted(done, key=lambda node_id: (state.nodes[node_id].ended_at_ms or 0, index[node_id])),
        "pending_nodes": to_come if not state.dry_run else [],
        "blocked_nodes": stuck_nodes(state) if not state.dry_run else [],
        "node_attempts": {node_id: node.attempt for node_id, node in state.nodes.items() if node.attempt},
        "last_failure": state.last_failure, "learning_summary": None, "updated_at_ms": state.updated_at_ms, "seq": state.seq,
    }  # fmt: skip

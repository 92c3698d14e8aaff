"""What the status file of a run says: where it stands, in a few words for programs beside its workspace. Pure."""

from __future__ import annotations

from typing import Any

from attrs import asdict

from actors.run.eligibility import stuck_nodes
from actors.run.state import RunState

__all__ = ["completed_nodes", "status_of"]

TO_COME = frozenset({"pending", "running", "waiting"})


def completed_nodes(state: RunState) -> list[str]:
    """The nodes of the body that are done, in the order of their ends."""
    index = state.plan.body.index
    done = [node_id for node_id in state.plan.body.order if state.settled(node_id) is True]
    return sorted(done, key=lambda node_id: (state.nodes[node_id].ended_at_ms or 0, index[node_id]))


def status_of(state: RunState) -> dict[str, Any]:
    """The run's status with the nodes of its body: completed in the order of their ends, the others in flow order."""
    order = state.plan.body.order
    to_come = [node_id for node_id in order if state.nodes[node_id].status in TO_COME]
    return {
        "run_id": state.run_id, "workflow_id": state.workflow_id, "status": state.status, "detail": state.detail,
        "completed_nodes": completed_nodes(state),
        "pending_nodes": to_come if not state.dry_run else [],
        "blocked_nodes": stuck_nodes(state) if not state.dry_run else [],
        "node_attempts": {node_id: node.attempt for node_id, node in state.nodes.items() if node.attempt},
        "last_failure": state.last_failure,
        "learning_summary": None if state.learning is None else asdict(state.learning),
        "updated_at_ms": state.updated_at_ms, "seq": state.seq,
    }  # fmt: skip

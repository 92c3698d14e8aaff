"""How many attempts a node may spend, and how many it has spent. Pure."""

from __future__ import annotations

from actors.run.plan import Plan
from actors.run.retry import attempt_cap, floored
from actors.run.state import RunState
from actors.workflow.spec import Agent

__all__ = ["cap_at", "cap_now", "cap_of", "spent_by"]


def cap_at(plan: Plan, node_id: str) -> int:
    """How many attempts the node may spend."""
    node = plan.nodes[node_id]
    required = isinstance(node.action, Agent) and bool(node.action.tools)
    validator = node.contract.validator if node.contract is not None else None
    return attempt_cap(node.kind, node.retry, validator, required_tools=required)


def cap_of(state: RunState, node_id: str, *, category: str = "", code: str = "") -> int:
    """The same for a node of a run; after a failure of that category and code at least the floor that these have."""
    node = state.plan.nodes[node_id]
    return floored(cap_at(state.plan, node_id), node.kind, node.retry, category, code)


def cap_now(state: RunState, node_id: str) -> int:
    """The cap that holds after the node's last failure: for whether it may begin again, and for how its run ends."""
    error = state.nodes[node_id].error
    return cap_of(state, node_id) if error is None else cap_of(state, node_id, category=error.category, code=error.code)


def spent_by(state: RunState, node_id: str) -> int:
    """How many attempts of the node's present instance count against its cap."""
    node = state.nodes[node_id]
    return node.attempt - node.put_down if state.plan.nodes[node_id].retry.count_interruptions else node.spent

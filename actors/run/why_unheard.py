"""What was said to agents of a run and is not heard yet, or never will be, in words. Pure."""

from __future__ import annotations

from typing import Any

from actors.run.state import RunState
from actors.run.wording import count, reason

__all__ = ["why_unheard"]


def why_unheard(state: RunState) -> list[dict[str, Any]]:
    """One reason for each node whose agent has messages to hear."""
    return [
        reason("steering_unheard", f"{count(len(node.unheard), 'message')} to the agent of {node_id}: {_when(state, node_id)}.",
               node_id=node_id, numbers=[said.number for said in node.unheard])
        for node_id, node in state.nodes.items() if node.unheard
    ]  # fmt: skip


def _when(state: RunState, node_id: str) -> str:
    if state.terminal:
        return "never heard, since the run has ended"
    if node_id in state.executing:
        return "heard when it has given its present answer and used the tools that it asks for"
    return "heard when its next attempt begins"

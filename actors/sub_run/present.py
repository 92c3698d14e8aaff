"""Whether a run that was begun still belongs to what the run does that has begun it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actors.run.state import RunState
    from actors.sub_run.row import SubRun

__all__ = ["is_present"]


def is_present(state: RunState, row: SubRun) -> bool:
    """Whether it is of its node's present attempt, and that is under way."""
    node = state.nodes[row.node_id]
    return (row.instance, row.attempt) == (node.instance, node.attempt) and node.status in ("running", "waiting")

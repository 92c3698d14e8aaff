"""What a run knows of the runs that it has begun: the versions that they are pinned to, and how each stands. Data. Pure."""

from __future__ import annotations

from typing import Final

from attrs import Factory, define, frozen

from actors.node.messages import Usage
from actors.workflow.callees import LONGEST_CHAIN

__all__ = ["BUDGET_ABOVE", "DEEPEST", "PARENT_CANCELLED", "PARENT_PAUSED", "PARENT_RESUMED", "RESTS", "TERMINAL", "Pinned", "SubRun"]

DEEPEST: Final = LONGEST_CHAIN - 1
"""The depth of the deepest run: five workflows in a chain, and never six (flow spec 4.3, 7.2)."""
PARENT_CANCELLED: Final = "parent_cancelled"
PARENT_RESUMED: Final = "parent_resumed"
BUDGET_ABOVE: Final = "budget_parent_reached"
"""The pause of a run that has to use what one above it has not left; it goes on with that one."""
PARENT_PAUSED: Final = "parent_paused"
"""Why a run is held whose parent is: it goes on when that does."""
TERMINAL: Final = ("completed", "blocked", "failed", "cancelled")
RESTS: Final = ("paused", "waiting", "awaiting_approval")


@frozen
class Pinned:
    """The version of another workflow that runs of this one, and of all below it, begin."""

    workflow_id: str
    version: int
    digest: str


@define(eq=False)
class SubRun:
    """A run that a node has begun, and of whose ending this run has not heard.

    `instance` and `attempt` are those of the node then; `moving`: it runs, or waits for its slot. `worked_ms` is how long it moved before
    it rested last, `since_ms` when it began to move (None: it rests), epoch milliseconds. `used`: what of it this run has counted.
    `let_go`: this run was held after that one came to rest, and was let go on.
    """

    run_id: str
    node_id: str
    workflow_id: str
    instance: int
    attempt: int
    worked_ms: int = 0
    since_ms: int | None = None
    status: str = "queued"
    used: Usage = Factory(Usage)
    let_go: bool = False

    @property
    def moving(self) -> bool:
        """Whether it proceeds by itself."""
        return self.since_ms is not None

"""What agents need beside their orders: the memory, the clock, backends, prices, and what runs may still use. Made once per daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, frozen

from actors.agent.thread_log import KIND
from actors.ledger.purse import Purse
from actors.node.messages import Usage

if TYPE_CHECKING:
    from actors.agent.backends import Backends
    from actors.ledger.prices import PriceTable
    from storage.store import Store
    from supervision import Clock

__all__ = ["House"]

MANY = 10_000


@frozen(eq=False)
class House:
    """Shared by all agents of one daemon."""

    store: Store
    clock: Clock
    backends: Backends
    prices: PriceTable
    purse: Purse = Factory(Purse)

    def tells_cost(self, backend: str) -> bool:
        """Whether calls at that backend come with what they have cost."""
        traits = self.backends.traits().get(backend)
        return traits is not None and traits.tells_cost

    def own_tools(self, backend: str) -> bool:
        """Whether it is an agent that has other tools than ours."""
        traits = self.backends.traits().get(backend)
        return traits is not None and traits.own_tools

    def used_by(self, run_id: str) -> Usage:
        """What all calls of the run have used, those of attempts under way included."""
        total = Usage()
        for line in self.store.catalog.list(KIND, parent=run_id, limit=MANY):
            said = line.facts
            total += Usage(
                said["prompt_tokens"], said["completion_tokens"], said["cost_usd"], said["tool_calls"], unpriced=said["unpriced"]
            )  # fmt: skip
        return total

"""What an agent at work has not heard yet: what its order brought along, and what its run's log has been told since.

The log is read, not a mailbox: so nothing is lost where an attempt, its run or the daemon ends between two messages, and what the
conversation holds already is never said twice.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from actors.agent.steering import AgentSteered
from storage.codec import Codec

if TYPE_CHECKING:
    from actors.node.orders import AgentOrder, WorkOrder
    from storage.store import Store

__all__ = ["Ear"]


@cache
def _codec() -> Codec[AgentSteered]:
    return Codec((AgentSteered,))


class Ear:
    """Of one attempt. Reads its run's log from where the order was given."""

    def __init__(self, store: Store, order: WorkOrder, action: AgentOrder) -> None:
        self._store = store
        self._order = order
        self._seen = action.seq
        self._waiting = list(action.steering)

    def news(self, heard: int) -> list[AgentSteered]:
        """The messages of this node behind number `heard`, in order. Raises StreamDamaged."""
        for recorded in self._store.journal.read(self._order.run_id, self._seen):
            self._seen = recorded.seq
            if recorded.kind == AgentSteered.kind and (said := _codec().decode(recorded)).node_id == self._order.node_id:
                self._waiting.append(said)
        news, self._waiting = [said for said in self._waiting if said.number > heard], []
        return news

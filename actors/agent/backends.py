"""The door to what models run at, as the rest of the room sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from attrs import Factory, frozen

from actors.agent.provider.again import Patience
from actors.agent.provider.messages import Provider

if TYPE_CHECKING:
    from actors.agent.thread_log import ThreadLog
    from actors.node.orders import WorkOrder
    from actors.node.tools import Tools

__all__ = ["Backends", "Desk", "Traits"]


@frozen
class Traits:
    """What a backend is like.

    `own_tools`: it is an agent with a command line, which works in the folder with tools of its own and is told its task once.
    `tells_cost`: it says itself what a call has cost, so that no price has to be known.
    `patience`: how often one model is asked the same within one attempt. `bounds_turns`: how often it asks its model can be bounded.
    """

    own_tools: bool = False
    tells_cost: bool = False
    patience: Patience = Factory(Patience)
    bounds_turns: bool = True


@frozen(eq=False)
class Desk:
    """Where an attempt works, for backends that start processes there. `folder` is the descriptor of its working folder."""

    order: WorkOrder
    folder: int
    tools: Tools
    log: ThreadLog


class Backends(Protocol):
    """The backends of one daemon."""

    def available(self) -> Mapping[str, str]:
        """Each backend that is configured, with why it cannot be used; "" where it can."""
        ...

    def traits(self) -> Mapping[str, Traits]:
        """What each backend that is configured is like."""
        ...

    def provider(self, name: str, model: str, desk: Desk) -> Provider:
        """Who answers for the model at that backend. Raises ProviderFailure where there is none of that name."""
        ...

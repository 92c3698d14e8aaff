"""The way to one server, as a session sees it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from actors.outside.trouble import Trouble

__all__ = ["Connect", "Take", "Wire"]

Take = Callable[[bytes], Collection[object]]
"""Hears one message, or a batch; gives the numbers of the requests that it answers. Must not wait."""


class Wire(Protocol):
    """Made for one life of a session. Messages may be sent before it runs; they wait."""

    async def run(self, take: Take) -> Trouble:
        """Carry messages until the server is gone; why it is. When cancelled, the server is told to end, and has ended."""
        ...

    async def send(self, message: Mapping[str, Any]) -> bool:
        """Send what waits for room or for an answer. True: an answer to it would have been heard by now. Raises Trouble."""
        ...

    def send_soon(self, message: Mapping[str, Any]) -> None:
        """Send something that nobody waits for; where there is no room, it is not sent."""
        ...

    def agreed(self, version: str) -> None:
        """Hear which version of the protocol is spoken from now on."""
        ...


Connect = Callable[[], Wire]
"""Makes the wire for another life."""

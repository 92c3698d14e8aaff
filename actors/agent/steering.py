"""What people say to an agent at work, as facts of its run's log. Pure.

The words wait there until the agent's own conversation holds them; from then on they are heard, and the run takes note of that.
"""

from __future__ import annotations

from typing import ClassVar, Final

from attrs import frozen

from actors.entity import Fact

__all__ = ["LONGEST", "MOST_UNHEARD", "AgentSteered", "AgentSteeringHeard", "spoken"]

LONGEST: Final = 16 << 10
"""Bytes of one message."""
MOST_UNHEARD: Final = 32
"""Messages of one agent that wait for it."""


@frozen
class AgentSteered(Fact):
    """A person said this to the agent of the node, which hears it between two messages. `number` counts the node's messages from 1."""

    kind: ClassVar[str] = "agent_steered"
    node_id: str
    number: int
    text: str
    by: str


@frozen
class AgentSteeringHeard(Fact):
    """The agent's conversation holds the node's messages up to `number`."""

    kind: ClassVar[str] = "agent_steering_heard"
    node_id: str
    number: int


def spoken(number: int, by: str, text: str) -> str:
    """The message as the agent reads it: between marks, so that nothing else can pass for it, and with who says it."""
    mark = f"PENSTOCK MESSAGE {number}"
    return f"=== BEGIN {mark} ===\n\nFrom a person ({by}), while you are at work:\n\n{text.strip()}\n\n=== END {mark} ==="

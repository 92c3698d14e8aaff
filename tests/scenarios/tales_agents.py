"""A tale of an agent: what its model says hangs on what it was told alone, so that it is told the same way through every death."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from actors.agent.provider.messages import Answer, ModelRequest, OnPart, ToolResult
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, actor, agent, ask, crew, writes
from tests.scenarios.tooling import crafted

__all__ = ["AGENT_TALES"]


async def _agent(house: House) -> str:
    """It looks around, writes what does not fit, is told so, and writes what does."""
    house.models.always = actor
    return await house.begin(crew(agent()))


async def craftsman(request: ModelRequest, on_part: OnPart) -> Answer:
    """One who looks with a tool of a server, and then writes."""
    last = request.turns[-1]
    reply = writes("notes.json", GOOD) if isinstance(last, ToolResult) else ask("mcp__shop__hammer", n=1)
    return await reply(request, on_part)


async def _servers(house: House) -> str:
    """It uses a tool of a server that only looks, and that its run must have written down before."""
    house.models.always = craftsman
    return await house.begin(crew(agent(), personas=crafted()))


AGENT_TALES: dict[str, Callable[[House], Awaitable[str]]] = {"agent": _agent, "agent with servers": _servers}

"""Tales of agents: what a model says hangs on what it was told alone, so that it is told the same way through every death."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.scenarios.harness import House
from tests.scenarios.models import actor, agent, crew, listener

__all__ = ["AGENT_TALES"]


async def _agent(house: House) -> str:
    """It looks around, writes what does not fit, is told so, and writes what does."""
    house.models.always = actor
    return await house.begin(crew(agent()))


async def _steered(house: House) -> str:
    """It works until a person has said something to it, and writes how often it has heard that."""
    house.models.always = listener
    run_id = await house.begin(crew(agent()))
    await house.call("agent.steer", run_id=run_id, node_id="draft", text="Now.")
    return run_id


AGENT_TALES: dict[str, Callable[[House], Awaitable[str]]] = {"agent": _agent, "steered": _steered}

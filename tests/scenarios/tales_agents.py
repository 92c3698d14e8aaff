"""Tales of agents: what their models say hangs on what they were told alone, so that they are told the same way through every death."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.scenarios.harness import House
from tests.scenarios.models import UNDERSTUDY, actor, agent, crew

__all__ = ["AGENT_TALES"]


async def _agent(house: House) -> str:
    """It looks around, writes what does not fit, is told so, and writes what does."""
    house.models.always = actor
    return await house.begin(crew(agent()))


async def _shared_budget(house: House) -> str:
    """What all runs of its workflow share is used up after two calls, and raised."""
    house.models.always = actor
    run_id = await house.begin(crew(agent(), top="budget: {per: month, tokens: 200}"))
    await house.run_until(run_id, "paused")
    await house.call("run.resume", run_id=run_id, limits={"workflow_tokens": 100_000})
    return run_id


async def _understudy(house: House) -> str:
    """The same by a model that stands in for one that is never there."""
    house.models.always = actor
    house.models.broken["stage"] = "provider_unauthorized"
    return await house.begin(crew(agent(), personas=UNDERSTUDY))


async def _commanded(house: House) -> str:
    """The same by an agent with tools and sessions of its own."""
    house.models.puppets = ("stage",)
    return await house.begin(crew(agent()))


AGENT_TALES: dict[str, Callable[[House], Awaitable[str]]] = {
    "agent": _agent, "understudy": _understudy, "commanded": _commanded, "shared_budget": _shared_budget,
}  # fmt: skip

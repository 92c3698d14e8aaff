"""A tale of an agent: what its model says hangs on what it was told alone, so that it is told the same way through every death."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.scenarios.harness import House
from tests.scenarios.models import UNDERSTUDY, actor, agent, crew

__all__ = ["AGENT_TALES"]


async def _agent(house: House) -> str:
    """It looks around, writes what does not fit, is told so, and writes what does."""
    house.models.always = actor
    return await house.begin(crew(agent()))


async def _understudy(house: House) -> str:
    """The same by a model that stands in for one that is never there."""
    house.models.always = actor
    house.models.broken["stage"] = "provider_unauthorized"
    return await house.begin(crew(agent(), personas=UNDERSTUDY))


async def _commanded(house: House) -> str:
    """The same by an agent with tools and sessions of its own."""
    house.models.puppets = ("stage",)
    return await house.begin(crew(agent()))


AGENT_TALES: dict[str, Callable[[House], Awaitable[str]]] = {"agent": _agent, "understudy": _understudy, "commanded": _commanded}

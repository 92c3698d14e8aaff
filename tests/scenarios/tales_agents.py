"""Tales of agents: what their models say hangs on what they were told alone, so that they are told the same way through every death."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import trio

from actors.agent.provider.messages import Answer, ModelRequest, OnPart, ToolCall, ToolResult
from actors.agent.tools.command import Command
from actors.agent.tools.source import Said
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, PAYER, UNDERSTUDY, actor, agent, ask, crew, writes

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


async def _payer(request: ModelRequest, on_part: OnPart) -> Answer:
    """Pays, and writes its notes whatever it hears of that."""
    heard = isinstance(request.turns[-1], ToolResult)
    reply = writes("notes.json", GOOD) if heard else ask("run_command", argv=["pay"])
    return await reply(request, on_part)


async def _effect(house: House) -> str:
    """Something is paid once at most, whoever dies; where nobody saw the end, the agent hears that it is uncertain."""
    paid = []

    async def pay(_: Command, call: ToolCall) -> Said:
        paid.append(call.call_id)
        await trio.sleep(1)
        return Said("paid")

    house.models.always = _payer
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Command, "use", pay)
        run_id = await house.begin(crew(agent(), personas=PAYER))
        await house.run_until(run_id)
    uses = (await house.call("tool.list", run_id=run_id))["uses"]
    states = [row["state"] for row in uses if row["tool"] == "run_command"]
    assert (len(states), len(paid) <= 1, len(paid) == 1 or states == ["uncertain"]) == (1, True, True)
    assert states in (["ok"], ["uncertain"])
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
    "agent": _agent, "agent_effect": _effect, "understudy": _understudy, "commanded": _commanded, "shared_budget": _shared_budget,
}  # fmt: skip

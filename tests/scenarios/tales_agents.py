"""Tales of agents: what their models say hangs on what they were told alone, so that they are told the same way through every death."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import trio

from actors.agent.provider.messages import Answer, ModelRequest, OnPart, ToolCall, ToolResult
from actors.agent.tools.command import Command
from actors.agent.tools.source import Said
from tests.scenarios.client import Refused
from tests.scenarios.harness import ENDED, House
from tests.scenarios.models import GOOD, PAYER, UNDERSTUDY, actor, agent, ask, crew, listener, says, writes
from tests.scenarios.tooling import crafted

__all__ = ["AGENT_TALES"]


async def _agent(house: House) -> str:
    """It looks around, writes what does not fit, is told so, and writes what does."""
    house.models.always = actor
    return await house.begin(crew(agent()))


async def _asker(request: ModelRequest, on_part: OnPart) -> Answer:
    """Writes one file after the other, and each again for as long as it was told that nobody knows what came of it."""
    results = [turn for turn in request.turns if isinstance(turn, ToolResult)]
    done = sum("Wrote" in one.text or "rejected" in one.text for one in results)
    reply = writes("ab"[done], "text") if done < 2 else says("done")
    return await reply(request, on_part)


async def _tool_asks(house: House) -> str:
    """People are asked about two files: one is written, the other is not."""
    house.models.always = _asker
    run_id = await house.begin(crew(agent(more="policy: {write_file: ask}")))
    return await _answered(house, run_id, lambda asked: "approve" if asked["path"] == "a" else "reject")


async def _answered(house: House, run_id: str, word: Callable[[dict[str, Any]], str]) -> str:
    """Answer for each use of a tool, by its arguments, until the run has ended; the run."""
    while (run := await house.when(run_id, lambda run: run["status"] in ENDED or "draft.tool" in run["open_gates"]))["open_gates"]:
        found = run["nodes"][0]["gate"]
        about = {"gate": "draft.tool", "shown_digest": found["shown_digest"], "request_id": found["nonce"]}
        with suppress(Refused):  # it was decided in a life before, and is not asked about any more
            await house.decide(run_id, word(found["shown"]["tool"]["arguments"]), **about)
    return run_id


async def craftsman(request: ModelRequest, on_part: OnPart) -> Answer:
    """One who looks with a tool of a server, and then writes."""
    last = request.turns[-1]
    reply = writes("notes.json", GOOD) if isinstance(last, ToolResult) else ask("mcp__shop__hammer", n=1)
    return await reply(request, on_part)


async def _servers(house: House) -> str:
    """It uses a tool of a server that only looks, and that its run must have written down before."""
    house.models.always = craftsman
    return await house.begin(crew(agent(), personas=crafted()))


async def _steered(house: House) -> str:
    """It works until a person has said something to it, and writes how often it has heard that."""
    house.models.always = listener
    run_id = await house.begin(crew(agent()))
    await house.call("agent.steer", run_id=run_id, node_id="draft", text="Now.")
    return run_id


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
        await _answered(house, run_id, lambda _: "approve")
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
    "agent": _agent, "agent_effect": _effect, "agent_servers": _servers, "tool_asks": _tool_asks, "steered": _steered,
    "understudy": _understudy, "commanded": _commanded, "shared_budget": _shared_budget,
}  # fmt: skip

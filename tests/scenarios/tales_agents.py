"""Tales of agents: what a model says hangs on what it was told alone, so that it is told the same way through every death."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from actors.agent.provider.messages import Answer, ModelRequest, OnPart, ToolResult
from tests.scenarios.client import Refused
from tests.scenarios.harness import ENDED, House
from tests.scenarios.models import actor, agent, crew, says, writes

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
    while (run := await house.when(run_id, lambda run: run["status"] in ENDED or "draft.tool" in run["open_gates"]))["open_gates"]:
        found = run["nodes"][0]["gate"]
        word = "approve" if found["shown"]["tool"]["arguments"]["path"] == "a" else "reject"
        with suppress(Refused):  # it was decided in a life before, and is not asked about any more
            await house.decide(run_id, word, gate="draft.tool", shown_digest=found["shown_digest"], request_id=found["nonce"])
    return run_id


AGENT_TALES: dict[str, Callable[[House], Awaitable[str]]] = {"agent": _agent, "tool_asks": _tool_asks}

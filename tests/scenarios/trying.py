"""Agents of stories that do better, or worse, when they are told of a learning, and trials of that. All through the socket."""

from __future__ import annotations

from typing import Any

import trio

from actors.agent.provider.messages import Answer, ModelRequest, OnPart, ToolResult, UserText
from tests.scenarios.harness import House
from tests.scenarios.learned import ends
from tests.scenarios.models import BAD, GOOD, Reply, agent, crew, says, writes

__all__ = ["FLOW", "advice", "happened", "happens", "heeds", "lived", "tried"]

FLOW = crew(agent(more="artifact: {path: notes.json, schema: notes}").replace("max_attempts: 2", "max_attempts: 1"))
SAY = "N is a number"


def heeds(told: str = GOOD, untold: str = BAD, say: str = SAY) -> Reply:
    """Writes the one where the advice stands in what it was told, else the other."""

    async def reply(request: ModelRequest, on_part: OnPart) -> Answer:
        if isinstance(request.turns[-1], ToolResult):
            return await says("done")(request, on_part)
        heard = any(say in turn.text for turn in request.turns if isinstance(turn, UserText))
        return await writes("notes.json", told if heard else untold)(request, on_part)

    return reply


async def advice(d: House, **more: Any) -> None:
    """A learning that nobody has looked at."""
    given = {"learning_id": "advice", "workflow_id": "story", "kind": "prompt_patch", "summary": SAY, "fingerprint": "f", **more}
    await d.call("learning.put", learning=given)


async def lived(d: House, runs: int, flow: str = FLOW) -> list[str]:
    """So many runs have ended, and were looked at."""
    return [await ends(d, flow) for _ in range(runs)]


async def tried(d: House) -> dict[str, Any]:
    """The trial, when it is over."""
    with trio.fail_after(600):
        while True:
            answer = await d._read("learning.get", learning_id="advice")
            if answer["verification"] is not None and answer["verification"]["verdict"] is not None:
                return dict(answer)
            await trio.sleep(1)


async def happened(d: House) -> list[str]:
    """What the learning log says, in short names."""
    found = (await d._read("learning.events", workflow_id="story"))["events"]
    return [event["event"].removeprefix("workflow_learning.candidate.") for event in found]


async def happens(d: House, name: str) -> None:
    """Wait for that."""
    with trio.fail_after(600):
        while name not in await happened(d):  # noqa: ASYNC110  through the socket there is nothing else to wait for
            await trio.sleep(1)

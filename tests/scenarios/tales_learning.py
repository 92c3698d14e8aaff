"""Tales of learning: what endings teach, what a person says to it, and what later agents hear, through every death."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import trio

from actors.agent.provider.messages import Answer, ModelRequest, OnPart, UserText
from tests.scenarios.harness import House
from tests.scenarios.learned import learned, review, taught
from tests.scenarios.models import crew, fails, says

__all__ = ["LEARNING_TALES"]

TOLD, UNTOLD = "I have heard of earlier runs.", "I have heard of nothing at all."
TEXT = crew(
    "{id: draft, agent: writer, instructions: 'Work {{ inputs.how }}.', retry: {max_attempts: 1}}", top="inputs: {how: {type: string}}"
)


async def _moody(request: ModelRequest, on_part: OnPart) -> Answer:
    """Does as it is told, badly or well, and says whether it was told of earlier runs."""
    first = request.turns[0]
    assert isinstance(first, UserText)
    reply = fails("provider_declined") if "badly" in first.text else says(TOLD if "[prompt_patch]" in first.text else UNTOLD)
    return await reply(request, on_part)


async def _goes(house: House, how: str) -> dict[str, Any]:
    run_id = await house.begin(TEXT, inputs={"how": how})
    await house.run_until(run_id)
    await taught(house, run_id)
    return await house.run(run_id)


async def _advised(house: House) -> str:
    """It fails twice in the same way, a patch is applied, the next run hears it; a worse one undoes it, and the last is told nothing."""
    house.models.always = _moody
    house.places.config_file.write_text("[learning]\npost_apply_min_sample = 1\n")
    for how in ("well", "badly", "badly"):
        await _goes(house, how)
    found = {one["kind"]: one for one in await learned(house)}
    assert sorted(found) == ["memory_fact", "prompt_patch", "repair_hint"]
    assert [len(one["run_ids"]) for one in found.values()] == [1, 1, 1]
    patch = (await review(house, found["prompt_patch"]["learning_id"], "apply"))["learning_id"]
    await trio.sleep(1)  # what ends in the same millisecond as the review does not count as later
    worse = await _goes(house, "badly")
    assert worse["learning_summary"]["injected_learning_ids"] == [patch]
    assert {one["kind"]: one["status"] for one in await learned(house)} == {
        "memory_fact": "proposed", "repair_hint": "proposed", "prompt_patch": "regressed", "graph_patch": "proposed",
    }  # fmt: skip
    log = [event["event"].rpartition(".")[2] for event in (await house.call("learning.events", workflow_id="story"))["events"]]
    assert log == ["proposed"] * 3 + ["reviewed", "merged", "merged", "proposed", "measured", "regressed"]
    last = await _goes(house, "well")
    assert last["nodes"][0]["output"] == UNTOLD
    return str(last["run_id"])


LEARNING_TALES: dict[str, Callable[[House], Awaitable[str]]] = {"advised": _advised}

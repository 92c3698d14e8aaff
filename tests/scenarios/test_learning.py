"""What endings teach: from two failures to a hint that a person approves, and what becomes of it. All through the socket."""

from __future__ import annotations

from typing import Any

import trio

from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.script import fail

R = "validator rejected unsupported citations"
W = flow(step("node-1", "output: json"))


async def taught(d: House, run_id: str) -> dict[str, Any]:
    """Wait until something was learned from the run's last ending; the event."""
    with trio.fail_after(60):
        while (found := (await d.events(run_id))[-1])["event"] != "learning_finalized":
            await trio.sleep(0.1)
    return found


async def learned(d: House, **asked: Any) -> list[dict[str, Any]]:
    return list((await d.call("learning.list", **asked))["learnings"])


async def ends(d: House, text: str = W) -> str:
    run_id = await d.begin(text)
    await d.run_until(run_id)
    await taught(d, run_id)
    return run_id


async def test_l06(house: House) -> None:
    house.configure("learning", enabled=True)
    await house.start()
    d = house
    d.script.on("node-1", {"status": "completed", "summary": "Final report written", "path": "artifacts/final-report.md"})
    run_id = await ends(d)
    print(await d.events(run_id))
    print(await learned(d))
    print(await d.run(run_id))
    d.script.on("node-1", fail(R), fail(R), fail(R))
    await ends(d)
    await ends(d)
    await ends(d)
    for one in await learned(d):
        print(one)
    print(await d.call("learning.metrics", workflow_id="story"))
    assert 0

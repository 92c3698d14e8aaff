"""The scheduler's actor dies with runs in every state: what it knew is in the catalog, so nothing starts twice and nothing is forgotten."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.inside import crash_at_next, system_of
from tests.scenarios.scheduled import scheduled
from tests.scenarios.script import Hold, fail

RETRY = "retry: {max_attempts: 3, backoff: {strategy: fixed, initial: 40s}}"


async def kill(d: House) -> None:
    """Its next message makes it raise; what stands to its right in the tree is restarted with it: runs, attempts and connections."""
    crash_at_next(d, "scheduler")
    await system_of(d).ref("scheduler").tell("poison")
    await trio.sleep(2)
    await d.hang_up()


async def fifty(d: House) -> tuple[dict[str, list[str]], Hold]:
    """Runs in every state that a run may be in while it is not over, and some that are: by what they wait for."""
    hold = Hold()
    d.script.on("r", *[hold] * 16)
    d.script.on("b", *[fail()] * 6)
    here, ai = f"workspace: {d.script.folder}", "providers: [openai]"
    made: dict[str, list[str]] = {}
    made["over"] = [await d.begin(flow(step("o"), name="over")) for _ in range(4)]
    made["asked"] = [await d.begin(flow(gate("ask"), step("g", "needs: [ask]"), name="asked")) for _ in range(8)]
    made["backing off"] = [await d.begin(flow(step("b", RETRY), name="backing-off")) for _ in range(6)]
    for run_id in made["backing off"]:
        await d.when(run_id, lambda run: "retry_after_ms" in run.get("scheduler", {}))
    for run_id in (*made["over"], *made["asked"]):
        await d.run_until(run_id, "completed", "awaiting_approval")
    made["running"] = [await d.begin(flow(step("r"), name="running", top=here if i == 0 else "")) for i in range(4)]
    for run_id in made["running"]:
        await d.run_until(run_id, "running")
    made["waiting for the folder"] = [await d.begin(flow(step("w"), name="folder", top=here)) for _ in range(4)]
    made["waiting for a slot"] = [await d.begin(flow(step("q"), name=f"queued{i % 3}")) for i in range(12)]
    made["in need"] = [await d.begin(flow(step("n"), name="in-need", top=ai)) for _ in range(4)]
    made["paused"] = [await d.begin(flow(step("p"), name="paused")) for _ in range(4)]
    for run_id in made["paused"]:
        await d.call("run.pause", run_id=run_id)
    made["behind"] = await scheduled(d, flow(step("s"), name="scheduled"), 4)
    assert sum(map(len, made.values())) == 50
    return made, hold


def seen(queue: dict[str, Any]) -> tuple[Any, ...]:
    """What must be the same after a restart: who has what, who waits and why."""
    active = {(run["run_id"], run["holds"], run.get("workspace")) for run in queue["active"]}
    waiting = {(run["run_id"], run["queue_reason"], run.get("resource_key"), run["priority"]) for run in queue["waiting"]}
    return active, queue["queued"], waiting


@pytest.mark.parametrize("times", [1, 2])
async def test_a_scheduler_that_dies_with_fifty_runs_knows_them_all_again(house: House, times: int) -> None:
    house.configure("scheduler", max_concurrent_runs=4)
    await house.start()
    made, hold = await fifty(house)
    before = await house.call("scheduler.queue", limit=100)
    assert (before["queued"]["capacity"], before["queued"]["workspace_lock"], before["queued"]["retry_backoff"]) == (16 + 1, 4, 6)
    assert before["queued"]["overlap"] == 3
    statuses = {run_id: (await house.run(run_id))["status"] for runs in made.values() for run_id in runs}
    for _ in range(times):
        await kill(house)
    after = await house.call("scheduler.queue", limit=100)
    assert seen(after) == seen(before)
    assert {run_id: (await house.run(run_id))["status"] for runs in made.values() for run_id in runs} == statuses
    hold.open()
    for run_id in made["paused"]:
        await house.call("run.resume", run_id=run_id)
    for run_id in made["asked"]:
        await house.decide(run_id, "approve")
    ended = {run_id: (await house.run_until(run_id))["status"] for runs in made.values() for run_id in runs}
    assert Counter(ended.values()) == {"completed": 50}
    calls = Counter(call["run"] for call in house.script.calls())
    again = {"running": times, "backing off": 1}  # an attempt that was lost with its run is begun again; none of another is
    assert {name: {calls[run_id] for run_id in runs} for name, runs in made.items()} == {name: {1 + again.get(name, 0)} for name in made}
    left = await house.call("scheduler.queue")
    assert (left["active"], left["queued"]) == ([], {})


async def test_a_scheduler_that_dies_while_runs_come_and_go_gives_no_slot_twice(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=2)
    await house.start()
    live = peak = 0

    async def work(call: Any) -> None:
        nonlocal live, peak
        live += 1
        peak = max(peak, live)
        try:
            await trio.sleep(0.3)
        finally:
            live -= 1

    house.script.on("a", *[work] * 40)
    runs = []
    for i in range(20):
        runs.append(await house.begin(flow(gate("ask"), step("a", "needs: [ask]"), name=f"w{i % 3}")))
        await house.run_until(runs[-1], "awaiting_approval")
    for i, run_id in enumerate(runs):
        await house.decide(run_id, "approve")
        if i % 7 == 3:
            await kill(house)
    for run_id in runs:
        assert (await house.run_until(run_id))["status"] == "completed"
    assert (peak, live) == (2, 0)


async def test_the_order_outlives_the_scheduler(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    hold = Hold()
    house.script.on("block", hold, hold)
    await house.begin(flow(step("block"), name="block"))
    await hold.begun()
    runs = []
    for i in range(8):
        heavy = i % 4 != 0
        text = flow(step("heavy" if heavy else "light"), name="heavy" if heavy else "light", top="limits: {weight: 3}" if heavy else "")
        runs.append(await house.begin(text))
        await trio.sleep(0.01)
    runs.append(await house.begin(flow(step("urgent"), name="urgent"), priority=1))
    await kill(house)
    hold.open()
    for run_id in runs:
        await house.run_until(run_id)
    order = [call["node"] for call in house.script.calls()]
    assert order[:3] == ["block", "block", "urgent"], "the attempt that was lost with its run is begun again first"
    assert [order[3:7].count("heavy"), order[7:].count("heavy")] == [3, 3]

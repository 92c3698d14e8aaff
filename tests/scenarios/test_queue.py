"""The order of the queue, and what a run's log says of its time there."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, take

NOTED = "run_queue_reason_changed"


async def blocked(house: House, **settings: Any) -> Hold:
    """A house with one slot, which is taken until the hold opens."""
    house.configure("scheduler", **{"max_concurrent_runs": 1, **settings})
    await house.start()
    hold = Hold()
    house.script.on("block", hold)
    await house.begin(flow(step("block"), name="block"))
    await hold.begun()
    return hold


async def noted(d: House, run_id: str) -> list[tuple[str, str | None, str | None]]:
    """What a run's log says about its waiting."""
    events = [event for event in await d.events(run_id) if event["event"] == NOTED]
    return [(event["queue_reason"], event["resource_key"], event["rate_limited_provider"]) for event in events]


async def test_workflows_share_the_slots_by_their_weight(house: House) -> None:
    hold = await blocked(house)
    runs = []
    for i in range(6):
        runs.append(await house.begin(flow(step("heavy"), name="heavy", top="limits: {weight: 2}")))
        await trio.sleep(0.01)
        if i < 3:
            runs.append(await house.begin(flow(step("light"), name="light")))
            await trio.sleep(0.01)
    hold.open()
    for run_id in runs:
        await house.run_until(run_id)
    order = [call["node"] for call in house.script.calls()][1:]
    assert [order[i : i + 3].count("heavy") for i in (0, 3, 6)] == [2, 2, 2]


async def test_r25_in_single_mode_age_alone_decides(house: House) -> None:
    hold = await blocked(house, mode="single", max_concurrent_runs=8)
    runs = []
    for priority, weight, node in ((0, 1, "first"), (9, 100, "second"), (-9, 1, "third")):
        runs.append(await house.begin(flow(step(node), name=node, top=f"limits: {{weight: {weight}}}"), priority=priority))
        await trio.sleep(0.01)
    assert (await house.call("scheduler.queue"))["mode"] == "single"
    hold.open()
    for run_id in runs:
        await house.run_until(run_id)
    assert [call["node"] for call in house.script.calls()] == ["block", "first", "second", "third"]


async def test_a_reason_that_lasts_is_recorded_and_one_that_passes_is_not(house: House) -> None:
    hold = await blocked(house)
    short = await house.begin(flow(step("a"), name="a"))
    await trio.sleep(0.5)
    hold.open()
    await house.run_until(short)
    assert await noted(house, short) == []
    again = Hold()
    house.script.on("block", again)
    await house.begin(flow(step("block"), name="block"))
    await again.begun()
    long = await house.begin(flow(step("b"), name="b", top="providers: [openai]"))
    created = (await house.run(long))["created_at_ms"]
    await trio.sleep(5)
    assert (await house.run(long))["scheduler"] == {"queued_at_ms": created, "queue_reason": "capacity"}
    assert await noted(house, long) == [("capacity", None, None)]
    await house.call("scheduler.throttle", provider="openai", for_ms=60_000)
    await trio.sleep(5)
    expected = {"queued_at_ms": created, "queue_reason": "rate_limit", "rate_limited_provider": "openai"}
    run = await house.run(long)
    assert (run["scheduler"], run["status"]) == (expected, "queued")
    again.open()
    await trio.sleep(5)
    await house.restart()
    await trio.sleep(5)
    run = await house.run_until(long)
    assert await noted(house, long) == [("capacity", None, None), ("rate_limit", None, "openai")]
    assert "scheduler" not in run


async def test_a_reason_is_recorded_once_whatever_restarts_come(house: House) -> None:
    hold = await blocked(house)
    here = f"workspace: {house.script.folder}"
    first = await house.begin(flow(step("block"), name="first", top=here))
    second = await house.begin(flow(step("b"), name="second", top=here))
    for crash in (False, True):
        await trio.sleep(15)
        await house.restart(crash=crash)
    await trio.sleep(15)
    assert [await noted(house, run_id) for run_id in (first, second)] == [[("capacity", None, None)]] * 2
    hold.open()
    assert (await house.run_until(second))["status"] == "completed"


async def test_a_workspace_that_another_run_holds_is_recorded_with_its_name(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    text = flow(step("a"), top=f"workspace: {d.script.folder}")
    await d.begin(text)
    await hold.begun()
    second = await d.begin(text)
    await trio.sleep(5)
    assert await noted(d, second) == [("workspace_lock", str(d.script.folder), None)]
    hold.open()
    assert (await d.run_until(second))["status"] == "completed"


async def test_a_flood_of_queued_runs_costs_no_flood_of_events(house: House) -> None:
    hold = await blocked(house)
    runs = [await house.begin(flow(step("a"))) for _ in range(50)]
    counts = []
    for _ in range(5):
        counts.append(sum([len(await noted(house, run_id)) for run_id in runs]))
        await trio.sleep(1)
    steps = [after - before for before, after in itertools.pairwise(counts)]
    assert max(steps) == 20
    assert await noted(house, runs[0]) == [("capacity", None, None)], "the oldest first"
    await trio.sleep(5)
    assert [len(await noted(house, run_id)) for run_id in runs] == [1] * 50
    rows = [row["path"] for row in (await house.call("system.tree"))["rows"] if row["path"].endswith("/run")]
    assert len(rows) == 1, "those that were told are at rest again"
    hold.open()
    for run_id in runs:
        assert (await house.run_until(run_id))["status"] == "completed"


# A run that goes on, in one commit


async def approvable(d: House, name: str, **params: Any) -> str:
    run_id = await d.begin(flow(gate("ask"), step(f"{name}2", "needs: [ask]"), name=name), **params)
    await d.run_until(run_id, "awaiting_approval")
    return run_id


async def test_an_approved_run_takes_a_free_slot_in_the_commit_of_the_decision(d: House) -> None:
    run_id = await approvable(d, "a")
    d.script.on("a2", hold := Hold())
    before = (await d.call("system.info"))["store"]["commits"]
    assert (await d.decide(run_id, "approve"))["status"] == "queued", "what the decision made of it"
    assert (await d.call("system.info"))["store"]["commits"] == before + 1
    run = await d.run(run_id)
    assert (run["status"], run["epoch"], run["nodes"][1]["status"]) == ("running", 2, "running")
    assert (await d.names(run_id))[-4:] == ["approval_gate_decided", "node_completed", "run_execution_claimed", "node_started"]
    hold.open()
    assert (await d.run_until(run_id))["status"] == "completed"
    assert (await d.call("scheduler.queue"))["active"] == []


async def test_an_approved_run_jumps_no_queue(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    asked = await approvable(house, "asked")
    house.script.on("block", hold := Hold())
    await house.begin(flow(step("block"), name="block"))
    await hold.begun()
    urgent = await house.begin(flow(step("urgent"), name="urgent"), priority=1)
    await house.decide(asked, "approve")
    assert ((await house.run(asked))["status"], await house.why(asked)) == ("queued", ["capacity"])
    hold.open()
    await house.run_until(asked)
    await house.run_until(urgent)
    assert [call["node"] for call in house.script.calls()] == ["block", "urgent", "asked2"]


async def test_a_slot_that_a_failed_commit_did_not_use_is_given_back(house: House) -> None:
    from tests.scenarios.inside import full_disk

    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    asked = await approvable(house, "asked")
    with full_disk(house):
        assert (await house.refused("gate.decide", run_id=asked, decision="approve")).code == "storage_full"
    await trio.sleep(6)
    assert (await house.call("scheduler.queue"))["active"] == []
    other = await house.begin(flow(step("other"), name="other"))
    began = trio.current_time()
    assert (await house.run_until(other))["status"] == "completed"
    assert trio.current_time() - began < 1, "no comparison was needed"
    await house.decide(asked, "approve")
    assert (await house.run_until(asked))["status"] == "completed"


@pytest.mark.parametrize("how", ["approve", "resume", "retry"])
async def test_runs_that_come_back_in_numbers_keep_to_the_slots(house: House, how: str) -> None:
    house.configure("scheduler", max_concurrent_runs=2)
    await house.start()
    runs = [await approvable(house, "a") for _ in range(6)]
    if how != "approve":
        for run_id in runs:
            await house.call("run.pause" if how == "resume" else "run.cancel", run_id=run_id)
    house.script.on("a2", *[take(1)] * 12)
    peak = 0

    async def come_back(run_id: str) -> None:
        async with await house.client() as client:
            match how:
                case "approve":
                    await client.call("gate.decide", {"run_id": run_id, "decision": "approve"})
                case "resume":
                    await client.call("run.resume", {"run_id": run_id})
                case "retry":
                    await client.call("run.retry", {"run_id": run_id, "node_id": "ask"})

    async with trio.open_nursery() as nursery:
        for run_id in runs:
            nursery.start_soon(come_back, run_id)
    if how != "approve":
        for run_id in runs:
            await house.run_until(run_id, "awaiting_approval")
            await house.decide(run_id, "approve")
    for _ in range(40):
        statuses = [(await house.run(run_id))["status"] for run_id in runs]
        peak = max(peak, statuses.count("running"))
        await trio.sleep(0.1)
    assert peak == 2
    for run_id in runs:
        assert (await house.run_until(run_id))["status"] == "completed"

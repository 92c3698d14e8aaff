"""Schedules through the socket: what fires when, what is made up for, what may overlap."""

from __future__ import annotations

from itertools import pairwise

import pytest
import trio

from tests.scenarios.flows import flow, gate, step, wait
from tests.scenarios.harness import House
from tests.scenarios.planned import DAY, HOUR, MINUTE, fired, made, next_fire, planned, put_planned, skipped, until
from tests.scenarios.script import Hold


async def test_an_interval_keeps_its_grid_and_each_time_gets_its_run(d: House) -> None:
    first = await put_planned(d, "every: 60s", top="inputs: {n: {type: integer, default: 1}}")
    assert first == d.clock.now_ms() + MINUTE
    await until(d, first + 3 * MINUTE)
    assert await fired(d) == [first, first + MINUTE, first + 2 * MINUTE, first + 3 * MINUTE]
    runs = await made(d)
    assert [run["scheduled_for_ms"] for run in runs] == await fired(d)
    assert {(run["trigger_type"], run["status"], run["started_by"], run["inputs"]["n"]) for run in runs} == {
        ("scheduled", "completed", "system", 1)
    }
    for run in runs:
        assert 0 <= run["created_at_ms"] - run["scheduled_for_ms"] <= 1000, "never early, at most a second late"
    assert await next_fire(d) == first + 4 * MINUTE


async def test_cron_in_a_time_zone_with_inputs(d: House) -> None:
    top = "inputs: {since: {required: true}}\noutput: {got: '{{ inputs.since }}'}"
    first = await put_planned(d, 'cron: "30 9 * * *", timezone: Asia/Kathmandu, inputs: {since: monday}', top=top)
    assert first % DAY == 3 * HOUR + 45 * MINUTE
    d.clock.jump(first - d.clock.now_ms() - 40_000)
    await until(d, first)
    [run] = await made(d)
    assert (run["output"], run["scheduled_for_ms"]) == ({"got": "monday"}, first)


async def test_r71_overlap_skip_makes_no_run_while_one_is_queued(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    blocker = Hold()
    house.script.on("block", blocker)
    other = await house.begin(flow(step("block"), name="other"))
    await blocker.begun()
    first = await put_planned(house, "every: 60s, overlap: skip")
    queued = await house.call("run.start", workflow_id="job")
    await until(house, first)
    assert (await house.run(queued["run_id"]))["status"] == "queued"
    assert (await fired(house), await skipped(house)) == ([], [("overlap", first, first, 1)])
    assert await next_fire(house) == first + MINUTE
    blocker.open()
    await house.run_until(other)
    await until(house, first + MINUTE)
    assert await fired(house) == [first + MINUTE]


async def test_r73_catch_up_makes_up_for_the_newest_oldest_first(d: House) -> None:
    first = await put_planned(d, "every: 60s, misfire: {catch_up: 3}, overlap: allow")
    await d.stop()
    d.clock.jump(first + 10 * MINUTE - d.clock.now_ms())
    await d.start()
    await trio.sleep(1)
    expected = [first + 8 * MINUTE, first + 9 * MINUTE, first + 10 * MINUTE]
    assert await fired(d) == expected
    assert await skipped(d) == [("misfire", first, first + 7 * MINUTE, 8)]
    assert [run["scheduled_for_ms"] for run in await made(d)] == expected
    assert await next_fire(d) == first + 11 * MINUTE


async def test_r74_a_manual_schedule_never_fires(d: House) -> None:
    await d.put(planned("type: manual"))
    d.clock.jump(DAY)
    await trio.sleep(120)
    assert (await d.call("schedule.list"))["schedules"] == []
    assert (await d.call("run.list"))["runs"] == []
    assert (await d.refused("schedule.next", workflow_id="job")).code == "schedule_not_found"


@pytest.mark.parametrize("situation", ["paused", "awaiting_approval", "waiting"])
async def test_r75_a_run_that_a_person_holds_does_not_overlap_one_that_waits_does(d: House, situation: str) -> None:
    nodes = {"paused": step("a"), "awaiting_approval": gate("ask"), "waiting": wait("nap", "timer: 1h")}
    first = await put_planned(d, "every: 60s, overlap: skip", nodes[situation])
    hold = Hold()
    d.script.on("a", hold)
    before = str((await d.call("run.start", workflow_id="job"))["run_id"])
    if situation == "paused":
        await hold.begun()
        await d.call("run.pause", run_id=before)
    await d.run_until(before, situation)
    await until(d, first)
    assert (await d.run(before))["status"] == situation
    expected = ([], [("overlap", first, first, 1)]) if situation == "waiting" else ([first], [])
    assert (await fired(d), await skipped(d)) == expected
    hold.open()


MISFIRES = {
    "skip": ([], 5), "run_once": ([4], 4), "{catch_up: 2}": ([3, 4], 3), "{catch_up: 100}": ([0, 1, 2, 3, 4], 0),
}  # fmt: skip


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("policy", MISFIRES)
async def test_the_misfire_matrix(d: House, policy: str, *, late: bool) -> None:
    """Five times are due; the last of them is on time, or half a minute late."""
    first = await put_planned(d, f"every: 60s, misfire: {policy}, overlap: allow")
    await d.stop()
    d.clock.jump(first + 4 * MINUTE + (30_000 if late else 2_000) - d.clock.now_ms())
    await d.start()
    await trio.sleep(1)
    runs, missed = ([4], 4) if policy == "skip" and not late else MISFIRES[policy]
    assert await fired(d) == [first + n * MINUTE for n in runs]
    assert [(reason, begin, count) for reason, begin, _, count in await skipped(d)] == [("misfire", first, missed)] * bool(missed)
    assert await next_fire(d) == first + 5 * MINUTE


@pytest.mark.parametrize("policy", ["skip", "run_once", "{catch_up: 5}"])
async def test_one_time_that_is_on_time_fires_under_every_policy(d: House, policy: str) -> None:
    first = await put_planned(d, f"every: 60s, misfire: {policy}")
    await until(d, first)
    assert (await fired(d), await skipped(d)) == ([first], [])


@pytest.mark.parametrize(("policy", "busy"), [(policy, busy) for policy in ("skip", "queue", "allow") for busy in (False, True)])
async def test_the_overlap_matrix(d: House, policy: str, *, busy: bool) -> None:
    hold = Hold()
    d.script.on("a", *[hold] * 9)
    first = await put_planned(d, f"every: 60s, overlap: {policy}")
    if busy:
        await d.call("run.start", workflow_id="job")
        await hold.begun()
    await until(d, first)
    if busy and policy == "skip":
        assert (await fired(d), await skipped(d)) == ([], [("overlap", first, first, 1)])
    else:
        assert (await fired(d), await skipped(d)) == ([first], [])
        assert (await made(d))[-1]["status"] == "running", "a run that a person has started is none of this schedule's"
    hold.open()


async def test_at_most_a_hundred_may_queue(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    house.script.on("block", blocker := Hold())
    other = await house.begin(flow(step("block"), name="other"))
    await blocker.begun()
    first = await put_planned(house, "every: 60s, overlap: queue, misfire: {catch_up: 60}")
    for n in (59, 119):
        house.clock.jump(first + n * MINUTE - house.clock.now_ms())
        await trio.sleep(31)
    assert len(await fired(house)) == 100
    assert await skipped(house) == [("overlap_queue_full", first + 100 * MINUTE, first + 119 * MINUTE, 20)]
    assert (await house.call("system.info"))["runs"]["queued"] == 100
    blocker.open()
    await house.run_until(other)


async def test_the_runs_of_a_catch_up_start_in_their_order(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    first = await put_planned(house, "every: 60s, misfire: {catch_up: 5}", step("a", 'with: {run: "{{ run.id }}"}'))
    house.clock.jump(first + 4 * MINUTE - house.clock.now_ms())
    await trio.sleep(35)
    runs = await made(house)
    assert [run["scheduled_for_ms"] for run in runs] == [first + n * MINUTE for n in range(5)]
    for before, after in pairwise(runs):
        assert before["finished_at_ms"] <= after["started_at_ms"]
    assert [call["run"] for call in house.script.calls()] == [run["run_id"] for run in runs]


async def test_many_schedules_of_one_moment_all_fire(d: House) -> None:
    for n in range(60):
        await put_planned(d, 'cron: "0 * * * *"', name=f"job-{n}")
    first = await next_fire(d, "job-0")
    assert first is not None
    await until(d, first + 2_000)
    runs = (await d.call("run.list", limit=1000))["runs"]
    assert sorted(run["workflow_id"] for run in runs) == sorted(f"job-{n}" for n in range(60))
    row = next(row for row in (await d.call("system.tree"))["rows"] if row["path"] == "calendar")
    assert row["status"] == "60 runs made, 0 times skipped"

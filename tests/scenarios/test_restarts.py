"""A restart in every status, orderly and not: nothing is lost, nothing is done twice, everything goes on."""

from __future__ import annotations

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail, give
from tests.scenarios.situations import SITUATIONS, in_status

HOW = pytest.mark.parametrize("crash", [False, True], ids=["orderly", "crash"])


@HOW
@pytest.mark.parametrize("status", [status for status in SITUATIONS if status != "running"])
async def test_r54_runs_at_rest_are_untouched_by_a_restart(d: House, status: str, *, crash: bool) -> None:
    run_id = await in_status(d, status)
    before, events = await d.run(run_id), await d.events(run_id)
    await d.restart(crash=crash)
    await trio.sleep(5)
    assert (await d.run(run_id), await d.events(run_id)) == (before, events)
    listed = {row["run_id"]: row["status"] for row in (await d.call("run.list"))["runs"]}
    assert listed[run_id] == status


async def test_r51_an_attempt_lost_with_the_daemon_is_started_again(d: House) -> None:
    hold = Hold()
    d.script.on("b", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]")))
    await hold.begun()
    await d.restart(crash=True)
    run = await d.run_until(run_id)
    assert (run["status"], d.script.count("a"), d.script.count("b"), d.script.count("c")) == ("completed", 1, 2, 1)
    resumed = next(event for event in await d.events(run_id) if event["event"] == "run_queued_for_resume_after_restart")
    assert list(resumed["node_ids"]) == ["b"]


async def test_three_crashes_in_one_node_fail_the_run(d: House) -> None:
    d.script.on("a", *(Hold() for _ in range(3)))
    run_id = await d.begin(flow(step("a")))

    async def lose(number: int) -> None:
        await d.when(run_id, lambda run: (run["nodes"][0]["attempt"], run["nodes"][0]["status"]) == (number, "running"))
        await d.restart(crash=True)

    for number in (1, 2, 3):
        await lose(number)
    run = await d.run_until(run_id)
    assert (run["status"], run["stop_kind"], run["detail"]) == (
        "failed",
        "server_restart",
        {"code": "interrupted_by_restart", "node_ids": ["a"]},
    )
    assert d.script.count("a") == 3
    await d.call("run.retry", run_id=run_id, node_id="a")
    assert (await d.run_until(run_id, "completed"))["nodes"][0]["instance"] == 2


async def test_r102_an_orderly_end_holds_the_run_and_the_attempt_does_not_count(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a", "retry: {max_attempts: 1}")))
    await hold.begun()
    await d.restart()
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["attempt"], d.script.count("a")) == ("completed", 2, 2)
    names = await d.names(run_id)
    at = names.index("run_interrupted_shutdown")
    assert names[at : at + 3] == ["run_interrupted_shutdown", "run_paused", "run_queued_for_resume_after_restart"]


async def test_what_ends_within_the_grace_of_an_orderly_end_is_kept(d: House) -> None:
    d.script.on("a", Hold({"done": True}))
    hold = Hold({"done": True})
    d.script.on("b", hold)
    run_id = await d.begin(flow(step("b"), step("c", "needs: [b]")))
    await hold.begun()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(d.restart)
        await trio.sleep(1)
        hold.open()
    run = await d.run_until(run_id)
    assert (run["status"], d.script.count("b"), d.script.count("c")) == ("completed", 1, 1)


@HOW
async def test_r56_a_decision_is_used_once_whatever_happens_after_it(d: House, *, crash: bool) -> None:
    hold = Hold()
    d.script.on("send", hold)
    run_id = await d.begin(flow(gate("ask"), step("send", "needs: [ask]")))
    await d.run_until(run_id, "awaiting_approval")
    await d.decide(run_id, "approve")
    await d.restart(crash=crash)
    hold.open()
    run = await d.run_until(run_id)
    names = await d.names(run_id)
    assert (run["status"], names.count("approval_gate_decided"), names.count("approval_gate_opened")) == ("completed", 1, 1)
    assert "approval_gate_decision_recovered" not in names


@HOW
async def test_clean_up_under_way_goes_on_after_a_restart(d: House, *, crash: bool) -> None:
    hold = Hold()
    d.script.on("bad", fail())
    d.script.on("tidy", hold)
    run_id = await d.begin(flow(step("bad"), last=(step("tidy"),)))
    await hold.begun()
    await d.restart(crash=crash)
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]["node_ids"], d.script.count("bad"), d.script.count("tidy")) == ("failed", ["bad"], 1, 2)


@HOW
async def test_a_cancel_that_cleans_up_is_finished_after_a_restart(d: House, *, crash: bool) -> None:
    hold, tidy = Hold(), Hold()
    d.script.on("a", hold)
    d.script.on("tidy", tidy)
    run_id = await d.begin(flow(step("a"), last=(step("tidy"),)))
    await hold.begun()
    await d.call("run.cancel", run_id=run_id, reason="enough")
    await tidy.begun()
    await d.restart(crash=crash)
    run = await d.run_until(run_id)
    assert (run["status"], run["stop_reason"], d.script.count("a")) == ("cancelled", "enough", 1)


@HOW
async def test_a_fan_under_way_repeats_only_what_was_not_recorded(d: House, *, crash: bool) -> None:
    hold = Hold()
    for i in range(4):
        d.script.on(f"b{i}", give(i) if i % 2 else hold)
    text = flow(*(step(f"b{i}") for i in range(4)), step("z", "needs: [b0, b1, b2, b3]"), top="limits: {parallel: 4}")
    run_id = await d.begin(text)
    await d.when(run_id, lambda run: [node["status"] for node in run["nodes"]].count("completed") == 2)
    await d.restart(crash=crash)
    run = await d.run_until(run_id)
    assert (run["status"], [d.script.count(f"b{i}") for i in range(4)], d.script.count("z")) == ("completed", [2, 1, 2, 1], 1)


async def test_many_runs_under_way_all_go_on_after_a_crash(d: House) -> None:
    hold = Hold()
    d.script.on("a", *[hold] * 8)
    runs = [await d.begin(flow(step("a"), step("b", "needs: [a]"))) for _ in range(20)]
    await trio.sleep(1)
    assert hold.entered == 8
    await d.restart(crash=True)
    for run_id in runs:
        assert (await d.run_until(run_id))["status"] == "completed"
    assert d.script.count("b") == 20


@pytest.mark.parametrize("name", ["commit.before", "commit.after"])
async def test_crashes_in_the_recovery_of_a_crash_converge(d: House, name: str) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    await d.crash()
    d.revive = True
    d.point.plan = [(name, 1), (name, 2), (name, 3)]
    await d.start()
    run = await d.run_until(run_id)
    assert (run["status"], d.script.count("b"), d.point.fired) == ("completed", 1, 3)
    assert d.script.count("a") <= 3


async def test_an_epoch_grows_with_every_claim(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a")))
    await hold.begun()
    assert (await d.run(run_id))["epoch"] == 1
    await d.restart(crash=True)
    await d.run_until(run_id)
    claims = [event["lease_epoch"] for event in await d.events(run_id) if event["event"] == "run_execution_claimed"]
    assert (claims, (await d.names(run_id)).count("run_started")) == ([1, 2], 1)

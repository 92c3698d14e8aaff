"""Scheduled runs that queue behind older ones of their workflow: they start one after the other, in the order of their making."""

from __future__ import annotations

import itertools

import pytest
import trio

from tests.scenarios.flows import flow, gate, step, wait
from tests.scenarios.harness import House
from tests.scenarios.scheduled import scheduled
from tests.scenarios.script import Hold, fail, take

DELAYED = step("a", "retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 10s}}")


async def test_they_run_one_after_the_other_however_many_slots_there_are(d: House) -> None:
    d.script.on("a", *[take(1)] * 9)
    runs = await scheduled(d, flow(step("a"), name="w"), 4)
    other = await d.begin(flow(step("b"), name="w2"))
    assert (await d.run_until(other))["status"] == "completed"
    ended = [await d.run_until(run_id) for run_id in runs]
    for before, after in itertools.pairwise(ended):
        assert after["started_at_ms"] >= before["finished_at_ms"]
        assert after["started_at_ms"] - before["finished_at_ms"] < 100, "nobody waits for a sweep"


async def test_why_says_behind_whom_and_the_log_says_that_it_waited(d: House) -> None:
    d.script.on("a", hold := Hold())
    first, second, third = await scheduled(d, flow(step("a"), name="w"), 3)
    await hold.begun()
    await trio.sleep(5)
    [reason] = (await d.call("run.why", run_id=third))["reasons"]
    assert (reason["code"], reason["data"]["held_by"]) == ("overlap", first)
    assert f"An older scheduled run of w ({first}) is not over" in reason["text"]
    assert (await d.call("scheduler.queue"))["queued"] == {"overlap": 2}
    assert (await d.run(second))["scheduler"]["queue_reason"] == "overlap"
    assert (await d.names(second)).count("run_queue_reason_changed") == 1
    hold.open()
    assert (await d.run_until(third))["status"] == "completed"


async def test_a_person_may_run_the_workflow_beside_them(d: House) -> None:
    text = flow(step("a"), name="w")
    d.script.on("a", hold := Hold())
    [first] = await scheduled(d, text)
    await hold.begun()
    assert (await d.run_until(await d.begin(text)))["status"] == "completed"
    [beside] = await scheduled(d, text, queues=False)
    assert (await d.run_until(beside))["status"] == "completed", "one that does not queue waits for nobody"
    hold.open()
    await d.run_until(first)


@pytest.mark.parametrize("how", ["awaiting_approval", "paused"])
async def test_an_older_run_that_a_person_holds_is_not_waited_for(d: House, how: str) -> None:
    d.script.on("a", hold := Hold())
    text = flow(step("a"), gate("ask", "needs: [a]"), name="w")
    first, second = await scheduled(d, text, 2)
    await hold.begun()
    assert await d.why(second) == ["overlap"]
    if how == "paused":
        await d.call("run.pause", run_id=first)
    else:
        hold.open()
        await d.run_until(first, "awaiting_approval")
    await d.run_until(second, "awaiting_approval")
    assert (await d.run(first))["status"] == how
    for run_id in (first, second):
        await d.call("run.cancel", run_id=run_id)


async def test_an_older_run_in_a_back_off_is_waited_for(d: House) -> None:
    d.script.on("a", fail())
    first, second = await scheduled(d, flow(DELAYED, name="w"), 2)
    await d.when(first, lambda run: "retry_after_ms" in run.get("scheduler", {}))
    assert ((await d.run(second))["status"], await d.why(second)) == ("queued", ["overlap"])
    ended = [await d.run_until(run_id) for run_id in (first, second)]
    assert ended[1]["started_at_ms"] >= ended[0]["finished_at_ms"]


@pytest.mark.parametrize("how", ["signal", "cancel"])
async def test_an_older_run_that_waits_for_a_signal_is_waited_for(d: House, how: str) -> None:
    first, second = await scheduled(d, flow(wait("pay", "signal: payment"), step("a", "needs: [pay]"), name="w"), 2)
    await d.run_until(first, "waiting")
    await trio.sleep(20)
    assert ((await d.run(second))["status"], await d.why(second)) == ("queued", ["overlap"])
    began = trio.current_time()
    if how == "signal":
        await d.call("signal.send", run_id=first, name="payment")
    else:
        await d.call("run.cancel", run_id=first)
    await d.run_until(second, "waiting")
    assert trio.current_time() - began < 2, "of the end of a run that had no slot, a tick finds out"
    await d.call("run.cancel", run_id=second)


@pytest.mark.parametrize("word", ["cancel", "pause"])
async def test_an_older_run_that_leaves_the_queue_makes_way(house: House, word: str) -> None:
    house.configure("scheduler", max_concurrent_runs=2)
    await house.start()
    house.script.on("block", *[hold := Hold()] * 2)
    blocker = await house.begin(flow(step("block"), name="block"))
    await hold.begun()
    await house.call("scheduler.throttle", provider="openai", for_ms=600_000)
    [first] = await scheduled(house, flow(step("a"), name="w", top="providers: [openai]"))
    [second] = await scheduled(house, flow(step("a"), name="w"))
    await trio.sleep(1)
    assert (await house.why(first), await house.why(second)) == (["rate_limit"], ["overlap"])
    await house.call(f"run.{word}", run_id=first)
    assert (await house.run_until(second))["status"] == "completed"
    hold.open()
    await house.run_until(blocker)
    await house.call("run.cancel", run_id=first)


@pytest.mark.parametrize("crash", [False, True], ids=["orderly", "crash"])
async def test_the_next_daemon_keeps_their_order(d: House, *, crash: bool) -> None:
    d.script.on("a", hold := Hold())
    runs = await scheduled(d, flow(step("a"), name="w"), 3)
    await hold.begun()
    await d.restart(crash=crash)
    ended = [await d.run_until(run_id) for run_id in runs]
    starts = [run["nodes"][0]["started_at_ms"] for run in ended]
    assert all(after >= before["finished_at_ms"] for before, after in zip(ended, starts[1:], strict=False))


async def test_an_older_run_whose_log_is_damaged_makes_way(d: House) -> None:
    from tests.scenarios.inside import tampered

    d.script.on("a", hold := Hold())
    first, second = await scheduled(d, flow(step("a"), name="w"), 2)
    await hold.begun()
    await d.crash()
    found = "SELECT position FROM journal WHERE kind = 'node_started' AND stream = (SELECT id FROM streams WHERE name = ?)"
    tampered(d, lambda db: db.execute(f"UPDATE journal SET data = x'7b7b' WHERE position = ({found})", (first,)))
    d.history.unread.add(first)
    await d.start()
    assert (await d.run_until(second))["status"] == "completed"

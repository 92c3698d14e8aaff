"""Cancelling: at any moment, against completion, with clean-up, twice."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from tests.scenarios.client import Refused
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail, take

ENDINGS = ("run_completed", "run_failed", "run_stopped", "run_cancelled")


async def test_cancel_ends_what_is_under_way_before_it_answers(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    answer = await d.call("run.cancel", run_id=run_id, reason="wrong branch")
    run = await d.run(run_id)
    assert (answer["status"], run["status"], run["stop_kind"], run["stop_reason"]) == (
        "cancelled",
        "cancelled",
        "operator_stopped",
        "wrong branch",
    )
    assert run["detail"]["code"] == "cancelled_by_operator"
    assert (await d.names(run_id))[-3:] == ["node_interrupted", "run_stopped", "report_written"]
    assert d.script.count("b") == 0


async def test_open_gates_stay_readable_after_a_cancel(d: House) -> None:
    run_id = await d.begin(flow(gate("ask")))
    await d.run_until(run_id, "awaiting_approval")
    await d.call("run.cancel", run_id=run_id)
    run = await d.run(run_id)
    assert run["open_gates"] == ["ask"]
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve")).code == "run_not_awaiting_approval"
    assert (await d.call("gate.list"))["gates"] == []


async def test_r107_cancel_lets_only_clean_up_run(d: House) -> None:
    hold, tidy = Hold(), Hold()
    d.script.on("a", hold)
    d.script.on("tidy", tidy)
    run_id = await d.begin(flow(step("a"), step("b"), last=(step("tidy"),)))
    await hold.begun()
    answer = await d.call("run.cancel", run_id=run_id, reason="stop")
    assert answer["status"] in ("queued", "running")
    await tidy.begun()
    tidy.open()
    run = await d.run_until(run_id)
    assert (run["status"], run["stop_reason"], d.script.count("b")) == ("cancelled", "stop", 0)
    names = await d.names(run_id, ("run_cancel_requested", "finally_started", "finally_completed", "run_stopped"))
    assert names == ["run_cancel_requested", "finally_started", "finally_completed", "run_stopped"]


async def test_r107_a_second_cancel_ends_the_clean_up_at_once(d: House) -> None:
    hold, tidy = Hold(), Hold()
    d.script.on("a", hold)
    d.script.on("tidy", tidy)
    run_id = await d.begin(flow(step("a"), last=(step("tidy"),)))
    await hold.begun()
    await d.call("run.cancel", run_id=run_id)
    await tidy.begun()
    assert (await d.call("run.cancel", run_id=run_id))["status"] == "cancelled"
    assert (await d.run(run_id))["status"] == "cancelled"


async def test_clean_up_of_a_cancelled_run_has_its_grace_and_no_more(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    d.script.on("t1", take(50))
    d.script.on("t2", take(50))
    run_id = await d.begin(flow(step("a"), last=(step("t1"), step("t2", "needs: [t1]"))))
    await hold.begun()
    asked = d.clock.now_ms()
    await d.call("run.cancel", run_id=run_id)
    run = await d.run_until(run_id)
    assert (run["status"], 60_000 <= run["finished_at_ms"] - asked <= 66_000) == ("cancelled", True)
    assert await d.statuses(run_id) == {"a": "pending", "t1": "completed", "t2": "skipped"} | {"t2": (await d.statuses(run_id))["t2"]}
    assert d.script.count("t2") == 1


@pytest.mark.parametrize("when", ["queued", "gate", "backoff", "paused"])
async def test_cancel_of_a_run_at_rest_that_had_begun_still_cleans_up(d: House, when: str) -> None:
    d.script.on("a", fail(), fail())
    nodes = {"gate": [gate("ask")], "backoff": [step("a", "retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1h}}")]}
    hold = Hold()
    d.script.on("x", hold)
    blocker = ""
    if when == "queued":
        d.configure("scheduler", max_concurrent_runs=1)
        await d.restart()
        blocker = await d.begin(flow(step("x"), name="blocker"))
        await hold.begun()
    run_id = await d.begin(flow(*nodes.get(when, [step("x")]), last=(step("tidy"),)))
    if when == "gate":
        await d.run_until(run_id, "awaiting_approval")
    elif when == "backoff":
        await d.when(run_id, lambda run: "retry_after_ms" in run.get("scheduler", {}))
    elif when == "paused":
        await hold.begun()
        await d.call("run.pause", run_id=run_id)
    await d.call("run.cancel", run_id=run_id)
    if when == "queued":
        assert ((await d.run(run_id))["status"], d.script.count("tidy")) == ("cancelled", 0)
        await d.call("run.cancel", run_id=blocker)
    else:
        assert (await d.run_until(run_id))["status"] == "cancelled"
        assert d.script.count("tidy") == 1


@pytest.mark.parametrize("delay_us", range(0, 2_000, 100))
async def test_r28_cancel_against_completion_gives_exactly_one_ending(d: House, delay_us: int) -> None:
    """The attempts take a millisecond each; the cancel comes at every tenth of it."""
    for node in ("a", "b"):
        d.script.on(node, take(0.001))
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await trio.sleep(delay_us / 1e6)
    answer = await d.call("run.cancel", run_id=run_id)
    run = await d.run_until(run_id)
    assert run["status"] == ("completed" if answer.get("already_terminal") else "cancelled")
    names = await d.names(run_id, ENDINGS)
    assert len(names) == 1


@pytest.mark.parametrize("steps", range(0, 120, 8))
async def test_cancel_at_any_turn_of_the_loop_gives_exactly_one_ending(d: House, steps: int) -> None:
    run_id = await d.begin(flow(*(step(f"n{i}", f"needs: [n{i - 1}]" if i else "") for i in range(6))))
    for _ in range(steps):
        await trio.lowlevel.checkpoint()
    answer = await d.call("run.cancel", run_id=run_id)
    run = await d.run_until(run_id)
    assert run["status"] == ("completed" if answer.get("already_terminal") else "cancelled")
    assert len(await d.names(run_id, ENDINGS)) == 1


async def test_many_operations_at_once_leave_one_consistent_ending(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold, hold, hold, hold, hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    said: list[Any] = []

    async def ask(method: str) -> None:
        async with await d.client() as client:
            try:
                said.append((await client.call(method, {"run_id": run_id}))["status"])
            except Refused as refused:
                said.append(refused.code)

    async with trio.open_nursery() as nursery:
        for method in ("run.pause", "run.resume", "run.cancel", "run.pause", "run.cancel", "run.resume"):
            nursery.start_soon(ask, method)
    run = await d.run_until(run_id)
    assert (run["status"], len(said)) == ("cancelled", 6)
    assert (await d.names(run_id)).count("run_stopped") == 1

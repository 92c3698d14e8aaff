"""Slots: who rests gives its slot back at once, also when it comes to rest in the very commit with which it took it."""

from __future__ import annotations

import trio

from tests.scenarios.flows import flow, gate, step, wait
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail


async def test_runs_that_ask_at_once_do_not_hold_up_those_behind_them(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    began = trio.current_time()
    runs = [await house.begin(flow(gate("ask"))) for _ in range(5)]
    for run_id in runs:
        await house.run_until(run_id, "awaiting_approval")
    assert trio.current_time() - began < 1.0, "no sweep of the scheduler was needed"


async def test_nothing_starts_while_the_daemon_ends(d: House) -> None:
    d.script.on("x", Hold())
    d.script.on("b", fail())
    await d.begin(flow(step("x"), name="long"))
    retried = await d.begin(flow(step("b", "retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 2s}}"), name="retried"))
    await d.when(retried, lambda run: "retry_after_ms" in run.get("scheduler", {}))
    napping = await d.begin(flow(wait("nap", "timer: 3s"), step("c", "needs: [nap]"), name="napping"))
    await d.run_until(napping, "waiting")
    await d.stop()
    again = d.clock.now_ms()
    await d.start()
    run = await d.run_until(retried)
    assert (run["status"], d.script.count("b"), run["nodes"][0]["started_at_ms"] >= again) == ("completed", 2, True)
    run = await d.run_until(napping)
    assert (run["status"], d.script.count("c"), run["nodes"][1]["started_at_ms"] >= again) == ("completed", 1, True)

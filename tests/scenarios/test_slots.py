"""Slots: who rests gives its slot back at once, also when it comes to rest in the very commit with which it took it."""

from __future__ import annotations

import trio

from tests.scenarios.flows import flow, gate
from tests.scenarios.harness import House


async def test_runs_that_ask_at_once_do_not_hold_up_those_behind_them(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    began = trio.current_time()
    runs = [await house.begin(flow(gate("ask"))) for _ in range(5)]
    for run_id in runs:
        await house.run_until(run_id, "awaiting_approval")
    assert trio.current_time() - began < 1.0, "no sweep of the scheduler was needed"

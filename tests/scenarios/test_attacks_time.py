"""G14: the watch jumps, and only the firing of timers moves."""

from __future__ import annotations

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail, take

HOUR, YEAR = 3_600_000, 365 * 86_400_000
JUMPS = {
    "an hour on": HOUR, "an hour back": -HOUR, "ten years on": 10 * YEAR, "ten years back": -10 * YEAR, "to 1970": -1_799_999_000_000,
    "past 2038": 12 * YEAR,
}  # fmt: skip


@pytest.mark.parametrize("ms", JUMPS.values(), ids=JUMPS.keys())
async def test_a_jump_while_nodes_work_changes_neither_order_nor_ending(d: House, ms: int) -> None:
    hold = Hold()
    d.script.on("b", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]")))
    await hold.begun()
    d.clock.jump(ms)
    await trio.sleep(120)
    assert (await d.run(run_id))["status"] == "running"
    hold.open()
    assert (await d.run_until(run_id))["status"] == "completed"
    assert [call["node"] for call in d.script.calls()] == ["a", "b", "c"]


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize("ms", JUMPS.values(), ids=JUMPS.keys())
async def test_a_jump_across_a_restart_loses_no_claim_and_no_run(d: House, ms: int, *, crash: bool) -> None:
    hold = Hold()
    d.script.on("b", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    await (d.crash() if crash else d.stop())
    d.clock.jump(ms)
    await d.start()
    hold.open()
    run = await d.run_until(run_id)
    assert (run["status"], d.script.count("a"), run["epoch"]) == ("completed", 1, 2)


async def test_a_jump_forward_fires_a_back_off_once(d: House) -> None:
    d.script.on("a", fail())
    run_id = await d.begin(flow(step("a", "retry: {max_attempts: 5, backoff: {strategy: fixed, initial: 1h}}")))
    await d.when(run_id, lambda run: "retry_after_ms" in run.get("scheduler", {}))
    d.clock.jump(10 * YEAR)
    run = await d.run_until(run_id, within=120)
    assert (run["status"], d.script.count("a")) == ("completed", 2)


async def test_a_jump_forward_fires_an_expiry_once(d: House) -> None:
    run_id = await d.begin(flow(gate("ask", "timeout: 1h, on_timeout: continue"), step("b", "needs: [ask]")))
    await d.run_until(run_id, "awaiting_approval")
    d.clock.jump(10 * YEAR)
    assert (await d.run_until(run_id, within=120))["status"] == "completed"
    assert (await d.names(run_id)).count("approval_gate_expired") == 1


async def test_a_jump_back_makes_a_gate_wait_longer_and_it_can_still_be_answered(d: House) -> None:
    run_id = await d.begin(flow(gate("ask", "timeout: 2m, on_timeout: fail")))
    await d.run_until(run_id, "awaiting_approval")
    d.clock.jump(-HOUR)
    await trio.sleep(600)
    assert (await d.run(run_id))["status"] == "awaiting_approval"
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_a_watch_that_jumps_every_second_disturbs_nothing(d: House) -> None:
    for node in ("a", "b", "c"):
        d.script.on(node, take(20))
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]")))
    for i in range(50):
        d.clock.jump((-1) ** i * (i + 1) * 60_000)
        await trio.sleep(1)
    run = await d.run_until(run_id)
    assert (run["status"], [node["attempt"] for node in run["nodes"]]) == ("completed", [1, 1, 1])


async def test_claims_are_renewed_while_a_run_works_for_ten_minutes(d: House) -> None:
    d.script.on("a", take(600))
    run_id = await d.begin(flow(step("a")))
    run = await d.run_until(run_id)
    assert (run["epoch"], await d.names(run_id, ("run_execution_claimed",))) == (1, ["run_execution_claimed"])

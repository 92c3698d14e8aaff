"""G5 to G8: outcomes told twice, late or falsely; attempts that will not go; effects between crashes."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from actors.node.messages import Failure, Interruption, Outcome, Success
from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.records import Records
from tests.scenarios.script import Call, Hold, give, take


def system(d: House) -> Any:
    assert d.host is not None
    assert d.host.assembly is not None
    return d.host.assembly.system


async def tell(d: House, run_id: str, outcome: Outcome) -> None:
    """What an attempt's actor would tell, from a hand that is not its own."""
    await system(d).ref(f"runs/{run_id}/run").tell(outcome)
    await trio.sleep(1)


@pytest.mark.parametrize("verdict", [Success({"false": 1}), Failure("x", "late"), Interruption("stopped")])
async def test_g8_results_with_a_token_that_is_not_under_way_change_nothing(d: House, verdict: Any) -> None:
    hold = Hold("true")
    d.script.on("b", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    before = await d.events(run_id)
    for token in (f"{run_id}/b/1/2", f"{run_id}/b/2/1", f"{run_id}/a/1/1", "nonsense", ""):
        await tell(d, run_id, Outcome("b" if "/b/" in token else "a", token, verdict))
    await tell(d, run_id, Outcome("nobody", "nobody", verdict))
    assert await d.events(run_id) == before
    hold.open()
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][1]["output"]) == ("completed", "true")
    await d.stop()
    stale = [row for row in Records.read(d.places.data).audit if row["action"] == "stale_result"]
    assert (len(stale), {row["subject"] for row in stale}) == (6, {run_id})


async def test_g8_a_result_told_twice_counts_once(d: House) -> None:
    hold = Hold("mine")
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    ref = system(d).ref(f"runs/{run_id}/run")
    for value in ("first", "second"):
        await ref.tell(Outcome("a", f"{run_id}/a/1/1", Success(value)))
    run = await d.run_until(run_id)
    assert (run["nodes"][0]["output"], (await d.names(run_id)).count("node_completed"), d.script.count("b")) == ("first", 2, 1)


async def test_g8_a_result_after_the_time_limit_is_late(d: House) -> None:
    async def stubborn(call: Call) -> str:
        with trio.CancelScope(shield=True):
            await trio.sleep(8)
        return "too late"

    d.script.on("a", stubborn, give("second"))
    run_id = await d.begin(flow(step("a", "timeout: 2s, retry: {max_attempts: 2}")))
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["output"], run["nodes"][0]["attempt"]) == ("completed", "second", 2)


@pytest.mark.parametrize("method", ["run.pause", "run.cancel"])
async def test_g7_an_attempt_that_will_not_go_is_waited_for_before_anything_is_said(d: House, method: str) -> None:
    async def stubborn(call: Call) -> str:
        with trio.CancelScope(shield=True):
            await trio.sleep(8)
        return "done after all"

    d.script.on("a", stubborn)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await d.when(run_id, lambda run: run["nodes"][0]["status"] == "running")
    began = trio.current_time()
    await d.call(method, run_id=run_id)
    assert trio.current_time() - began >= 7
    if method == "run.pause":
        await d.call("run.resume", run_id=run_id)
    run = await d.run_until(run_id)
    assert run["status"] == ("completed" if method == "run.pause" else "cancelled")
    assert d.history.overlaps == d.script.overlaps == []


async def test_g5_a_recorded_completion_is_never_run_again_through_ten_restarts(d: House) -> None:
    hold = Hold()
    d.script.on("z", *[hold] * 20)
    run_id = await d.begin(flow(step("a"), step("b"), step("z", "needs: [a, b]")))
    await hold.begun()
    for _ in range(10):
        await d.restart()
        await d.when(run_id, lambda run: run["nodes"][2]["status"] == "running")
    hold.open()
    await d.run_until(run_id)
    assert (d.script.count("a"), d.script.count("b")) == (1, 1)


@pytest.mark.parametrize("name", ["commit.before", "commit.after"])
@pytest.mark.parametrize("n", range(1, 8))
async def test_g6_what_must_happen_once_happens_once_or_a_person_is_asked(house: House, name: str, n: int) -> None:
    house.revive, house.point.plan = True, [(name, n)]
    await house.start()
    house.script.on("pay", *[take(0.5, "paid")] * 5)
    run_id = await house.begin(flow(step("pay", "effect: once, retry: {max_attempts: 5}"), step("thank", "needs: [pay]")))
    run = await house.run_until(run_id, "completed", "awaiting_approval")
    if run["status"] == "awaiting_approval":
        assert run["open_gates"] == ["pay.outcome"]
        await house.decide(run_id, "approve")
    run = await house.run_until(run_id)
    assert (run["status"], house.script.count("pay") <= 1, house.script.count("thank")) == ("completed", True, house.script.count("thank"))


async def test_g6_every_attempt_of_an_instance_has_one_key_and_a_retry_has_another(d: House) -> None:
    d.script.on("a", Hold(error="no"), give(1), give(2))
    hold = Hold(error="no")
    hold.open()
    d.script.on("b", hold)
    run_id = await d.begin(flow(step("b", "retry: {max_attempts: 2}")))
    await d.run_until(run_id)
    await d.call("run.retry", run_id=run_id, node_id="b")
    await d.run_until(run_id, "completed")
    keys = [call["key"] for call in d.script.calls()]
    assert (keys[0] == keys[1], keys[2] != keys[0], [call["attempt"] for call in d.script.calls()]) == (True, True, [1, 2, 1])

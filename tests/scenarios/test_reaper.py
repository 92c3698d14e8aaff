"""The stale reaper: a run in which nothing happens any more is held, what was under way is noted, and it goes on by itself a few times."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from attrs import evolve

from actors.config import Config
from actors.config.sections import Reaper
from actors.node.events import NodeStarted
from actors.node.findings import NodeRepairRequested
from actors.run.events import RunPauseRequested
from supervision.incarnation import Incarnation
from tests.scenarios.flows import flow, step
from tests.scenarios.forged import forge, held_back, let_go, pulse, services_of, taken
from tests.scenarios.harness import House
from tests.scenarios.inside import system_of
from tests.scenarios.script import Hold

NO_RESUME = {"auto_resume": False}


async def served(house: House, **more: Any) -> House:
    house.config = evolve(Config(), reaper=Reaper(**{"stale_after_ms": 120_000, **more}))
    await house.start()
    return house


async def lost(d: House, *nodes: str, begun: str | None = None, **more: str) -> str:
    """A run of this daemon's that nobody works for, since its actor is gone: as if it had been forgotten."""
    run_id = await held_back(d, *nodes, **more)
    await taken(d, run_id, *([begun] if begun else []), by=services_of(d).claimant, lease_ms=600_000)
    return run_id


async def reaped(d: House, run_id: str) -> dict[str, Any]:
    run = await d.run(run_id)
    assert (run["status"], run["pause_reason"], run["stop_kind"], run["stop_reason"]) == (
        "paused", "stale_no_provider_activity", "stale_reaped", "stale_no_provider_activity",
    )  # fmt: skip
    names = await d.names(run_id)
    assert (names[-1], "run_failed_stale_no_provider_activity" in names) == ("run_paused_stale_no_provider_activity", False)
    return run


async def test_r40_a_run_in_which_nothing_is_under_way_is_held(house: House, tmp_path: Any) -> None:
    d = await served(house, **NO_RESUME)
    run_id = await lost(d, step("a"), top=f"workspace: {tmp_path}")
    await forge_progress(d, run_id)
    progressed = (await d.events(run_id))[-1]["at_ms"]
    await trio.sleep(115)
    run = await d.run(run_id)
    assert (run["status"], run["last_activity_ms"]) == ("running", progressed), "claims that are renewed are no activity"
    await trio.sleep(25)
    run = await reaped(d, run_id)
    assert run["detail"] == {"code": "stale_no_provider_activity", "idle_s": 120}
    assert services_of(d).store.claims.held() == []
    other = await d.begin(flow(step("b"), top=f"workspace: {tmp_path}"))
    assert (await d.run_until(other))["status"] == "completed", "slot and folder are free"
    assert await d.why(run_id) == ["stale_no_provider_activity"]


async def forge_progress(d: House, run_id: str) -> None:
    """Something has begun and ended, so that the claim is no fresh one."""
    await forge(d, run_id, RunPauseRequested(reason="noted"))


async def test_r23_r24_a_fresh_claim_is_left_alone_and_one_with_progress_is_not(house: House) -> None:
    d = await served(house, **NO_RESUME, stale_after_ms=1)
    going, fresh, other = [await held_back(d, step("a"), name=name) for name in ("going", "fresh", "other")]
    await taken(d, going, by=services_of(d).claimant, lease_ms=600_000)
    await taken(d, fresh, by=services_of(d).claimant, lease_ms=600_000)
    await taken(d, other)
    await forge_progress(d, going)
    await d.when(going, lambda run: run["status"] == "paused")
    await reaped(d, going)
    assert [(await d.run(run_id))["status"] for run_id in (fresh, other)] == ["running", "running"]
    await d.when(other, lambda run: run["status"] == "queued")
    assert (await d.run(other))["resume_reason"] == "abandoned_execution_claim"
    assert "run_execution_claim_expired_requeued" in await d.names(other)
    assert (await d.run(fresh))["status"] == "running", "its claim is renewed"
    assert [("run_paused_stale_no_provider_activity" in await d.names(run_id)) for run_id in (fresh, other)] == [False, False]
    await d.call("run.cancel", run_id=fresh)


@pytest.mark.parametrize(("policy", "status", "failure_kind"), [
    pytest.param("retry: {max_attempts: 3}", "needs_repair", "execution_failed", id="R41"),
    pytest.param("retry: {max_attempts: 1}", "failed", "run_failed", id="R43"),
])  # fmt: skip
async def test_r41_r43_what_was_under_way_is_noted(house: House, policy: str, status: str, failure_kind: str) -> None:
    d = await served(house, **NO_RESUME)
    run_id = await lost(d, step("cluster_topics", f"command: ['true'], idle_timeout: 1m, {policy}"), begun="cluster_topics")
    await trio.sleep(145)
    run = await reaped(d, run_id)
    assert run["detail"] == {"code": "stale_no_provider_activity", "idle_s": 120, "node_ids": ["cluster_topics"]}
    [node] = run["nodes"]
    assert (node["status"], node["attempt"], node["output"]["status"]) == ("pending", 1, status)
    assert (node["output"]["failure_kind"], node["output"]["blocker_category"]) == (failure_kind, "execution_error")
    assert (node["error"]["code"], node["error"]["category"], node["error"]["detail"]) == (
        "node_stalled_no_provider_activity", "execution_error", {"idle_s": 120},
    )  # fmt: skip
    assert run["last_failure"]["failure_kind"] == "stale_no_provider_activity"
    [event] = [event for event in await d.events(run_id) if event["event"] == "run_paused_stale_no_provider_activity"]
    assert event["terminal_node_ids"] == (["cluster_topics"] if status == "failed" else [])


async def test_r44_a_sign_of_life_keeps_a_run_from_being_held(house: House) -> None:
    d = await served(house, **NO_RESUME)
    run_id = await lost(d, step("a", "timeout: 20m"), begun="a")
    for _ in range(40):
        await trio.sleep(5)
        pulse(d, run_id, d.clock.now_ms())
    assert (await d.run(run_id))["status"] == "running"
    await trio.sleep(700)
    await reaped(d, run_id)


async def test_r45_a_node_that_may_be_silent_for_long_is_waited_for(house: House) -> None:
    d = await served(house, **NO_RESUME)
    run_id = await lost(d, step("a", "command: ['true'], idle_timeout: 10m"), begun="a")
    await trio.sleep(300)
    assert (await d.run(run_id))["status"] == "running"
    await trio.sleep(375)  # between two looks of the reaper, not in the moment of one
    run = await reaped(d, run_id)
    assert run["detail"]["idle_s"] == 660


async def test_r46_what_a_node_has_said_itself_is_left_as_it_is(house: House) -> None:
    d = await served(house, **NO_RESUME)
    said = {"status": "needs_repair", "summary": "half done"}
    run_id = await lost(d, step("a", "contract: {kind: report}, retry: {max_attempts: 3}, timeout: 1m"), begun="a")
    await forge(d, run_id, NodeRepairRequested(node_id="a", output=said), NodeStarted(node_id="a", attempt=2))
    await trio.sleep(200)
    run = await reaped(d, run_id)
    assert ("node_ids" in run["detail"], run["nodes"][0]["output"]) == (False, said)


@pytest.mark.parametrize("begun", ["a", None])
async def test_r47_a_run_that_was_held_goes_on_by_itself(house: House, begun: str | None) -> None:
    d = await served(house)
    run_id = await lost(d, step("a", "retry: {max_attempts: 3}, timeout: 1m"), step("b", "needs: [a]"), begun=begun)
    if begun is None:
        await forge_progress(d, run_id)
    await d.when(run_id, lambda run: run.get("resume_reason") == "auto_resume_after_stale_reap")
    run = await d.run(run_id)
    assert (run["status"], "stop_kind" in run, "pause_reason" in run, "detail" in run) == ("queued", False, False, False)
    output = (await d.nodes(run_id))["a"].get("output")
    assert (output is not None and output["code"]) == ("node_stalled_no_provider_activity" if begun else False)
    names = await d.names(run_id)
    assert names[-2:] == ["run_paused_stale_no_provider_activity", "run_auto_resumed"]
    await let_go(d)
    run = await d.run_until(run_id)
    assert (run["status"], (await d.nodes(run_id))["a"]["attempt"]) == ("completed", 2 if begun else 1)


async def test_it_goes_on_by_itself_twice_in_twenty_minutes_and_then_waits_for_a_person(house: House) -> None:
    d = await served(house)
    run_id = await held_back(d, step("a", "retry: {max_attempts: 10}, timeout: 1m"))
    for number in range(3):
        await taken(d, run_id, by=services_of(d).claimant, lease_ms=600_000)
        await forge(d, run_id, NodeStarted(node_id="a", attempt=number + 1))
        await d.when(run_id, lambda run: run["status"] != "running")
    await trio.sleep(600)
    run = await reaped(d, run_id)
    assert ((await d.names(run_id)).count("run_auto_resumed"), run["nodes"][0]["attempt"]) == (2, 3)
    await d.call("run.resume", run_id=run_id)
    await let_go(d)
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_an_effect_that_must_happen_once_is_asked_about(house: House) -> None:
    d = await served(house, **NO_RESUME)
    run_id = await lost(d, step("pay", "effect: once, timeout: 1m"), begun="pay")
    await trio.sleep(200)
    run = await d.run(run_id)
    assert (run["status"], run["open_gates"], "node_ids" in run["detail"]) == ("paused", ["pay.outcome"], False)
    await d.decide(run_id, "approve")
    await d.call("run.resume", run_id=run_id)
    await let_go(d)
    assert (await d.run_until(run_id))["status"] == "completed"
    assert d.script.count("pay") == 0


async def test_an_attempt_that_works_in_silence_is_left_alone(house: House) -> None:
    d = await served(house)
    d.script.on("a", hold := Hold())
    run_id = await d.begin(flow(step("a", "timeout: 2h")))
    await trio.sleep(3600)
    assert (await d.run(run_id))["status"] == "running"
    d.clock.jump(10 * 365 * 86_400_000)  # nor does a jump of the watch make it stale
    await trio.sleep(60)
    assert (await d.run(run_id))["status"] == "running"
    hold.open()
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_a_run_whose_actor_hangs_is_cut_off_and_held(house: House) -> None:
    d = await served(house, **NO_RESUME)
    d.script.on("a", Hold())
    run_id = await d.begin(flow(step("a", "timeout: 1m, retry: {max_attempts: 2}")))
    await d.when(run_id, lambda run: run["status"] == "running")
    await trio.sleep(1)
    _hang(d, run_id)
    await trio.sleep(400)
    assert (await d.run(run_id))["status"] == "paused"
    await reaped(d, run_id)


def _hang(d: House, run_id: str) -> None:
    """The run's actor waits for something that never comes, and its attempt's end is not heard."""
    [cell] = [cell for path, cell in system_of(d).registry.cells.items() if path == f"runs/{run_id}/run"]
    assert isinstance(cell, Incarnation)
    actor: Any = cell.actor

    async def hang(message: object) -> None:
        await trio.sleep_forever()

    actor.receive = hang

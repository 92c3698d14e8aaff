"""What runs that nodes begin use counts against the budgets of the runs above them: before each call, and when they rest or end."""

from __future__ import annotations

from actors.agent.provider.messages import TokenUsage
from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, agent, ask, crew, writes
from tests.scenarios.script import Hold

CALL = "{id: sub, workflow: child}"


async def test_a_child_is_held_before_the_call_for_which_its_parent_has_nothing_left_and_goes_on_with_it(d: House) -> None:
    d.models.script[:] = [ask("list_dir", path=".", usage=TokenUsage(1_000, 200))]
    await d.put(crew(agent(), name="child"))
    run_id = await d.begin(flow(CALL, top="limits: {tokens: 1000}"))
    run = await d.run_until(run_id, "paused")
    assert (run["stop_reason"], run["stop_kind"], run["total_tokens"]) == ("budget_tokens_reached", "guardrail_stopped", 1_200)
    child_id = run["nodes"][0]["child_run_id"]
    child = await d.run(child_id)
    assert (child["status"], child["pause_reason"], len(d.models.requests)) == ("paused", "budget_parent_reached", 1)
    [reason] = (await d.call("run.why", run_id=child_id))["reasons"]
    assert reason["next"] == [f"penstock resume {run_id}"]
    d.models.script[:] = [writes("notes.json", GOOD, usage=TokenUsage(100, 50))]
    await d.call("run.resume", run_id=run_id, limits={"tokens": 5_000})
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["attempt"], run["total_tokens"]) == ("completed", 1, 1_350)
    assert (await d.run(child_id))["total_tokens"] == 1_350


async def test_two_levels_up_a_budget_holds_and_lets_go_on_all_that_lies_below(d: House) -> None:
    d.models.script[:] = [ask("list_dir", path=".", usage=TokenUsage(1_000, 200))]
    await d.put(crew(agent(), name="child"))
    await d.put(flow(CALL, name="middle"))
    run_id = await d.begin(flow("{id: sub, workflow: middle}", top="limits: {tokens: 1000}"))
    await d.run_until(run_id, "paused")
    d.models.script[:] = [writes("notes.json", GOOD, usage=TokenUsage(100, 50))]
    await d.call("run.resume", run_id=run_id, limits={"tokens": 5_000})
    run = await d.run_until(run_id)
    assert (run["status"], run["total_tokens"], len(d.models.requests)) == ("completed", 1_350, 2)


async def test_the_runtime_of_a_parent_counts_while_its_child_is_at_work(d: House) -> None:
    hold = Hold()
    d.script.on("leaf", hold)
    await d.put(flow(step("leaf"), name="child"))
    run_id = await d.begin(flow(CALL, top="limits: {runtime: 60s}"))
    run = await d.run_until(run_id, "paused")
    assert run["stop_reason"] == "budget_runtime_reached"
    child = await d.run_until(run["nodes"][0]["child_run_id"], "paused")
    assert child["pause_reason"] == "parent_paused"
    hold.open()
    await d.call("run.resume", run_id=run_id, limits={"runtime_ms": 3_600_000})
    assert (await d.run_until(run_id))["status"] == "completed"

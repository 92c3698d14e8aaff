"""What all runs of a workflow may use in a period: held back before each call, shown to a person when it is used up."""

from __future__ import annotations

import pytest

from actors.agent.provider.messages import TokenUsage
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, Held, agent, ask, crew, told, writes

HOUR_MS = 3_600_000
UNPRICED = "  writer: {backend: stage, model: nobody-knows}\n"


def sharing(*nodes: str, budget: str = "per: day, tokens: 1000", **more: str) -> str:
    return crew(*(nodes or (agent(),)), top=f"budget: {{{budget}}}", **more)


async def used_up(d: House, flow: str) -> str:
    """A run whose first call uses up what there is, and one that is held for that before its first."""
    await told(d, writes("notes.json", GOOD, usage=TokenUsage(1_000, 200)), flow=flow)
    run_id = await d.begin(flow)
    await d.run_until(run_id, "paused")
    return run_id


async def test_what_one_run_has_used_holds_the_next_before_its_first_call(d: House) -> None:
    run_id = await used_up(d, sharing())
    run = await d.run(run_id)
    assert (run["stop_reason"], run["stop_kind"], len(d.models.requests)) == ("budget_workflow_tokens_reached", "guardrail_stopped", 1)
    paused = next(event for event in await d.events(run_id) if event["event"] == "run_paused")
    assert (paused["value"], paused["limit"]) == (1_200, 1_000)
    other = await told(d, writes("notes.json", GOOD), flow=sharing(name="other"))
    assert other["status"] == "completed"


async def test_the_inbox_and_why_name_the_ways_on(d: House) -> None:
    run_id = await used_up(d, sharing())
    [held] = (await d.call("gate.list"))["held"]
    [reason] = (await d.call("run.why", run_id=run_id))["reasons"]
    assert (held["run_id"], held["code"], held["next"]) == (run_id, "budget_workflow_tokens_reached", reason["next"])
    raised, later, *ends = held["next"]
    assert (raised, ends) == (
        f"penstock resume {run_id} --workflow-tokens 1000000",
        [f"penstock finish {run_id}", f"penstock cancel {run_id}"],
    )
    assert "when the next day begins" in later
    assert "1200 of 1000" in held["text"]


async def test_a_resume_that_raises_it_lets_this_run_go_on_and_no_other(d: House) -> None:
    flow = sharing()
    run_id = await used_up(d, flow)
    await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id, "paused"))["stop_reason"] == "budget_workflow_tokens_reached"
    d.models.script[:] = [writes("notes.json", GOOD)]
    await d.call("run.resume", run_id=run_id, limits={"workflow_tokens": 2_000})
    assert (await d.run_until(run_id))["status"] == "completed"
    assert (await d.run_until(await d.begin(flow), "paused"))["stop_reason"] == "budget_workflow_tokens_reached"


async def test_it_can_be_finished_with_what_it_has(d: House) -> None:
    run_id = await used_up(d, sharing())
    await d.call("run.finish", run_id=run_id)
    assert (await d.run_until(run_id))["status"] == "blocked"


async def test_a_new_day_brings_a_new_budget(d: House) -> None:
    run_id = await used_up(d, sharing())
    d.clock.jump(24 * HOUR_MS)
    d.models.script[:] = [writes("notes.json", GOOD)]
    await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_of_a_conversation_that_began_before_the_period_only_what_came_since_counts(d: House) -> None:
    flow = sharing(budget="per: hour, tokens: 1000, tool_calls: 2")
    held = Held(writes("notes.json", GOOD, usage=TokenUsage(100, 0)))
    d.models.script[:] = [ask("list_dir", path=".", usage=TokenUsage(900, 0)), held]
    run_id = await d.begin(flow)
    await held.asked.wait()
    d.clock.jump(2 * HOUR_MS)
    held.open()
    assert (await d.run_until(run_id))["status"] == "completed"
    await told(d, writes("notes.json", GOOD), flow=flow)
    run = await d.run_until(await d.begin(flow), "paused")
    assert run["stop_reason"] == "budget_workflow_tool_calls_reached"  # of the first run one of its two counts


async def test_a_daemon_that_dies_forgets_nothing_of_it(d: House) -> None:
    run_id = await used_up(d, sharing())
    await d.restart(crash=True)
    await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id, "paused"))["stop_reason"] == "budget_workflow_tokens_reached"


async def test_runs_at_once_wait_for_one_another_near_the_end(d: House) -> None:
    held = Held(writes("notes.json", GOOD, usage=TokenUsage(4_000, 500)))
    d.models.script[:] = [held]
    flow = sharing(budget="per: month, tokens: 4200")
    first, second = await d.begin(flow), await d.begin(flow)
    await held.asked.wait()
    assert (await d.run(second))["status"] == "running"
    held.open()
    ended = {(await d.run_until(run_id, "completed", "paused"))["status"] for run_id in (first, second)}
    assert (ended, len(d.models.requests)) == ({"completed", "paused"}, 1)


@pytest.mark.parametrize(("limits", "resumed"), [({"workflow_cost_usd": 2}, "completed"), ({}, "paused")], ids=["raised", "not-raised"])
async def test_a_model_without_a_price_is_not_called_under_a_budget_of_money(d: House, limits: dict[str, int], resumed: str) -> None:
    run_id = await d.begin(sharing(budget="per: week, cost_usd: 1", personas=UNPRICED))
    run = await d.run_until(run_id, "paused")
    assert (run["stop_reason"], d.models.requests) == ("budget_workflow_model_unpriced", [])
    assert "has no price" in (await d.call("gate.list"))["held"][0]["text"]
    d.models.script[:] = [writes("notes.json", GOOD)]
    await d.call("run.resume", run_id=run_id, limits=limits)
    assert (await d.run_until(run_id, "completed", "paused"))["status"] == resumed


async def test_what_has_no_price_makes_the_budget_of_all_unknown(d: House) -> None:
    await told(d, writes("notes.json", GOOD), flow=crew(agent(), personas=UNPRICED))
    run = await d.run_until(await d.begin(sharing(budget="per: day, cost_usd: 1")), "paused")
    assert run["stop_reason"] == "budget_workflow_model_unpriced"


async def test_money_is_counted_in_dollars(d: House) -> None:
    flow = sharing(budget="per: day, cost_usd: 0.002")
    await told(d, writes("notes.json", GOOD, usage=TokenUsage(1_000, 1_000)), flow=flow)
    run_id = await d.begin(flow)
    run = await d.run_until(run_id, "paused")
    assert run["stop_reason"] == "budget_workflow_cost_reached"
    assert "of 0.002" in (await d.call("gate.list"))["held"][0]["text"]

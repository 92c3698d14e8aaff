"""What agents cost, and budgets that are used up (engine spec 8; 11 E15, E19)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import trio

from actors.agent.provider.messages import Answer, ModelRequest, OnPart, TextDelta, TokenUsage
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, agent, ask, crew, takes, told, writes

UNPRICED = "  writer: {backend: stage, model: nobody-knows}\n"


async def test_e15_a_model_without_a_price_is_named_as_such(d: House) -> None:
    run = await told(d, writes("notes.json", GOOD), flow=crew(agent(), personas=UNPRICED))
    [row] = (await d.call("ledger.run", run_id=run["run_id"]))["calls"]
    assert (row["cost_usd"], row["priced"], row["input_tokens"]) == (0.0, False, 100)
    answer = await d.call("run.report", run_id=run["run_id"])
    assert answer["report"]["usage"]["unpriced"] is True
    assert "has no price" in answer["markdown"]


async def test_e15_with_a_budget_of_money_it_is_not_even_called(d: House) -> None:
    d.models.script[:] = [writes("notes.json", GOOD)]
    run_id = await d.begin(crew(agent(), personas=UNPRICED, top="limits: {cost_usd: 1}"))
    run = await d.run_until(run_id, "paused")
    assert (run["stop_reason"], d.models.requests) == ("budget_model_unpriced", [])
    await d.call("run.resume", run_id=run_id, limits={"cost_usd": 2})
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_e15_calls_are_priced_by_the_table(d: House) -> None:
    run = await told(d, writes("notes.json", GOOD, usage=TokenUsage(2_000, 1_000, 1_000)))
    [row] = (await d.call("ledger.run", run_id=run["run_id"]))["calls"]
    assert (row["cost_input_usd"], row["cost_output_usd"], row["cost_usd"]) == (0.000275, 0.002, 0.002275)
    assert (run["estimated_cost_usd"], run["total_tokens"]) == (0.002275, 3_000)
    assert (row["persona"], row["role"], row["request_id"], row["status"]) == ("writer", "writer", "req-model [secret canary]", "ok")


async def test_e19_a_budget_that_is_used_up_pauses_the_run_before_the_next_call(d: House) -> None:
    d.models.script[:] = [ask("list_dir", path=".", usage=TokenUsage(1_000, 200))]
    run_id = await d.begin(crew(agent(), top="limits: {tokens: 1000}"))
    run = await d.run_until(run_id, "paused")
    assert (run["stop_reason"], run["stop_kind"], run["total_tokens"]) == ("budget_tokens_reached", "guardrail_stopped", 1_200)
    answer = await d.call("ledger.run", run_id=run_id)
    assert (len(answer["calls"]), len(d.models.requests)) == (1, 1)
    d.models.script[:] = [writes("notes.json", GOOD)]
    await d.call("run.resume", run_id=run_id, limits={"tokens": 5_000})
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["attempt"]) == ("completed", 2)
    assert len(d.models.requests[1].turns) == 3  # it goes on where it was


async def test_e19_two_agents_at_once_wait_for_each_other_near_the_end_of_a_budget(d: House) -> None:
    long = [takes(30, ask("list_dir", path=".", usage=TokenUsage(4_000, 500)))] * 2
    d.models.script[:] = long
    nodes = [agent(name, f"artifact: {{path: {name}.json, schema: notes}}") for name in ("a", "b")]
    run_id = await d.begin(crew(*nodes, top="limits: {tokens: 4200, parallel: 2}"))
    run = await d.run_until(run_id, "paused")
    assert (run["stop_reason"], len(d.models.requests)) == ("budget_tokens_reached", 1)
    assert {node["status"] for node in run["nodes"]} == {"pending"}


async def test_to_wait_for_another_agent_of_the_run_is_no_silence(d: House) -> None:
    async def slow(request: ModelRequest, on_part: OnPart) -> Answer:
        for _ in range(10):
            await trio.sleep(5)
            on_part(TextDelta("…"))
        name = "a" if "Node: a" in str(request.turns[0]) else "b"
        return await writes(f"{name}.json", GOOD)(request, on_part)

    nodes = [agent(name, f"artifact: {{path: {name}.json, schema: notes}}, idle_timeout: 10s, timeout: 1h") for name in ("a", "b")]
    run = await told(d, slow, slow, flow=crew(*nodes, top="limits: {tokens: 4200, parallel: 2}"))
    assert (run["status"], [node["attempt"] for node in run["nodes"]], run["active_ms"]) == ("completed", [1, 1], 100_000)


async def test_the_calls_of_all_runs_are_summed_up(d: House) -> None:
    await told(d, writes("notes.json", GOOD))
    d.clock.jump(86_400_000)
    await told(d, writes("notes.json", GOOD), flow=crew(agent(), personas=UNPRICED, name="other"))
    found = {by: await d.call("ledger.totals", by=by) for by in ("model", "workflow", "persona", "day")}
    assert {by: [(group[by], group["calls"], group["unpriced"]) for group in answer["groups"]] for by, answer in found.items()} == {
        "model": [("gpt-5-mini", 1, 0), ("nobody-knows", 1, 1)], "workflow": [("other", 1, 1), ("story", 1, 0)],
        "persona": [("writer", 2, 1)], "day": [(day, 1, number) for number, day in enumerate(days(d))],
    }  # fmt: skip
    assert (found["day"]["totals"]["input_tokens"], found["day"]["truncated"]) == (200, False)
    since = await d.call("ledger.totals", since_ms=d.clock.now_ms() - 3_600_000)
    assert [group["model"] for group in since["groups"]] == ["nobody-knows"]
    assert [group["model"] for group in (await d.call("ledger.totals", workflow_id="story"))["groups"]] == ["gpt-5-mini"]


def days(d: House) -> list[str]:
    """Yesterday and today."""
    now = datetime.fromtimestamp(d.clock.now_ms() / 1000, UTC).date()
    return [(now - timedelta(days=1)).isoformat(), now.isoformat()]

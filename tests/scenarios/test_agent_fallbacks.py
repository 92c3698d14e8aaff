"""Models that stand in for one that cannot answer: when they do, what they cost, and who was asked."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from actors.agent.provider.again import Patience
from actors.agent.provider.messages import TokenUsage
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, POOL, UNDERSTUDY, agent, ask, crew, fails, persona, says, takes, told, writes

FLOW = crew(agent(), personas=UNDERSTUDY)
STANDS_IN = "fallback: [{backend: understudy, model: gpt-5}]\n"


async def _calls(d: House, run: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Backend, model and what came of it, of each call."""
    rows = (await d.call("ledger.run", run_id=run["run_id"]))["calls"]
    return [(row["backend"], row["model"], row.get("error_code") or row["status"]) for row in rows]


async def test_when_patience_with_a_model_is_at_an_end_another_one_stands_in_and_goes_on(d: House) -> None:
    d.models.patience = Patience(calls=2)
    usage = TokenUsage(1_000, 1_000)
    run = await told(d, fails(), fails(), ask("list_dir", path=".", usage=usage), writes("notes.json", GOOD, usage=usage), flow=FLOW)
    assert (run["status"], run["nodes"][0]["attempt"], run["personas"][0]["model"]) == ("completed", 1, "gpt-5-mini")
    busy, done = ("stage", "gpt-5-mini", "provider_overloaded"), ("understudy", "gpt-5", "ok")
    assert await _calls(d, run) == [busy, busy, done, done]
    rows = (await d.call("ledger.run", run_id=run["run_id"]))["calls"]
    assert {row["cost_usd"] for row in rows[2:]} == {0.01125}  # of the model that answered
    assert [request.model for request in d.models.requests] == ["gpt-5-mini"] * 2 + ["gpt-5"] * 2
    assert len({request.idempotency_key for request in d.models.requests}) == 3  # a call that is made again keeps its own


async def test_the_next_attempt_begins_with_the_first_model_again(d: House) -> None:
    flow = crew(agent(), personas=UNDERSTUDY)
    run = await told(d, fails(), says("no file"), writes("notes.json", GOOD), flow=flow)
    assert await _calls(d, run) == [
        ("stage", "gpt-5-mini", "provider_overloaded"), ("understudy", "gpt-5", "ok"), ("stage", "gpt-5-mini", "ok"),
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["provider_unauthorized", "provider_quota_exhausted", "provider_misconfigured", "provider_overloaded"])
async def test_what_is_wrong_with_a_backend_leads_to_the_next(d: House, code: str) -> None:
    d.models.broken["stage"] = code
    run = await told(d, writes("notes.json", GOOD), flow=FLOW)
    assert (run["status"], await _calls(d, run)) == ("completed", [("stage", "gpt-5-mini", code), ("understudy", "gpt-5", "ok")])


@pytest.mark.parametrize("code", ["provider_rejected", "provider_too_large"])
async def test_what_is_wrong_with_the_request_does_not(d: House, code: str) -> None:
    d.models.broken["stage"] = code
    run = await told(d, flow=FLOW)
    assert (run["status"], run["nodes"][0]["error"]["code"]) == ("failed", code)
    assert {row[0] for row in await _calls(d, run)} == {"stage"}


async def test_when_all_have_failed_the_last_failure_stands(d: House) -> None:
    d.models.broken |= {"stage": "provider_overloaded", "understudy": "provider_unauthorized"}
    run = await told(d, flow=FLOW)
    assert (run["status"], run["nodes"][0]["error"]["code"]) == ("failed", "provider_unauthorized")


async def test_one_that_is_away_is_passed_over_and_one_that_nobody_knows_is_refused(d: House) -> None:
    d.models.down["understudy"] = "has no key"
    run = await told(d, fails(), writes("notes.json", GOOD), flow=FLOW)
    assert (run["status"], {row[0] for row in await _calls(d, run)}) == ("completed", {"stage"})
    unknown = UNDERSTUDY.replace("understudy", "nowhere")
    refused = await d.refused("run.start", text=crew(agent(), personas=unknown))
    assert refused.data["roles"][0]["candidates"][0]["code"] == "backend_unfit"
    assert "nowhere is not configured" in refused.message
    persona(d, POOL + STANDS_IN)
    row = (await d.call("persona.get", persona="writer"))["persona"]
    assert (row["fallback"], "problem" in row) == ([{"backend": "understudy", "model": "gpt-5", "problem": "has no key"}], False)


@pytest.mark.parametrize(("stands_in", "status"), [("understudy", "completed"), ("stage", "failed")])
async def test_a_backend_that_is_gone_by_then_is_passed_over_where_somebody_stands_in(d: House, stands_in: str, status: str) -> None:
    nodes = ("{id: z, wait: {timer: 5s}}", agent(more="needs: [z]"))
    run_id = await d.begin(crew(*nodes, personas=UNDERSTUDY.replace("understudy", stands_in)))
    d.models.down["stage"] = "is gone"
    assert (await d.run_until(run_id))["status"] == status


async def test_who_stands_in_is_frozen_with_the_binding(d: House) -> None:
    persona(d, POOL + STANDS_IN)
    run_id = await d.begin(crew("{id: z, wait: {timer: 5s}}", agent(more="needs: [z]"), personas="  other: {backend: stage, model: m}\n"))
    persona(d)
    d.models.broken["stage"] = "provider_unauthorized"
    d.models.script[:] = [says("done")]
    run = await d.run_until(run_id)
    assert (run["status"], [row[0] for row in await _calls(d, run)]) == ("completed", ["stage", "understudy"])


async def test_a_budget_of_money_asks_for_the_price_of_who_stands_in(d: House) -> None:
    d.models.script[:] = [fails()]
    personas = UNDERSTUDY.replace("gpt-5}", "nobody-knows}")
    run_id = await d.begin(crew(agent(), personas=personas, top="limits: {cost_usd: 1}"))
    run = await d.run_until(run_id, "paused")
    assert (run["stop_reason"], len(d.models.requests)) == ("budget_model_unpriced", 1)
    assert await _calls(d, run) == [("stage", "gpt-5-mini", "provider_overloaded")]


async def test_what_is_held_back_is_what_the_one_who_is_asked_may_cost(d: House) -> None:
    """The first model's price leaves room for both agents, that of its understudy for one at a time."""
    d.models.broken["stage"] = "provider_unauthorized"
    began: list[float] = []

    async def noted(request: Any, on_part: Any) -> Any:
        began.append(trio.current_time())
        return await takes(30, says("done"))(request, on_part)

    d.models.always = noted
    nodes = [agent(name, "") for name in ("a", "b")]
    run = await told(d, flow=crew(*nodes, personas=UNDERSTUDY, top="limits: {cost_usd: 0.041, parallel: 2}"))
    assert (run["status"], began[1] - began[0]) == ("completed", 30)

"""Whole stories of learning: what fails again and again, what a person says to it, and what becomes of that. All through the socket."""

from __future__ import annotations

from typing import Any

import trio

from actors.agent.provider.messages import Answer, ModelRequest, OnPart, ToolResult, UserText
from tests.scenarios.campaigning import NOTICE, act, create, judged, passing, until
from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.learned import ends, learned, open_eyes, put, review, taught
from tests.scenarios.models import BAD, GOOD, agent, crew, says, writes
from tests.scenarios.script import take

FLOW = crew(agent())


async def careless(request: ModelRequest, on_part: OnPart) -> Answer:
    """Writes what does not fit, whatever it is told."""
    reply = says("done") if isinstance(request.turns[-1], ToolResult) else writes("notes.json", BAD)
    return await reply(request, on_part)


async def careful(request: ModelRequest, on_part: OnPart) -> Answer:
    """Writes what fits."""
    reply = says("done") if isinstance(request.turns[-1], ToolResult) else writes("notes.json", GOOD)
    return await reply(request, on_part)


async def goes(d: House, model: Any) -> tuple[str, str]:
    """A run with that model: its id, and the first prompt."""
    d.models.always = model
    before = len(d.models.requests)
    run_id = await ends(d, FLOW)
    await trio.sleep(1)
    opening = d.models.requests[before].turns[-1]
    assert isinstance(opening, UserText)
    return run_id, opening.text


async def test_l61_advice_that_a_person_gave_is_heard_measured_and_dropped_when_it_does_harm(house: House) -> None:
    await open_eyes(house)
    await goes(house, careful)
    for _ in range(2):
        _, prompt = await goes(house, careless)
        assert "learning_context" not in prompt
    found = {one["kind"]: one for one in await learned(house)}
    assert {one["status"] for one in found.values()} == {"proposed"}
    assert sorted(found) == ["prompt_patch", "repair_hint"]
    patch = await review(house, found["prompt_patch"]["learning_id"], "apply", note="It is a number.")
    mine, before = patch["learning_id"], patch["baseline_before"]
    assert (before["sample_size"], round(before["completion_rate"], 2)) == (3, 0.33)

    await trio.sleep(1)

    third, prompt = await goes(house, careful)
    assert f"- [prompt_patch] {' '.join(patch['summary'].split())}"[:60] in prompt
    run = await house.run(third)
    assert (run["status"], run["learning_summary"]["injected_learning_ids"]) == ("completed", [mine])
    report = await house.call("run.report", run_id=third)
    assert report["report"]["learning"]["injected_learning_ids"] == [mine]
    assert f"told of `{mine}`" in report["markdown"]

    [why] = [one for one in (await house.call("run.why", run_id=third))["reasons"] if one["code"] == "learnings_told"]
    assert (why["data"]["learning_ids"], why["next"]) == ([mine], [f"penstock learning show {mine}"])

    statuses = []
    for _ in range(3):
        _, prompt = await goes(house, careless)
        assert "learning_context" in prompt
        statuses += [one["status"] for one in await learned(house) if one["learning_id"] == mine]
    assert statuses == ["applied", "applied", "regressed"]
    told = [
        event for event in (await house.call("learning.events", workflow_id="story"))["events"] if event["event"].endswith(".regressed")
    ]
    assert [(one["learning_id"], one["kind"], one["reason_code"], one["post_apply_count"]) for one in told] == [
        (mine, "prompt_patch", "completion_rate_regressed", 4)
    ]
    after, prompt = await goes(house, careful)
    assert "learning_context" not in prompt
    assert (await house.run(after))["learning_summary"]["injected_learning_ids"] == []
    answer = await house.call("learning.metrics", workflow_id="story")
    [row] = answer["learnings"]
    assert (row["status"], row["baseline_before"]) == ("regressed", before)
    assert round(row["latest_observed_metrics"]["completion_rate"], 2) == 0.29


async def test_l11_a_fact_is_told_in_the_order_of_the_flow_whatever_was_done_first(house: House) -> None:
    await open_eyes(house)
    text = flow(*(step(name, "output: json") for name in "abc"), top="limits: {parallel: 3}")
    for times in ((3, 2, 1), (1, 2, 3)):
        for name, seconds in zip("abc", times, strict=True):
            house.script.on(name, take(seconds, {"status": "completed", "summary": f"{name} is done"}))
        run_id = await ends(house, text)
        nodes = await house.nodes(run_id)
        assert sorted(nodes, key=lambda name: nodes[name]["ended_at_ms"]) == list("cba" if times[0] == 3 else "abc")
    [one] = await learned(house)
    assert (one["summary"], len(one["run_ids"])) == ("a: a is done | b: b is done", 2)


async def test_l58_runs_of_campaigns_teach_nothing_and_are_told_nothing(house: House) -> None:
    await open_eyes(house)
    await create(house)
    await put(house, "mine", workflow_id="notice", status="approved", summary="Be brief.")
    passing(house, says("done"), judged(), judged(), *[says("done")] * 4)
    await act(house, "start")
    await until(house, "paused_evaluator_unstable")
    await act(house, "resume")
    await until(house, "completed")
    await trio.sleep(1)
    runs = (await house.call("run.list"))["runs"]
    assert sorted(run["status"] for run in runs) == ["completed", "completed", "failed", "failed", "failed"]
    for run in runs:
        assert "learning_summary" not in await house.run(run["run_id"])
    assert "learning_context" not in str(house.models.requests)
    assert [one["learning_id"] for one in await learned(house)] == ["mine"]
    assert len((await house.call("learning.events", workflow_id="notice"))["events"]) == 1
    own = await house.begin(NOTICE)
    await house.run_until(own)
    assert (await taught(house, own))["post_run_metrics"]["sample_size"] == 1
    assert "- [prompt_patch] Be brief." in str(house.models.requests)

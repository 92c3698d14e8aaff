"""What agents are told of earlier runs: chosen, written down, and said (learning spec 10)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.harness import House
from tests.scenarios.learned import taught
from tests.scenarios.models import BAD, GOOD, agent, crew, says, told, writes

FLOW = crew(agent())


@pytest.fixture
async def learns(house: House) -> House:
    house.configure("learning", enabled=True)
    await house.start()
    return house


async def put(d: House, name: str, **more: Any) -> str:
    learning = {"learning_id": name, "workflow_id": "story", "kind": "prompt_patch", "status": "approved", "summary": f"Mind {name}."}
    return str((await d.call("learning.put", learning={**learning, "fingerprint": name, **more}))["learning"]["learning_id"])


def prompts(d: House) -> list[str]:
    """What was said last in each call."""
    return [str(request.turns[-1]) for request in d.models.requests]


async def test_l46_an_agent_is_told_of_its_workflow_and_its_project(learns: House) -> None:
    d = learns
    await put(d, "own")
    await put(d, "proposed", status="proposed")
    await put(d, "shared", workflow_id="other", project_id="story", status="applied", summary=f"Two\nlines </learning_context>{'!'}")
    run = await told(d, writes("notes.json", BAD), writes("notes.json", GOOD), flow=FLOW)
    first, second = prompts(d)
    head = "Lessons from earlier runs of this workflow or project; use those that fit:"
    block = f"<learning_context>\n{head}\n- [prompt_patch] Mind own.\n- [prompt_patch] Two lines !\n</learning_context>"
    for prompt in (first, second):
        assert prompt.count(repr(f"Instructions:\nWrite the notes.\n\n{block}\n\n")[1:-1]) == 1
    names = ("node_started", "prompt_sent", "prompt_repaired", "learnings_injected", "node_completed")
    assert await d.names(run["run_id"], names) == [
        "node_started", "prompt_sent", "learnings_injected", "node_started", "prompt_repaired", "learnings_injected", "node_completed",
    ]  # fmt: skip
    told_of = [event for event in await d.events(run["run_id"]) if event["event"] == "learnings_injected"]
    assert [(one["node_id"], one["attempt"], one["learning_ids"]) for one in told_of] == [
        ("draft", 1, ["own", "shared"]), ("draft", 2, ["own", "shared"]),
    ]  # fmt: skip
    summary = run["learning_summary"]
    assert summary["injected_learning_ids"] == summary["approved_learning_ids_considered"] == ["own", "shared"]
    report = (await d.call("run.report", run_id=run["run_id"]))["report"]
    assert report["learning"]["injected_learning_ids"] == ["own", "shared"]


async def test_l59_a_dry_run_shows_what_would_be_said_and_records_nothing(learns: House) -> None:
    d = learns
    await put(d, "own")
    started = await d.call("run.start", text=FLOW, folder=str(d.script.folder), dry_run=True)
    run = await d.run(started["run_id"])
    assert run["output"]["plan"]["nodes"][0]["instructions"].endswith("- [prompt_patch] Mind own.\n</learning_context>")
    assert await d.names(run["run_id"]) == ["run_created", "run_completed"]
    assert "learning_summary" not in run


async def test_the_next_attempt_is_told_what_holds_then(learns: House) -> None:
    d = learns
    await put(d, "own")

    async def rejected(request: Any, on_part: Any) -> Any:
        await d.call("learning.review", learning_id="own", action="reject")
        return await writes("notes.json", BAD)(request, on_part)

    run = await told(d, rejected, writes("notes.json", GOOD), flow=FLOW)
    first, second = prompts(d)
    assert "Mind own." in first
    assert "<learning_context>" not in second
    assert (await d.names(run["run_id"])).count("learnings_injected") == 1


async def test_nobody_is_told_anything_where_learning_is_off(d: House) -> None:
    await put(d, "own")
    run = await told(d, says(), says(), flow=FLOW)
    assert "learning_context" not in str(d.models.requests)
    assert "learnings_injected" not in await d.names(run["run_id"])


async def test_dry_runs_take_no_place_in_the_window(learns: House) -> None:
    d = learns
    await told(d, writes("notes.json", GOOD), flow=FLOW)
    for _ in range(51):
        await d.call("run.start", text=FLOW, folder=str(d.script.folder), dry_run=True)
    run = await told(d, writes("notes.json", GOOD), flow=FLOW)
    assert (await taught(d, run["run_id"]))["post_run_metrics"]["sample_size"] == 2

"""Stories of tools that people are asked about: the agent rests, one call is answered, and it is made once."""

from __future__ import annotations

import os
from typing import Any

import trio
from attrs import evolve

from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, agent, ask, crew, says, takes, told, writes
from tests.scenarios.tool_asking import ASKS, FILE, answer, asked, asking, heard, said_of_tools, work

CAREFUL = "  writer: {backend: stage, model: gpt-5-mini, policy: {write_file: ask}}\n"


async def test_an_approved_call_is_made_once_and_the_conversation_goes_on(d: House) -> None:
    run_id, found = await asked(d)
    assert (found["gate_name"], found["tool"], found["decisions"]) == ("draft.tool", "write_file", ["approve", "reject", "cancel"])
    assert found["shown"]["tool"]["arguments"] == {"path": "notes.json", "content": GOOD}
    assert found["approval_request_id"] == f"workflow:{run_id}:draft.tool:1"
    assert not (work(d, run_id) / "notes.json").exists()
    assert await d.why(run_id) == ["awaiting_gate"]
    assert (await d.call("scheduler.queue"))["active"] == []  # nothing is held while people think
    await answer(d, run_id, found)
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["output"], run["tool_calls"]) == ("completed", {"n": 1}, 1)
    assert len(d.models.requests) == 1  # what it asked for is made; it is not asked what it wants again
    assert said_of_tools(d, run_id) == ["tool_approval_wanted", "tool_approval_used", "tool_intended", "tool_answered"]
    [use] = (await d.call("tool.list", run_id=run_id))["uses"]
    assert (use["state"], use["approved_by"]) == ("ok", f"uid:{os.getuid()}")
    names = await d.names(run_id)
    assert names.count("prompt_sent") == 1
    at = names.index("node_interrupted")
    assert names[at : at + 5] == [
        "node_interrupted", "approval_gate_opened", "run_awaiting_approval", "approval_gate_decided", "run_execution_claimed",
    ]  # fmt: skip


async def test_a_rejected_call_is_not_made_and_the_agent_hears_why(d: House) -> None:
    run_id, found = await asked(d, ask("write_file", path="other", content="x"), says("as you wish"), text=asking(ASKS))
    await answer(d, run_id, found, "reject", feedback="not there")
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["output"], run["nodes"][0]["attempt"]) == ("completed", "as you wish", 2)
    [result] = heard(d)
    assert (result.is_error, "not there" in result.text, "uid:" in result.text) == (True, True, True)
    assert not (work(d, run_id) / "other").exists()


async def test_cancel_ends_the_run(d: House) -> None:
    run_id, found = await asked(d)
    await answer(d, run_id, found, "cancel")
    assert (await d.run_until(run_id))["status"] == "cancelled"


async def test_several_calls_of_one_answer_are_asked_about_one_after_the_other(d: House) -> None:
    calls = [("list_dir", {"path": "."}), *(("write_file", {"path": name, "content": name}) for name in ("a", "b"))]
    run_id, first = await asked(d, says("", *calls), says("done"), text=asking(ASKS))
    await answer(d, run_id, first)
    await d.when(run_id, lambda run: run["status"] == "awaiting_approval" and run["nodes"][0]["attempt"] == 2)
    second = await d.gate(run_id)
    assert (first["instance"], second["instance"], first["nonce"] != second["nonce"]) == (1, 2, True)
    assert [one["shown"]["tool"]["arguments"]["path"] for one in (first, second)] == ["a", "b"]
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve", shown_digest=first["shown_digest"])).code == (
        "gate_shown_changed"
    )
    await answer(d, run_id, second, "reject")
    assert (await d.run_until(run_id))["status"] == "completed"
    assert [path.name for path in work(d, run_id).iterdir()] == ["a"]
    assert [one.is_error for one in heard(d)] == [False, False, True]


async def test_the_same_call_again_is_asked_about_again(d: House) -> None:
    async def same(request: Any, on_part: Any) -> Any:
        found = await writes("x", "y")(request, on_part)
        return evolve(found, calls=(evolve(found.calls[0], call_id="call_0"),))  # as models do that count from the start each time

    run_id, first = await asked(d, same, same, says("done"), text=asking(ASKS))
    await answer(d, run_id, first)
    await d.when(run_id, lambda run: run["status"] == "awaiting_approval" and run["nodes"][0]["attempt"] == 2)
    second = await d.gate(run_id)
    assert second["shown_digest"] != first["shown_digest"]
    await answer(d, run_id, second)
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_what_is_denied_is_not_offered_and_a_call_to_it_is_refused_and_recorded(d: House) -> None:
    text = asking("policy: {write_file: deny}")
    run = await told(d, ask("write_file", path="x", content="y"), says("well"), flow=text)
    assert run["status"] == "completed"
    assert [tool.name for tool in d.models.requests[0].tools] == ["read_file", "list_dir", "search", "finish"]
    [result] = heard(d)
    assert (result.is_error, "denied to you by its node" in result.text) == (True, True)
    assert said_of_tools(d, run["run_id"]) == ["tool_answered"]


async def test_a_file_that_it_may_not_write_is_not_waited_for(d: House) -> None:
    run = await told(d, flow=asking(f"{FILE}, policy: {{write_file: deny}}"))
    assert (run["status"], run["nodes"][0]["error"]["code"], d.models.requests) == ("failed", "tool_denied", [])


async def test_what_the_persona_says_holds_and_arguments_that_fit_nothing_are_not_asked_about(d: House) -> None:
    large = "x" * (65 << 10)
    calls = [("write_file", {"path": "a"}), ("write_file", {"path": "a", "content": large})]
    run = await told(d, says("", *calls), says("well"), flow=asking("", personas=CAREFUL))
    assert run["status"] == "completed"
    first, second = heard(d)
    assert ("do not fit" in first.text, "at most 65536 bytes" in second.text) == (True, True)


async def test_in_clean_up_nobody_is_asked(d: House) -> None:
    last = f"finally:\n  - {agent(more=ASKS)}\n"
    run = await told(d, says(), writes("x", "y"), says("well"), flow=crew(agent("first", "")) + last)
    assert run["status"] == "completed"
    [result] = heard(d)
    assert "nobody is asked here" in result.text


async def test_nobody_answers_in_time(d: House) -> None:
    run_id, _ = await asked(d, writes("x", "y"), says("well"), text=asking(f"{ASKS}, tool_approval: {{timeout: 60s}}"))
    await trio.sleep(70)
    assert (await d.run_until(run_id))["status"] == "completed"
    assert "nobody answered in time" in heard(d)[0].text


async def test_people_take_longer_than_the_attempt_may(d: House) -> None:
    run_id, found = await asked(d, text=asking(f"{FILE}, {ASKS}, timeout: 60s, idle_timeout: 30s"))
    await trio.sleep(120)
    await answer(d, run_id, found)
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_the_time_before_the_question_counts(d: House) -> None:
    slow = takes(40, writes("x", "y"))
    run_id, found = await asked(d, slow, slow, text=asking(f"{ASKS}, timeout: 60s"))
    await answer(d, run_id, found)
    await d.when(run_id, lambda run: run["nodes"][0]["attempt"] == 3)
    assert "node_absolute_timeout" in str(await d.events(run_id))
    await d.call("run.cancel", run_id=run_id)


async def test_an_approval_says_what_was_seen(d: House) -> None:
    run_id, found = await asked(d)
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve", gate="draft.tool")).code == "gate_shown_required"
    await answer(d, run_id, {**found, "shown_digest": found["shown_digest"][:16]})
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_commands_outside_of_a_sandbox_are_asked_about_where_nobody_says_otherwise(d: House) -> None:
    free = "  writer: {backend: stage, model: m, tools: [run_command], sandbox: none, policy: {run_command: allow}}\n"
    run_id, found = await asked(d, ask("run_command", argv=["touch", "made"]), says("done"), text=asking("", personas=free))
    assert found["shown"]["tool"]["arguments"] == {"argv": ["touch", "made"]}
    await answer(d, run_id, found, "reject")
    assert (await d.run_until(run_id))["status"] == "completed"
    assert not (work(d, run_id) / "made").exists()
    [use] = (await d.call("tool.list", run_id=run_id))["uses"]
    assert (use["tool"], use["state"]) == ("run_command", "denied")

"""People say something to agents at work: it is heard between two messages, once, whatever happens to the attempt or the daemon."""

from __future__ import annotations

import os

import pytest
import trio

from actors.agent.provider.messages import ModelRequest, UserText
from actors.agent.thread_log import facts_of
from tests.scenarios.flows import gate, step
from tests.scenarios.harness import House
from tests.scenarios.inside import store_of
from tests.scenarios.models import GOOD, Held, Reply, agent, ask, crew, fails, says, writes


def heard(request: ModelRequest) -> list[str]:
    return [turn.text for turn in request.turns if isinstance(turn, UserText) and "PENSTOCK MESSAGE" in turn.text]


async def begun(d: House, held: Held, *then: Reply, flow: str | None = None) -> str:
    d.models.script[:] = [held, *then]
    run_id = await d.begin(flow or crew(agent()))
    await held.asked.wait()
    return run_id


async def test_it_is_heard_after_the_answer_and_its_tools_and_before_the_next_call(d: House) -> None:
    held = Held(ask("list_dir", path="."))
    run_id = await begun(d, held, writes("notes.json", GOOD))
    answer = await d.call("agent.steer", run_id=run_id, node_id="draft", text="Be brief.")
    assert (answer["number"], answer["at_work"]) == (1, True)
    assert (await d.run(run_id))["nodes"][0]["unheard"] == [{"number": 1, "by": f"uid:{os.getuid()}", "text": "Be brief."}]
    held.open()
    run = await d.run_until(run_id)
    assert "unheard" not in run["nodes"][0]
    first, second = d.models.requests
    assert heard(first) == []
    [said] = heard(second)
    assert "Be brief." in said
    assert "From a person" in said
    assert type(second.turns[-2]).__name__ == "ToolResult"  # after the tools
    names = await d.names(run_id, ("agent_steered", "agent_steering_heard", "node_started", "node_completed"))
    assert names == ["node_started", "agent_steered", "agent_steering_heard", "node_completed"]


async def test_one_that_would_have_ended_hears_it_first_and_goes_on(d: House) -> None:
    held = Held(writes("notes.json", GOOD))
    run_id = await begun(d, held, writes("notes.json", '{"n": 2}'))
    await d.call("agent.steer", run_id=run_id, node_id="draft", text="Two.")
    held.open()
    run = await d.run_until(run_id)
    assert (run["nodes"][0]["output"], run["nodes"][0]["attempt"]) == ({"n": 2}, 1)


async def test_several_are_heard_in_order_and_the_same_request_is_one_message(d: House) -> None:
    held = Held(says())
    run_id = await begun(d, held, says("done"), flow=crew(agent(more="")))
    for n, text in enumerate(("one", "two", "two")):
        await d.call("agent.steer", run_id=run_id, node_id="draft", text=text, request_id=f"r{min(n, 1)}")
    held.open()
    await d.run_until(run_id)
    assert [text.split("\n")[4] for text in heard(d.models.requests[-1])] == ["one", "two"]


async def test_one_that_has_not_begun_hears_it_when_it_does_and_a_rework_does_not_hear_it_again(d: House) -> None:
    d.models.script[:] = [writes("notes.json", GOOD), writes("notes.json", GOOD)]
    draft = agent(more="artifact: {path: notes.json, schema: notes}, needs: [ready]")
    run_id = await d.begin(crew(gate("ready"), draft, gate("ask", "needs: [draft]")))
    await d.run_until(run_id, "awaiting_approval")
    assert (await d.call("agent.steer", run_id=run_id, node_id="draft", text="Early."))["at_work"] is False
    texts = [one["text"] for one in (await d.call("run.why", run_id=run_id))["reasons"]]
    assert "1 message to the agent of draft: heard when its next attempt begins." in texts
    await d.decide(run_id, "approve", gate="ready")
    await d.when(run_id, lambda run: "ask" in run["open_gates"])
    assert len(heard(d.models.requests[0])) == 1
    await d.decide(run_id, "rework", gate="ask", feedback="again")
    await d.when(run_id, lambda run: "ask" in run["open_gates"] and run["nodes"][1]["instance"] == 2)
    assert heard(d.models.requests[-1]) == []


async def test_in_back_off_it_is_heard_by_the_next_attempt(d: House) -> None:
    held = Held(fails("provider_overloaded"))
    run_id = await begun(d, held, writes("notes.json", GOOD))
    held.open()
    await d.when(run_id, lambda run: "retry_after_ms" in run["nodes"][0])
    await d.call("agent.steer", run_id=run_id, node_id="draft", text="Take your time.")
    assert (await d.run_until(run_id))["status"] == "completed"
    assert len(heard(d.models.requests[-1])) == 1


@pytest.mark.parametrize("gap", range(12))
async def test_a_message_in_the_moment_of_the_end_is_heard_or_refused_never_lost(d: House, gap: int) -> None:
    held = Held(says("first"))
    run_id = await begun(d, held, says("second"), flow=crew(agent(more="")))
    answers: list[str] = []

    async def steer() -> None:
        answers.append(await d.answer("agent.steer", run_id=run_id, node_id="draft", text="Wait!"))

    async with trio.open_nursery() as nursery:
        held.open()
        for _ in range(gap):
            await trio.lowlevel.checkpoint()
        nursery.start_soon(steer)
    run = await d.run_until(run_id)
    refused = answers[0] in ("steer_node_ended", "run_already_terminal")
    assert (refused, answers[0] == "running") in ((True, False), (False, True))
    assert run["nodes"][0]["output"] == ("first" if refused else "second")
    assert len(heard(d.models.requests[-1])) == (0 if refused else 1)


async def test_after_a_crash_what_was_heard_is_not_said_again_and_what_was_not_is(d: House) -> None:
    held, again = Held(ask("list_dir", path=".")), Held(says())
    run_id = await begun(d, held, again)
    await d.call("agent.steer", run_id=run_id, node_id="draft", text="First.")
    held.open()
    await again.asked.wait()
    await d.call("agent.steer", run_id=run_id, node_id="draft", text="Second.")
    await d.crash()
    d.models.script[:] = [writes("notes.json", GOOD)]
    await d.start()
    assert (await d.run_until(run_id))["status"] == "completed"
    assert [text.split("\n")[4] for text in heard(d.models.requests[-1])] == ["First.", "Second."]
    kinds = [fact.kind for _, fact in facts_of(store_of(d), f"run:{run_id}:node:draft")]
    assert kinds.count("steering_added") == 2


async def test_an_agent_with_a_command_line_hears_it_when_its_program_has_ended_and_goes_on_in_its_session(d: House) -> None:
    d.models.puppets = ("stage",)
    run_id = await d.begin(crew(agent()))
    await d.when(run_id, lambda run: run["nodes"][0]["status"] == "running")
    assert (await d.call("agent.steer", run_id=run_id, node_id="draft", text="Be brief."))["at_work"]
    assert (await d.run_until(run_id))["status"] == "completed"
    rows = (await d.call("ledger.run", run_id=run_id))["calls"]
    assert [(row["attempt"], row["session_id"], row["status"]) for row in rows] == [(1, "s-1", "ok"), (1, "s-1", "ok"), (2, "s-1", "ok")]
    assert (await d.names(run_id, ("agent_steered", "agent_steering_heard", "artifact_invalid"))) == [
        "agent_steered", "agent_steering_heard", "artifact_invalid",
    ]  # fmt: skip


async def test_refusals_reach_the_one_who_asks(d: House) -> None:
    held = Held(writes("notes.json", GOOD))
    run_id = await begun(d, held, flow=crew(agent(), step("plain", "needs: [draft]")))
    assert (await d.refused("agent.steer", run_id=run_id, node_id="plain", text="x")).code == "steer_not_agent"
    assert (await d.refused("agent.steer", run_id="run-nobody", node_id="draft", text="x")).code == "run_not_found"
    held.open()
    await d.run_until(run_id)
    assert (await d.refused("agent.steer", run_id=run_id, node_id="draft", text="x")).code == "run_already_terminal"

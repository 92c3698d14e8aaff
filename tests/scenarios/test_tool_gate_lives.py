"""Questions about tools through restarts, pauses, reworks, endings, races, and conversations that say something else meanwhile."""

from __future__ import annotations

import grp
import os

import pytest
import trio

from actors.agent.thread_events import Asked, ModelCallAnswered, ModelCallIntended, ToolAnswered
from actors.agent.thread_log import thread_codec
from storage import Append, Transaction
from tests.scenarios.flows import gate
from tests.scenarios.forged import services_of
from tests.scenarios.harness import House
from tests.scenarios.inside import store_of
from tests.scenarios.models import GOOD, agent, ask, crew, says, told, writes
from tests.scenarios.tool_asking import ASKS, FILE, answer, asked, asking, said_of_tools, work
from tests.scenarios.tooling import crafted, serve, tool


@pytest.mark.parametrize("how", ["crash", "stop", "pause"])
async def test_the_question_survives_whatever_comes_between(d: House, how: str) -> None:
    run_id, found = await asked(d)
    if how == "pause":
        await d.call("run.pause", run_id=run_id)
    else:
        await (d.crash() if how == "crash" else d.stop())
        await d.start()
    assert await d.gate(run_id) == {**found, "run_status": "paused" if how == "pause" else "awaiting_approval"}
    await answer(d, run_id, found)
    if how == "pause":
        await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id))["status"] == "completed"
    assert said_of_tools(d, run_id) == ["tool_approval_wanted", "tool_approval_used", "tool_intended", "tool_answered"]


async def test_a_rework_makes_question_and_approval_void(d: House) -> None:
    text = crew(agent(more=f"{FILE}, {ASKS}"), gate("ask", "needs: [draft]"))
    run_id, found = await asked(d, text=text)
    await answer(d, run_id, found)
    await d.when(run_id, lambda run: run["open_gates"] == ["ask"])
    d.models.script[:] = [writes("notes.json", GOOD)]
    await d.decide(run_id, "rework", gate="ask")
    await d.when(run_id, lambda run: run["open_gates"] == ["draft.tool"])
    again = await d.gate(run_id)
    assert (again["instance"], again["shown_digest"] != found["shown_digest"]) == (2, True)
    await answer(d, run_id, again)
    await d.when(run_id, lambda run: run["open_gates"] == ["ask"])
    await d.decide(run_id, "approve", gate="ask")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_a_run_that_was_stopped_while_it_asked_asks_again_when_it_begins_again(d: House) -> None:
    run_id, found = await asked(d)
    await d.call("run.cancel", run_id=run_id)
    assert (await d.run_until(run_id))["nodes"][0]["status"] == "pending"
    d.models.script[:] = [writes("notes.json", GOOD)]
    await d.call("run.retry", run_id=run_id, node_id="draft")
    await d.run_until(run_id, "awaiting_approval")
    again = await d.gate(run_id)
    assert (again["instance"], again["nonce"] != found["nonce"]) == (2, True)
    await answer(d, run_id, again)
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_of_many_who_answer_one_wins(d: House) -> None:
    run_id, found = await asked(d, writes("notes.json", GOOD), says("well"))
    codes: list[str] = []

    async def one(decision: str) -> None:
        codes.append(await d.answer("gate.decide", run_id=run_id, decision=decision, gate="draft.tool", shown_digest=found["shown_digest"]))

    async with trio.open_nursery() as nursery:
        for word in ("approve", "reject") * 8:
            nursery.start_soon(one, word)
    await d.run_until(run_id)
    assert sum(code not in ("gate_already_decided", "run_not_awaiting_approval") for code in codes) == 1


async def test_an_approval_does_not_hold_for_what_the_conversation_says_meanwhile(d: House) -> None:
    run_id, found = await asked(d)
    thread, store = f"run:{run_id}:node:draft", store_of(d)
    call = Asked(found["shown"]["tool"]["call_id"], "write_file", {"path": "notes.json", "content": '{"n": 666}'})
    first = ToolAnswered(call.call_id, call.name, "", cut_off=True)
    forged = (first, ModelCallIntended(2, 1, "writer", "writer", 1, "stage", "m"), ModelCallAnswered(2, calls=(call,)))
    events = tuple(thread_codec().encode(fact) for fact in forged)
    await store.commit(Transaction(services_of(d).clock.now_ms(), (Append(thread, store.journal.head(thread), events),)))
    await answer(d, run_id, found)
    await d.when(run_id, lambda run: run["status"] == "awaiting_approval" and run["nodes"][0]["attempt"] == 2)
    again = await d.gate(run_id)
    assert again["shown"]["tool"]["arguments"]["content"] == '{"n": 666}'
    assert not (work(d, run_id) / "notes.json").exists()
    await answer(d, run_id, again, "cancel")
    await d.run_until(run_id)


async def test_a_group_may_be_the_only_one_that_answers(d: House) -> None:
    mine = grp.getgrgid(os.getgid()).gr_name
    run_id, found = await asked(d, text=asking(f'{FILE}, {ASKS}, tool_approval: {{approvers: ["@{mine}"]}}'))
    await answer(d, run_id, found)
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_tools_of_servers_are_asked_about_unless_the_operator_says_that_they_only_read(house: House) -> None:
    serve(house, policy=(), read_only=("saw",))
    await house.start()
    text = crew(agent(more=""), personas=crafted("mcp.shop.*"))
    run_id, found = await asked(house, ask("mcp__shop__saw", n=1), ask("mcp__shop__hammer", n=2), says("done"), text=text)
    assert house.bench.uses == [("saw", {"n": 1})]
    await answer(house, run_id, found)
    assert (await house.run_until(run_id))["status"] == "completed"
    assert house.bench.uses[1:] == [("hammer", {"n": 2})]


async def test_a_tool_of_a_server_is_denied_by_its_own_name_whatever_the_model_hears(house: House) -> None:
    serve(house, policy=(("mcp.shop.*", "allow"), ("mcp.shop.rm.all", "deny")))
    house.bench.tools = [tool("rm.all"), tool("hammer")]
    await house.start()
    await told(house, says("done"), flow=crew(agent(more=""), personas=crafted("mcp.shop.*")))
    assert [one.name for one in house.models.requests[0].tools][-2:] == ["finish", "mcp__shop__hammer"]

"""Agents through crashes, shutdowns and gates (engine spec 11, E07 to E14)."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from actors.run.delivering import announce
from actors.run.logbook import fold_log
from actors.run.turn import Turn
from actors.settings import RunRules
from tests.actors.agent.tools.test_injected_output import CLAIMS
from tests.scenarios.flows import gate, step
from tests.scenarios.forged import HELD_BACK, let_go, services_of
from tests.scenarios.harness import House
from tests.scenarios.inside import full_disk, store_of
from tests.scenarios.models import BAD, GOOD, POOL, Held, agent, ask, crew, persona, says, told, writes
from tests.scenarios.script import Call

PAIR = (agent("a", "artifact: {path: a.json, schema: notes}"), agent("b", "needs: [a], artifact: {path: b.json, schema: notes}"))


async def test_e07_after_a_crash_a_conversation_goes_on_and_no_recorded_call_is_made_again(d: House) -> None:
    persona(d)
    held = Held(says())
    d.models.script += [writes("a.json", GOOD), ask("list_dir", path="."), held]
    run_id = await d.begin(crew(*PAIR, personas="  other: {backend: stage, model: m}\n"))
    await held.asked.wait()
    before = await d.run(run_id)
    persona(d, POOL + "version: 2\n")
    await d.crash()
    d.models.script[:] = [writes("b.json", GOOD)]
    seen = len(d.models.requests)
    await d.start()
    run = await d.run_until(run_id)
    assert (run["status"], run["personas"]) == ("completed", before["personas"])
    names = [(event["event"], event.get("node_id")) for event in (await d.events(run_id))[before["seq"] :]]
    assert names[0] == ("run_queued_for_resume_after_restart", None)
    assert not [name for name in names if name[1] == "a"]
    [again] = d.models.requests[seen:]
    assert again.turns == d.models.requests[seen - 1].turns  # what was said before, and nothing else
    assert again.idempotency_key == d.models.requests[seen - 1].idempotency_key
    calls = (await d.call("ledger.run", run_id=run_id, node_id="b"))["calls"]
    assert {row["thread_id"] for row in calls} == {f"run:{run_id}:node:b"}
    assert [(row["status"], row.get("error_code")) for row in calls] == [("ok", None), ("error", "call_lost"), ("ok", None)]
    assert run["total_tokens"] == 360  # that of the attempt that was lost is counted as well


async def test_e08_and_e09_what_has_ended_or_is_unknown_is_not_resumed(d: House) -> None:
    run = await told(d, writes("notes.json", GOOD))
    assert (await d.refused("run.resume", run_id=run["run_id"])).code == "run_already_terminal"
    assert (await d.refused("run.resume", run_id="run-unknown")).code == "run_not_found"


async def test_e10_a_run_without_what_it_was_bound_to_does_not_go_on(d: House) -> None:
    await d.call("scheduler.throttle", provider="away", for_ms=604_800_000)
    run_id = await d.begin(crew(agent(), top=HELD_BACK))
    [bound] = (await d.run(run_id))["personas"]
    store_of(d).blobs.discard(bound["sha256"])
    await let_go(d)
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]["code"]) == ("failed", "run_metadata_missing")
    report = (await d.call("run.report", run_id=run_id))["markdown"]
    assert "run_metadata_missing" in report
    assert d.models.requests == []


async def test_e11_two_runs_of_one_workflow_pass_their_own_gates(d: House) -> None:
    ids = []
    for _ in range(2):
        d.models.script[:] = [writes("notes.json", GOOD)]
        run_id = await d.begin(crew(agent(), gate("ask", "needs: [draft]")))
        await d.run_until(run_id, "awaiting_approval")
        ids.append((await d.gate(run_id))["approval_request_id"])
        await d.decide(run_id, "approve")
        assert (await d.run_until(run_id))["status"] == "completed"
    assert len(set(ids)) == 2


@pytest.mark.parametrize(("decision", "status"), [("approve", "completed"), ("reject", "failed"), ("cancel", "cancelled")])
async def test_e12_what_is_answered_at_the_gate_behind_an_agent(d: House, decision: str, status: str) -> None:
    d.models.script[:] = [writes("notes.json", GOOD)]
    run_id = await d.begin(crew(agent(), gate("ask", "needs: [draft]")))
    await d.run_until(run_id, "awaiting_approval")
    await d.decide(run_id, decision)
    assert (await d.run_until(run_id))["status"] == status


async def test_e12_rework_reaches_the_agent_with_the_feedback(d: House) -> None:
    d.models.script[:] = [writes("notes.json", GOOD), writes("notes.json", '{"n": 2}')]
    run_id = await d.begin(crew(agent(), gate("ask", "needs: [draft]")))
    await d.run_until(run_id, "awaiting_approval")
    await d.decide(run_id, "rework", feedback="count again")
    run = await d.when(run_id, lambda run: run["status"] == "awaiting_approval" and run["nodes"][0]["instance"] == 2)
    assert run["nodes"][0]["output"] == {"n": 2}
    [prompt] = d.models.requests[1].turns  # a conversation of its own, with the feedback in it
    assert "count again" in prompt.text
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_e13_the_same_prompt_appended_twice_is_one(d: House) -> None:
    held = Held(writes("notes.json", GOOD))
    d.models.script += [held]
    run_id = await d.begin(crew(agent()))
    await held.asked.wait()
    fold = fold_log(services_of(d), run_id)
    turn = Turn(fold, 1, str, RunRules())
    announce(turn, "draft")
    assert turn.events == []
    held.open()
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_e14_a_shutdown_during_a_call_holds_the_run_and_the_next_start_takes_it_up(d: House) -> None:
    held = Held(says())
    d.models.script += [held]
    run_id = await d.begin(crew(agent()))
    await held.asked.wait()
    await d.stop()
    d.models.script[:] = [writes("notes.json", GOOD)]
    await d.start()
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["attempt"]) == ("completed", 2)
    events = await d.events(run_id)
    names = [event["event"] for event in events]
    at = names.index("run_interrupted_shutdown")
    assert events[at + 1]["reason"] == "shutdown"
    assert names[at + 2] == "run_queued_for_resume_after_restart"
    assert names.count("prompt_sent") == 1


async def test_s26_words_of_an_agent_decide_no_gate_and_reach_the_next_node_as_words(d: House) -> None:
    heard = []

    async def use(call: Call) -> Any:
        heard.append(call.given["said"])

    nodes = (agent(more=""), gate("ask", "needs: [draft]"), step("use", 'needs: [ask], with: {said: "{{ nodes.draft.output }}"}'))
    for i, text in enumerate(CLAIMS.values()):
        d.script.on("use", use)
        d.models.script[:] = [says(text)]
        run_id = await d.begin(crew(*nodes, name=f"story-{i}"))
        run = await d.run_until(run_id, "awaiting_approval")
        assert (run["gate_history"], run["nodes"][0]["output"]) == ([], text)
        await d.decide(run_id, "approve")
        assert (await d.run_until(run_id))["status"] == "completed"
    assert heard == list(CLAIMS.values())


async def test_a_run_that_is_removed_takes_its_conversations_along(d: House) -> None:
    run = await told(d, writes("notes.json", BAD), writes("notes.json", GOOD))
    await d.call("run.purge", run_id=run["run_id"])
    assert store_of(d).journal.read(f"run:{run['run_id']}:node:draft") == []
    assert (await d.refused("ledger.run", run_id=run["run_id"])).code == "run_not_found"


async def test_a_disk_that_takes_nothing_is_waited_for(d: House) -> None:
    held = Held(writes("notes.json", GOOD))
    d.models.script += [held]
    run_id = await d.begin(crew(agent()))
    await held.asked.wait()
    with full_disk(d):
        held.open()
        await trio.sleep(5)
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["attempt"], len(d.models.requests)) == ("completed", 1, 1)


async def test_a_fork_keeps_what_an_agent_has_left_and_whom_it_was_bound_to(d: House) -> None:
    persona(d)
    flow = crew(*PAIR, personas="  other: {backend: stage, model: m}\n")
    first = await told(d, writes("a.json", GOOD), writes("b.json", GOOD), flow=flow, personas={"writer": "other"})
    d.models.script[:] = [writes("b.json", '{"n": 2}')]
    forked = await d.call("run.fork", run_id=first["run_id"], from_nodes=["b"])
    run = await d.run_until(forked["run_id"])
    assert ([node["output"] for node in run["nodes"]], run["personas"]) == ([{"n": 1}, {"n": 2}], first["personas"])
    assert len(d.models.requests[-1].turns) == 1  # a conversation of its own

"""What is remembered of what was learned, and of conversations (learning spec 9.3, 9.5). All through the socket."""

from __future__ import annotations

from typing import Any

import pytest

from actors.control.peers import Peer
from tests.scenarios.campaigning import act, create, events
from tests.scenarios.harness import House
from tests.scenarios.learned import ends, learned, open_eyes, review
from tests.scenarios.models import agent, crew, says, told
from tests.scenarios.script import give

FACT = {"content": "release notes are written in English", "category": "decision", "importance": 0.9, "fact_id": "f1"}
REPORT = {"status": "completed", "summary": "Final report written"}


async def put(house: House, learning_id: str, **more: Any) -> dict[str, Any]:
    given = {"learning_id": learning_id, "workflow_id": "wf-1", "kind": "memory_fact", "status": "approved", "summary": "s", **more}
    return dict((await house.call("learning.put", learning=given))["learning"])


async def happenings(house: House, workflow_id: str) -> list[str]:
    found = (await house.call("learning.events", workflow_id=workflow_id))["events"]
    return [event["event"].removeprefix("workflow_learning.") for event in found]


async def test_l52_l71_a_fact_of_a_session_becomes_one_of_the_project_once(house: House) -> None:
    await open_eyes(house)
    distilled = await house.call("learning.distill", session_id="talk-1", workflow_id="wf-1", project_id="proj-1", facts=[FACT])
    [row] = distilled["facts"]
    learning_id = row["learning_id"]
    before = await house.call("learning.get", learning_id=learning_id)
    assert [(one["tier"], one["scope"]) for one in before["memories"]] == [("session", None)]
    assert (await house.refused("learning.promote", learning_id=learning_id)).code == "learning_not_approved"
    await review(house, learning_id, "approve")
    await house.restart(crash=True)
    answer = await house.call("learning.promote", learning_id=learning_id, approval_id="meeting 7")
    promotion, learning = answer["promotion"], answer["learning"]
    assert promotion["promoted"] is True
    assert (learning["status"], learning["source_memory_id"]) == ("approved", row["memory_id"])
    assert learning["promoted_memory_id"] == promotion["promoted_memory_id"] != row["memory_id"]
    session, project = promotion["memories"]
    assert session["scope"] == {"source_binding": "workflow:wf-1", "readable_tier": "session", "promotion_tier": "project"}
    assert (project["tier"], project["project_id"], project["content"]) == ("project", "proj-1", FACT["content"])
    assert (project["reviewer_id"], project["approval_id"], project["reason"]) == ("uid:0", "meeting 7", f"learning_approved:{learning_id}")
    happened = await happenings(house, "wf-1")
    assert happened[-3:] == ["memory.scoped", "memory.stored", "candidate.promoted"]
    await house.restart(crash=True)
    again = await house.call("learning.promote", learning_id=learning_id, reason="another")
    assert again["promotion"] == promotion
    assert await happenings(house, "wf-1") == happened, "nothing is recorded a second time"


async def test_l52_what_no_session_remembers_yet_is_remembered_there_first(house: House) -> None:
    await open_eyes(house)
    house.script.on("node-1", give(REPORT))
    run_id = await ends(house)
    [one] = await learned(house)
    await review(house, one["learning_id"], "apply")
    answer = await house.call("learning.promote", learning_id=one["learning_id"], reviewer_id="anna", reason="it holds")
    session, project = answer["promotion"]["memories"]
    assert (session["tier"], session["run_id"], session["content"]) == ("session", run_id, "node-1: Final report written")
    assert session["metadata"] == {
        "origin": "workflow_learning_candidate", "learning_id": one["learning_id"], "workflow_id": "story", "kind": "memory_fact",
    }  # fmt: skip
    assert (project["source_memory_id"], project["reviewer_id"], project["reason"]) == (session["memory_id"], "anna", "it holds")


async def test_l52_what_cannot_be_promoted_is_refused_and_changes_nothing(house: House) -> None:
    await open_eyes(house)
    [row] = (await house.call("learning.distill", session_id="talk-1", workflow_id="wf-1", facts=[FACT]))["facts"]
    await put(house, "patch", kind="prompt_patch")
    await put(house, "empty", summary=" ", proposed_memory_payload={"text": "  "})
    await put(house, "unknown", source_memory_id="memory-gone")
    await put(house, "abroad", source_memory_id=row["memory_id"], project_id="elsewhere")
    await put(house, "text", proposed_memory_payload={"text": " from the text "}, run_ids=["r"])
    before = await happenings(house, "wf-1")
    for learning_id, code in (
        ("nobody", "learning_not_found"), ("patch", "learning_kind_unsupported"), ("empty", "learning_content_missing"),
        ("unknown", "memory_promotion_refused"), ("abroad", "memory_promotion_refused"),
    ):  # fmt: skip
        assert (await house.refused("learning.promote", learning_id=learning_id)).code == code
    assert await happenings(house, "wf-1") == before
    done = await house.call("learning.promote", learning_id="text", run_id="run-7")
    assert [(one["content"], one["run_id"]) for one in done["promotion"]["memories"]] == [("from the text", "run-7")] * 2
    await put(house, "of project", source_memory_id=done["promotion"]["promoted_memory_id"])
    assert (await house.refused("learning.promote", learning_id="of project")).code == "memory_promotion_refused"


async def test_a_conversation_is_distilled_once_and_what_counts_little_is_left_out(house: House) -> None:
    await open_eyes(house)
    small = {"content": "the sky was grey", "importance": 0.49}
    first = await house.call("learning.distill", session_id="talk-1", facts=[FACT, small])
    assert (first["stored"], first["deduped"], len(first["facts"])) == (1, 0, 1)
    [one] = await learned(house)
    assert (one["workflow_id"], one["project_id"], one["status"], one["confidence"]) == (
        "session:talk-1",
        "session:talk-1",
        "proposed",
        0.9,
    )
    assert one["proposed_memory_payload"] == {"content": FACT["content"], "kind": "fact", "classification": "internal"}
    assert (one["source_run_id"], one["evidence_refs"][0]["fact_id"]) == ("distill-talk-1", "f1")
    await house.restart(crash=True)
    again = await house.call("learning.distill", session_id="talk-1", facts=[FACT, FACT])
    assert (again["stored"], again["deduped"]) == (0, 2)
    assert [(row["memory_id"], row["learning_id"]) for row in again["facts"]] == [
        (first["facts"][0]["memory_id"], first["facts"][0]["learning_id"])
    ] * 2
    every = await house.call("learning.distill", session_id="talk-1", facts=[small], threshold=-3.0)
    assert every["stored"] == 1
    for wrong in ({"content": " "}, {"content": "x", "importance": 2}, {"content": "x", "importance": True}, {"content": 1}, {"weight": 1}):
        assert (await house.refused("learning.distill", session_id="talk-1", facts=[wrong])).code == "distill_invalid"
    assert (await house.refused("learning.distill", session_id=" ", facts=[])).code == "distill_invalid"
    assert (await house.refused("learning.distill", session_id="run:x:node:y")).code == "session_not_found"


async def test_what_an_agent_said_is_read_from_its_own_conversation(house: House) -> None:
    await open_eyes(house)
    said = says("Done.\n- **Decision:** release notes are written in English\nNote: it rained\n")
    run_id = (await told(house, said, flow=crew(agent(more="output: text"))))["run_id"]
    answer = await house.call("learning.distill", session_id=f"run:{run_id}:node:draft", workflow_id="story")
    assert answer["stored"] == 1
    facts = [one for one in await learned(house) if one["confidence"] == 0.9]
    assert [one["summary"] for one in facts] == ["release notes are written in English"]


@pytest.mark.parametrize("named", ["session", "run"])
async def test_l72_nothing_is_distilled_from_a_campaign(house: House, named: str) -> None:
    await open_eyes(house)
    await create(house)
    await act(house, "start")
    run_id = next(event["run_id"] for event in await events(house) if event["event"] == "baseline_replay_queued")
    asked = {"session_id": f"run:{run_id}:node:node-1"} if named == "session" else {"session_id": "talk-1", "run_id": run_id}
    assert (await house.refused("learning.distill", facts=[FACT], **asked)).code == "campaign_session_excluded"
    assert await learned(house) == []


async def test_a_process_of_a_step_has_nothing_remembered_for_a_project(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await open_eyes(house)
    await put(house, "one")
    real = Peer.principal
    monkeypatch.setattr(Peer, "principal", lambda self, known: real(self, lambda pid: True))
    assert (await house.refused("learning.promote", learning_id="one")).code == "memory_scope_denied"
    assert (await house.refused("learning.put_revision", learning_id="one")).code == "human_required"

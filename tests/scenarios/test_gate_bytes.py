"""An approval holds for the bytes that were shown, for one instance, and for one of many deciders."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import trio

from tests.scenarios.client import Client, Refused
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, write

SITTINGS, ROUNDS = int(os.environ.get("DECIDER_SITTINGS", "1")), int(os.environ.get("DECIDER_ROUNDS", "4"))
"""How often 64 deciders meet at one gate, a daemon for each sitting. A thousand times: DECIDER_SITTINGS=40 DECIDER_ROUNDS=25, -k gg07."""

DRAFT = flow(
    step("draft", "artifact: {path: notes.txt}"),
    gate("ask", "needs: [draft]"),
    step("wait", "needs: [draft]"),
    step("send", "needs: [ask, wait]"),
    top="limits: {parallel: 2}",
)


def notes(d: House, run_id: str) -> Path:
    return d.places.data / "runs" / run_id / "work" / "notes.txt"


async def drafted(d: House) -> tuple[str, Hold]:
    hold = Hold()
    d.script.on("draft", write("notes.txt", "hello"))
    d.script.on("wait", hold)
    run_id = await d.begin(DRAFT)
    await d.when(run_id, lambda run: bool(run["open_gates"]))
    await hold.begun()
    return run_id, hold


async def test_what_is_shown_names_the_artifact_by_its_bytes(d: House) -> None:
    run_id, hold = await drafted(d)
    shown = (await d.gate(run_id))["shown"]
    sha = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert shown["artifacts"] == [{"node_id": "draft", "path": "notes.txt", "sha256": sha}]
    hold.open()
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_one_byte_changed_before_the_answer_refuses_it_and_asks_anew(d: House) -> None:
    run_id, hold = await drafted(d)
    seen = await d.gate(run_id)
    notes(d, run_id).write_text("hellO")
    refused = await d.refused("gate.decide", run_id=run_id, decision="approve", shown_digest=seen["shown_digest"])
    assert refused.code == "gate_shown_changed"
    again = await d.gate(run_id)
    assert (again["instance"], again["shown_digest"] != seen["shown_digest"], again["nonce"] != seen["nonce"]) == (2, True, True)
    assert "approval_gate_reopened" in await d.names(run_id)
    hold.open()
    await d.decide(run_id, "approve", shown_digest=again["shown_digest"])
    assert (await d.run_until(run_id))["status"] == "completed"


@pytest.mark.parametrize("how", ["byte", "gone", "link"])
async def test_a_change_between_approval_and_use_voids_it(d: House, how: str) -> None:
    run_id, hold = await drafted(d)
    await d.decide(run_id, "approve")
    path = notes(d, run_id)
    if how == "byte":
        path.write_text("hellO")
    else:
        path.unlink()
        if how == "link":
            (path.parent / "copy.txt").write_text("hello")
            path.symlink_to("copy.txt")
    hold.open()
    run = await d.run_until(run_id, "awaiting_approval")
    assert (run["open_gates"], d.script.count("send")) == (["ask"], 0)
    reopened = next(event for event in await d.events(run_id) if event["event"] == "approval_gate_reopened")
    assert (reopened["reason"], reopened["instance"], (await d.gate(run_id))["instance"]) == ("shown_changed", 1, 2)
    await d.decide(run_id, "approve")
    ending = (await d.run_until(run_id))["detail"]
    # Whoever approves without the file has what comes of it; but a run does not say that it is complete while a file is missing.
    assert (ending["code"], d.script.count("send")) == ("run_completed" if how == "byte" else "completion_assertion_failed", 1)


async def test_a_digest_that_was_not_shown_is_refused_and_the_gate_stays_as_it_is(d: House) -> None:
    run_id, hold = await drafted(d)
    before = await d.gate(run_id)
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve", shown_digest="0" * 64)).code == "gate_shown_changed"
    assert await d.gate(run_id) == before
    hold.open()
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_a_rewritten_artifact_is_shown_anew_after_a_rework(d: House) -> None:
    d.script.on("draft", write("notes.txt", "one"), write("notes.txt", "two"))
    text = flow(step("draft", "artifact: {path: notes.txt}"), gate("ask", "needs: [draft]"), step("send", "needs: [ask]"))
    run_id = await d.begin(text)
    await d.run_until(run_id, "awaiting_approval")
    first = await d.gate(run_id)
    await d.decide(run_id, "rework")
    await d.when(run_id, lambda run: run["status"] == "awaiting_approval" and run["nodes"][1]["instance"] == 2)
    second = await d.gate(run_id)
    assert second["shown"]["artifacts"][0]["sha256"] != first["shown"]["artifacts"][0]["sha256"]
    assert (
        await d.refused("gate.decide", run_id=run_id, decision="approve", shown_digest=first["shown_digest"])
    ).code == "gate_shown_changed"
    await d.decide(run_id, "approve", shown_digest=second["shown_digest"])
    assert (await d.run_until(run_id))["status"] == "completed"


@pytest.mark.parametrize("sitting", range(SITTINGS))
async def test_gg07_of_64_deciders_on_64_connections_exactly_one_wins(d: House, sitting: int) -> None:
    text = flow(gate("ask", "on_reject: continue"), step("b", "needs: [ask]"))
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(await d.client()) for _ in range(64)]
        for number in range(ROUNDS):
            run_id = await d.begin(text)
            await d.run_until(run_id, "awaiting_approval")
            won, lost = await _all_answer(clients, run_id)
            assert (len(won), len(lost)) == (1, 63)
            assert {refused.code for refused in lost} == {"gate_already_decided"}
            assert {refused.data["winning_decision"]["decision"] for refused in lost} == set(won)
            await d.run_until(run_id)
            names = await d.names(run_id)
            assert (names.count("approval_gate_decided"), d.script.count("b")) == (1, number + 1)


async def _all_answer(clients: list[Client], run_id: str) -> tuple[list[str], list[Refused]]:
    """Half of them approve, half reject, all at once: what was accepted, and what was refused."""
    won: list[str] = []
    lost: list[Refused] = []

    async def answer(client: Client, word: str) -> None:
        try:
            await client.call("gate.decide", {"run_id": run_id, "gate": "ask", "decision": word})
            won.append(word)
        except Refused as refused:
            lost.append(refused)

    async with trio.open_nursery() as nursery:
        for number, client in enumerate(clients):
            nursery.start_soon(answer, client, "approve" if number % 2 else "reject")
    return won, lost


async def test_a_byte_changed_while_the_run_was_held_asks_anew_at_the_resume(d: House) -> None:
    run_id, hold = await drafted(d)
    seen = await d.gate(run_id)
    hold.open()
    await d.when(run_id, lambda run: run["status"] == "awaiting_approval")
    await d.call("run.pause", run_id=run_id)
    await d.call("run.resume", run_id=run_id)
    assert (await d.gate(run_id))["nonce"] == seen["nonce"]
    await d.when(run_id, lambda run: run["status"] == "awaiting_approval")
    await d.call("run.pause", run_id=run_id)
    notes(d, run_id).write_text("hellO")
    await d.call("run.resume", run_id=run_id)
    assert (await d.gate(run_id))["instance"] == 2
    refused = await d.refused("gate.decide", run_id=run_id, decision="approve", approval_request_id=seen["approval_request_id"])
    assert refused.code == "gate_transition_guard_denied"
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"

"""Gates: answers of people, and what comes of them."""

from __future__ import annotations

import pytest

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, give

MAIL = flow(step("compose"), gate("ask", "needs: [compose], prompt: Send it?"), step("send", "needs: [ask]"))


async def test_r59_approve_lets_what_follows_start(d: House) -> None:
    hold = Hold()
    d.script.on("send", hold)
    run_id = await d.begin(MAIL)
    run = await d.run_until(run_id, "awaiting_approval")
    assert (run["detail"]["code"], run["open_gates"], await d.why(run_id)) == ("awaiting_gate", ["ask"], ["awaiting_gate"])
    answer = await d.decide(run_id, "approve", feedback="fine")
    assert (answer["decision"], answer["instance"], answer["status"]) == ("approve", 1, "queued")
    await hold.begun()
    content = (await d.nodes(run_id))["ask"]["output"]["content"]
    assert (content["decision"], content["feedback"], content["decided_by"].startswith("uid:")) == ("approve", "fine", True)
    hold.open()
    assert (await d.run_until(run_id))["status"] == "completed"
    names = await d.names(run_id)
    at = names.index("approval_gate_decided")
    assert names[at - 2 : at + 2] == ["approval_gate_opened", "run_awaiting_approval", "approval_gate_decided", "node_completed"]


async def test_r60_cancel_ends_the_run_and_the_gate_is_not_completed(d: House) -> None:
    run_id = await d.begin(MAIL)
    await d.run_until(run_id, "awaiting_approval")
    assert (await d.decide(run_id, "cancel", reason="no more"))["status"] == "cancelled"
    run = await d.run_until(run_id)
    assert (run["status"], run["stop_kind"], run["detail"]["code"], run["stop_reason"]) == (
        "cancelled",
        "cancelled",
        "cancelled_by_gate",
        "no more",
    )
    names = await d.names(run_id)
    assert names[-3:-1] == ["approval_gate_decided", "run_cancelled"]
    assert (await d.statuses(run_id))["ask"] != "completed"
    assert d.script.count("send") == 0


async def test_reject_fails_the_node_and_the_run(d: House) -> None:
    run_id = await d.begin(MAIL)
    await d.run_until(run_id, "awaiting_approval")
    await d.decide(run_id, "reject", feedback="too long")
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]) == ("failed", {"code": "nodes_failed", "node_ids": ["ask"]})
    error = (await d.nodes(run_id))["ask"]["error"]
    assert error["code"] == "gate_rejected"
    assert "too long" in error["message"]


async def test_r109_reject_with_on_reject_continue_goes_on_and_can_be_read(d: House) -> None:
    text = flow(gate("ask", "on_reject: continue"), step("send", 'needs: [ask], with: {said: "{{ nodes.ask.decision }}"}'))
    run_id = await d.begin(text)
    await d.run_until(run_id, "awaiting_approval")
    await d.decide(run_id, "reject", feedback="later")
    assert (await d.run_until(run_id))["status"] == "completed"
    assert d.script.calls()[-1]["given"] == {"said": "reject"}


async def test_gg04_rework_brings_the_feedback_to_the_next_attempt(d: House) -> None:
    compose = step("compose", 'with: {feedback: "{{ run.feedback }}"}')
    text = flow(compose, gate("ask", "needs: [compose], rework: [compose]"), step("send", "needs: [ask]"))
    run_id = await d.begin(text)
    await d.run_until(run_id, "awaiting_approval")
    first = await d.gate(run_id)
    answer = await d.decide(run_id, "rework", feedback="shorter")
    assert answer["status"] == "queued"
    await d.when(run_id, lambda run: run["status"] == "awaiting_approval" and run["nodes"][1]["instance"] == 2)
    assert [call["given"]["feedback"] for call in d.script.calls()] == ["", "shorter"]
    second = await d.gate(run_id)
    assert (second["instance"], second["nonce"] != first["nonce"]) == (2, True)
    await d.decide(run_id, "approve", nonce=second["nonce"], shown_digest=second["shown_digest"])
    run = await d.run_until(run_id)
    assert [record["decision"] for record in run["gate_history"]] == ["rework", "approve"]
    decided = next(event for event in await d.events(run_id) if event["event"] == "approval_gate_decided")
    assert list(decided["reset_nodes"]) == ["ask", "compose", "send"]


async def test_gg03_an_answer_meant_for_an_older_instance_is_refused(d: House) -> None:
    run_id = await d.begin(MAIL)
    await d.run_until(run_id, "awaiting_approval")
    old = (await d.gate(run_id))["nonce"]
    await d.decide(run_id, "rework", nonce=old)
    await d.when(run_id, lambda run: run["status"] == "awaiting_approval" and run["nodes"][1]["instance"] == 2)
    refused = await d.refused("gate.decide", run_id=run_id, decision="approve", nonce=old)
    assert refused.code == "gate_transition_guard_denied"
    run = await d.run(run_id)
    assert (run["status"], run["gate_history"][-1]["decision"]) == ("awaiting_approval", "guard_denied")
    await d.decide(run_id, "approve", nonce=(await d.gate(run_id))["nonce"])
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_gt114_selections_come_in_the_order_of_the_options(d: House) -> None:
    text = flow(gate("ask", "options: {a: Alpha, b: Beta, c: Gamma}"), step("s", 'needs: [ask], with: {all: "{{ nodes.ask.selections }}"}'))
    run_id = await d.begin(text)
    await d.run_until(run_id, "awaiting_approval")
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve", selections=["z"])).code == "gate_selection_invalid"
    assert (await d.refused("gate.decide", run_id=run_id, decision="reject", selections=["a"])).code == "gate_selections_not_allowed"
    await d.decide(run_id, "approve", selections=["Gamma", "a"])
    await d.run_until(run_id)
    assert d.script.calls()[-1]["given"] == {"all": ["a", "c"]}


async def test_gt115_selections_without_options_are_refused_and_the_gate_stays_open(d: House) -> None:
    run_id = await d.begin(MAIL)
    await d.run_until(run_id, "awaiting_approval")
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve", selections=["a"])).code == "gate_selections_not_configured"
    assert (await d.run(run_id))["open_gates"] == ["ask"]
    await d.decide(run_id, "approve")


async def test_r67_words_are_trimmed_and_only_what_is_offered_is_taken(d: House) -> None:
    run_id = await d.begin(flow(gate("ask", "decisions: [approve, reject]")))
    await d.run_until(run_id, "awaiting_approval")
    assert (await d.refused("gate.decide", run_id=run_id, decision="rework")).code == "gate_decision_not_offered"
    assert (await d.refused("gate.decide", run_id=run_id, decision="maybe")).code == "gate_decision_invalid"
    await d.decide(run_id, " Reject ")
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]["code"], run["nodes"][0]["error"]["code"]) == ("failed", "nodes_failed", "gate_rejected")


async def test_r62_a_decided_gate_names_its_winner_and_nothing_changes(d: House) -> None:
    hold = Hold()
    d.script.on("mid", hold)
    text = flow(gate("g1"), step("mid", "needs: [g1]"), gate("g2", "needs: [mid]"))
    run_id = await d.begin(text)
    await d.run_until(run_id, "awaiting_approval")
    await d.decide(run_id, "approve", gate="g1")
    await hold.begun()
    named = await d.refused("gate.decide", run_id=run_id, decision="cancel", gate="g1")
    assert (named.code, named.data["winning_decision"]["decision"]) == ("gate_already_decided", "approve")
    unnamed = await d.refused("gate.decide", run_id=run_id, decision="cancel")
    assert (unnamed.code, unnamed.data["winning_decision"]["node_id"]) == ("run_not_awaiting_approval", "g1")
    assert len((await d.run(run_id))["gate_history"]) == 1
    hold.open()
    await d.run_until(run_id, "awaiting_approval")
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_r91_a_gate_holds_only_what_is_behind_it(d: House) -> None:
    hold = Hold()
    d.script.on("b", hold)
    run_id = await d.begin(flow(gate("g"), step("b"), step("after", "needs: [g]"), top="limits: {parallel: 2}"))
    await hold.begun()
    run = await d.run(run_id)
    assert (run["status"], run["open_gates"]) == ("running", ["g"])
    assert (await d.decide(run_id, "approve"))["status"] == "running"
    await d.when(run_id, lambda run: run["nodes"][2]["status"] == "completed")
    assert (await d.run(run_id))["status"] == "running"
    hold.open()
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_r92_two_open_gates_need_a_name_and_wait_for_each_other(d: House) -> None:
    run_id = await d.begin(flow(gate("g1"), gate("g2"), step("x", "needs: [g1, g2]")))
    run = await d.run_until(run_id, "awaiting_approval")
    assert run["open_gates"] == ["g1", "g2"]
    refused = await d.refused("gate.decide", run_id=run_id, decision="approve")
    assert (refused.code, refused.data["open_gates"]) == ("gate_ambiguous", ["g1", "g2"])
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve", gate="nobody")).code == "run_gate_missing"
    assert (await d.decide(run_id, "approve", gate="g2"))["status"] == "queued"
    await d.when(run_id, lambda run: run["status"] == "awaiting_approval" and run["open_gates"] == ["g1"])
    await d.decide(run_id, "approve", gate="g1")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_the_inbox_lists_open_gates_of_all_runs_and_the_request_id_names_one(d: House) -> None:
    runs = [await d.begin(MAIL) for _ in range(3)]
    for run_id in runs:
        await d.run_until(run_id, "awaiting_approval")
    listed = (await d.call("gate.list"))["gates"]
    assert {entry["run_id"] for entry in listed} == set(runs)
    for entry in listed:
        await d.decide(entry["run_id"], "approve", gate=entry["approval_request_id"])
    for run_id in runs:
        assert (await d.run_until(run_id))["status"] == "completed"
    assert (await d.call("gate.list"))["gates"] == []
    assert (await d.refused("gate.get", run_id=runs[0])).code == "run_gate_missing"


async def test_decisions_of_unknown_and_ended_runs_are_refused(d: House) -> None:
    assert (await d.refused("gate.decide", run_id="run-nobody", decision="approve")).code == "run_not_found"
    run_id = await d.begin(flow(step("a")))
    await d.run_until(run_id)
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve")).code == "run_not_awaiting_approval"


@pytest.mark.parametrize("crash", [False, True])
async def test_gg19_an_open_gate_survives_a_restart_with_its_instance_nonce_and_due_time(d: House, *, crash: bool) -> None:
    d.script.on("compose", give("text"))
    run_id = await d.begin(MAIL)
    await d.run_until(run_id, "awaiting_approval")
    before = await d.gate(run_id)
    await d.restart(crash=crash)
    assert await d.gate(run_id) == before
    await d.decide(run_id, "approve", nonce=before["nonce"], shown_digest=before["shown_digest"])
    assert (await d.run_until(run_id))["status"] == "completed"
    assert d.script.count("compose") == 1

"""Gates and what later nodes make of their answers, through the socket."""

from __future__ import annotations

import grp
import os
from typing import Any

import trio
from attrs import evolve

from tests.scenarios.flows import block, flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import give

HOUR_S = 3_600
SAID = 'with: {feedback: "{{ run.gate_feedback }}", selections: "{{ run.gate_selections }}"}'


def review(node_id: str, more: str) -> str:
    return f"{{id: {node_id}, gate: human_review, {more}}}"


def quality(more: str) -> str:
    return f"{{id: q, gate: quality, needs: [src], source: src, {more}}}"


async def opened(d: House, text: str, status: str = "awaiting_approval") -> tuple[str, dict[str, Any]]:
    run_id = await d.begin(text)
    return run_id, await d.run_until(run_id, status)


def error(run: dict[str, Any], node_id: str) -> tuple[str, dict[str, Any]]:
    found = next(node["error"] for node in run["nodes"] if node["node_id"] == node_id)
    return found["code"], found["detail"]


async def test_gt68_a_dry_run_takes_gates_as_approved_and_quality_as_given(d: House) -> None:
    pick = review("pick", "needs: [src], prompt: Sure?, options: src.all, min_approvals: 2")
    run_id = await d.begin(flow(step("src"), pick, quality("threshold: 80, check: output.ok")), dry_run=True)
    run = await d.run(run_id)
    told = {node["node_id"]: node for node in run["output"]["plan"]["nodes"]}
    assert (run["status"], await d.names(run_id)) == ("completed", ["run_created", "run_completed"])
    shown = {name: told["pick"].get(name) for name in ("gate_name", "type", "prompt", "options", "min_approvals", "assumed")}
    assert shown == {
        "gate_name": "pick", "type": "human_review", "prompt": "Sure?", "options": {"ref": "src.all"}, "min_approvals": 2,
        "assumed": "approved",
    }  # fmt: skip
    shown = {name: told["q"].get(name) for name in ("source", "threshold", "check", "on_fail", "assumed", "decisions")}
    assert shown == {"source": "src", "threshold": 80, "check": "output.ok", "on_fail": "fail", "assumed": "pass", "decisions": None}


async def test_gt71_feedback_and_selections_are_both_kept(d: House) -> None:
    text = flow(
        review("g", "options: [a, b]"), step("one", f"needs: [g], {SAID}"), review("h", "needs: [one], options: [c]"),
        step("two", f"needs: [h], {SAID}"),
    )  # fmt: skip
    run_id, _ = await opened(d, text)
    await d.decide(run_id, "approve", gate="g", feedback="lgtm", selections=["b", "a"])
    await d.when(run_id, lambda run: run["open_gates"] == ["h"])
    await d.decide(run_id, "approve", gate="h", selections=["c"])
    run = await d.run_until(run_id)
    assert [call["given"] for call in d.script.calls()] == [
        {"feedback": "lgtm", "selections": ["a", "b"]}, {"feedback": "c", "selections": ["c"]},
    ]  # fmt: skip
    assert (run["status"], [len(record["selections"]) for record in run["gate_history"]]) == ("completed", [2, 1])


async def test_gt72_the_text_of_a_rejection_holds_the_feedback(d: House) -> None:
    for feedback, wanted in ((None, "rejected"), ("no", "no")):
        run_id, _ = await opened(d, flow(gate("g")))
        await d.decide(run_id, "reject", feedback=feedback)
        run = await d.run_until(run_id)
        assert (run["status"], run["nodes"][0]["error"]["code"]) == ("failed", "gate_rejected")
        assert wanted in run["nodes"][0]["error"]["message"]


async def test_gt73_gt74_options_come_from_an_earlier_node(d: House) -> None:
    text = flow(step("plan"), review("pick", "needs: [plan], options: plan.targets"))
    d.script.on("plan", give({"targets": {"x": "X", "n": 1}}), give({"targets": ["p", "q"]}), give({"targets": 5}))
    run_id, _ = await opened(d, text)
    found = await d.gate(run_id)
    assert (found["options"], found["dropped_options"]) == ([{"label": "X", "value": "x"}], ["n"])
    await d.restart()
    assert await d.gate(run_id) == found
    await d.decide(run_id, "approve", selections=["X"])
    run_id, _ = await opened(d, text)
    assert [option["value"] for option in (await d.gate(run_id))["options"]] == ["p", "q"]
    await d.decide(run_id, "cancel")
    run_id, run = await opened(d, text, "failed")
    assert error(run, "pick") == ("gate_options_not_a_map", {"step": "plan", "field": "targets"})
    assert "approval_gate_opened" not in await d.names(run_id)


async def test_gt75_gt76_gt77_a_quality_gate_is_computed(d: House) -> None:
    d.script.on("src", *[give({"confidence": number}) for number in (90, 60, 50)])
    known = step("next", 'needs: [q], when: \'marker("q", "passed")\'')
    run_id, run = await opened(d, flow(step("src"), quality("threshold: 80"), known), "completed")
    assert (await d.statuses(run_id))["next"] == "completed"
    names = await d.names(run_id)
    at = names.index("approval_gate_decided")
    assert names[at - 1 : at + 2] == ["node_completed", "approval_gate_decided", "node_completed"]
    assert run["gate_history"][0]["decided_by"] == "quality_gate"
    run_id, run = await opened(d, flow(step("src"), quality("threshold: 80"), known), "failed")
    code, detail = error(run, "q")
    assert (code, detail["confidence"], detail["threshold"]) == ("quality_below_threshold", 60, 80)
    run_id, run = await opened(d, flow(step("src"), quality("threshold: 80, on_fail: continue"), known), "completed")
    assert (await d.statuses(run_id))["next"] == "skipped"
    run_id, run = await opened(d, flow(step("src", "when: 1 == 2"), quality("threshold: 0")), "failed")
    assert error(run, "q") == ("quality_source_missing", {"source": "src"})


async def test_gg05_only_what_is_offered_is_taken(d: House) -> None:
    run_id, _ = await opened(d, flow(gate("g", "decisions: [approve, cancel]")))
    refused = await d.refused("gate.decide", run_id=run_id, decision="reject")
    assert (refused.code, refused.data["offered"], (await d.run(run_id))["open_gates"]) == (
        "gate_decision_not_offered", ["approve", "cancel"], ["g"],
    )  # fmt: skip
    await d.decide(run_id, "approve")


async def test_gg09_a_rejection_that_lets_the_run_go_on_is_known_to_later_nodes(d: House) -> None:
    text = flow(gate("g", "on_reject: continue"), step("next", f"needs: [g], when: nodes.g.rejected, {SAID}"))
    run_id, _ = await opened(d, text)
    await d.decide(run_id, "reject", feedback="later")
    run = await d.run_until(run_id)
    assert (run["nodes"][0]["status"], run["nodes"][0]["output"]["content"]["decision"]) == ("completed", "reject")
    assert d.script.calls()[-1]["given"]["feedback"] == "later"


async def test_gg14_the_time_a_gate_is_open_costs_no_runtime(d: House) -> None:
    run_id, _ = await opened(d, flow(gate("g"), step("next", "needs: [g]"), top="limits: {runtime: 1h}"))
    d.clock.jump(3 * HOUR_S * 1000)
    await trio.sleep(60)
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_gg15_a_gate_is_escalated_once_and_can_be_answered_afterwards(d: House) -> None:
    run_id, _ = await opened(d, flow(gate("g", "timeout: 5m, on_timeout: escalate")))
    await trio.sleep(HOUR_S)
    found = await d.gate(run_id)
    assert (found["escalated_to"], found["reminders"]) == ("unassigned_escalation_principal", 1)
    assert (await d.names(run_id)).count("approval_gate_escalated") == 1
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_gt70_a_gate_that_nobody_answered_is_timed_out_and_says_so(d: House) -> None:
    text = flow(
        gate("g", "timeout: 5m, on_timeout: continue"), step("next", 'needs: [g], when: \'nodes.g.timed_out && marker("g", "timed_out")\'')
    )
    run_id, run = await opened(d, text, "completed")
    assert (run["nodes"][0]["status"], (await d.statuses(run_id))["next"]) == ("timed_out", "completed")


async def test_gt12_gt32_only_gates_of_known_resolvers_are_taken(d: House) -> None:
    for node, codes in (
        ("{gate: slack_reaction, options: {thumbs_up: approve}}", ["gate_resolver_missing"]),
        (quality("threshold: 1"), []),
    ):
        found = await d.call("workflow.check", text=flow(step("src"), node))
        assert [problem["code"] for problem in found["problems"]] == codes
    refused = await d.refused("run.start", text=flow("{id: g, gate: pr_checks}"), folder=str(d.folder))
    assert (refused.code, refused.data["problems"][0]["line"]) == ("invalid_workflow", 5)


async def test_gg20_what_is_shown_has_the_digest_that_the_decision_carries(d: House) -> None:
    run_id, _ = await opened(d, flow(gate("g", 'prompt: "Publish these notes?", options: {now: "Publish now"}')))
    found = await d.gate(run_id)
    assert found["shown"]["options"] == [{"label": "Publish now", "value": "now"}]
    await d.decide(run_id, "approve", shown_digest=found["shown_digest"], transition_id=f"{found['approval_request_id']}:decision")
    assert (await d.run_until(run_id))["gate_history"][0]["shown_digest"] == found["shown_digest"]


async def test_votes_and_ids_survive_a_restart_and_name_who_asks_twice(d: House) -> None:
    run_id, _ = await opened(d, flow(review("g", "min_approvals: 2")))
    answer = await d.decide(run_id, "approve", request_id="one", feedback="fine")
    assert (answer["answer"], answer["approvals"], answer["needed"]) == ("recorded", 1, 2)
    await d.restart(crash=True)
    assert (await d.gate(run_id))["votes"] == [{"by": f"uid:{os.getuid()}", "feedback": "fine", "selections": []}]
    assert await d.decide(run_id, "approve", request_id="one", feedback="fine") == answer
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve")).code == "gate_already_voted"
    await d.decide(run_id, "reject")
    assert (await d.run_until(run_id))["status"] == "failed"


async def test_approvers_and_authors(d: House) -> None:
    """There is but one person here: he started the run, stored the workflow, and is in his own groups alone."""
    run_id, _ = await opened(d, flow(gate("g", "approvers: ['@nobody-has-such-a-group', 4000000000]")))
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve")).code == "gate_reviewer_not_allowed"
    run_id, _ = await opened(d, flow(gate("g", f"approvers: [{os.getuid()}], separate_from_author: true")))
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve")).code == "gate_approver_is_author"
    mine = grp.getgrgid(os.getgid()).gr_name
    run_id, _ = await opened(d, flow(block("inside", gate("g", f"approvers: ['@{mine}']"))))
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"
    await d.stop()
    d.config = evolve(d.config, gates=evolve(d.config.gates, separate_from_author=True))
    await d.start()
    run_id, _ = await opened(d, flow(gate("g")))
    assert (await d.refused("gate.decide", run_id=run_id, decision="approve")).code == "gate_approver_is_author"


async def test_gg01_two_gates_of_one_type_are_asked_one_by_one_also_after_a_restart(d: House) -> None:
    """With gates that people answer; which ids two gates without a name get is tested where they are read."""
    text = flow("{gate: human_review}", "{gate: human_review, needs: [human_review]}", step("x", "needs: [human_review.2]"))
    run_id, _ = await opened(d, text)
    await d.decide(run_id, "approve", gate="human_review")
    await d.when(run_id, lambda run: run["open_gates"] == ["human_review.2"])
    await d.restart()
    assert ((await d.run(run_id))["open_gates"], d.script.calls()) == (["human_review.2"], [])
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"

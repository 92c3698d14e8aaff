"""Gates that a resolver answers, through the socket, under virtual time."""

from __future__ import annotations

from itertools import pairwise

import trio

from actors.outside.trouble import Trouble
from actors.resolver.answers import Said
from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.oracle import Oracle, asked_flow

PENDING = Said("pending")


async def asked(o: House, more: str = "", gate_type: str = "pr_checks") -> str:
    run_id = await o.begin(asked_flow(more, gate_type))
    await o.run_until(run_id, "awaiting_approval")
    return run_id


async def test_gg10_polls_grow_apart_and_the_answer_lets_the_run_go_on(o: House, oracle: Oracle) -> None:
    oracle.says = [PENDING, PENDING, PENDING, Said("approved", "all green")]
    run_id = await o.begin(asked_flow())
    run = await o.run_until(run_id)
    assert (oracle.times(), run["status"]) == ([0, 15, 37.5, 71.25], "completed")
    [record] = run["gate_history"]
    assert (record["decision"], record["decided_by"], record["feedback"]) == ("approve", "resolver:pr_checks", "all green")


async def test_gg12_two_approvals_are_enough_whatever_the_word(o: House, oracle: Oracle) -> None:
    oracle.says = [Said("approved", None, 1), Said("pending", None, 2)]
    run_id = await o.begin(asked_flow("min_approvals: 2", "pr_approval"))
    run = await o.run_until(run_id)
    assert (oracle.times(), run["status"], run["gate_history"][0]["decided_by"]) == ([0, 15], "completed", "resolver:pr_approval")


async def test_the_word_of_the_forge_alone_counts_where_the_gate_says_so(o: House, oracle: Oracle) -> None:
    oracle.says = [Said("pending", None, 5), Said("approved", None, 0)]
    run_id = await o.begin(asked_flow("mode: review_decision", "pr_approval"))
    await o.run_until(run_id)
    assert oracle.times() == [0, 15]


async def test_gt12_any_type_that_a_resolver_answers_and_no_other(o: House, oracle: Oracle) -> None:
    oracle.says = [Said("approved")]
    options = 'prompt: React, options: {thumbs_up: "approve", thumbs_down: "{{ inputs.word }}"}'
    text = flow(f"{{id: g, gate: slack_reaction, {options}}}", step("x", "needs: [g]"), top="inputs: {word: {default: reject}}")
    run_id = await o.begin(text)
    await o.run_until(run_id)
    [(_, params)] = oracle.polls
    assert params == {
        "run_id": run_id, "gate_name": "g", "prompt": "React", "min_approvals": 1, "approval_mode": "min_approvals",
        "options": {"thumbs_up": "approve", "thumbs_down": "reject"}, "timeout_secs": 604_800, "as_identity": None, "node_id": "g",
        "instance": 1,
    }  # fmt: skip
    refused = await o.refused("workflow.put", text=asked_flow(gate_type="jira"), folder=str(o.script.folder))
    assert refused.data["problems"][0]["code"] == "gate_resolver_missing"


async def test_gt32_a_quality_gate_needs_no_resolver(d: House) -> None:
    text = flow(step("a", "output: json"), "{id: q, gate: quality, source: a, threshold: 0, needs: [a]}")
    checked = await d.call("workflow.check", text=text, folder=str(d.script.folder))
    assert (checked["ok"], checked["problems"]) == (True, [])


async def test_a_no_fails_the_gate_with_the_text_as_its_reason(o: House, oracle: Oracle) -> None:
    oracle.says = [Said("rejected", "failed: lint")]
    run = await o.run_until(await o.begin(asked_flow()))
    error = {node["node_id"]: node.get("error") for node in run["nodes"]}["g"]
    assert (run["status"], error["code"]) == ("failed", "gate_rejected")
    assert "failed: lint" in error["message"]


async def test_a_no_may_let_the_run_go_on(o: House, oracle: Oracle) -> None:
    oracle.says = [Said("rejected", "failed: lint")]
    run = await o.run_until(await o.begin(asked_flow("on_reject: continue")))
    assert (run["status"], run["gate_history"][0]["decision"]) == ("completed", "reject")


async def test_a_changed_answer_sets_the_pace_back(o: House, oracle: Oracle) -> None:
    oracle.says = [PENDING, PENDING, Said("pending", "under way: tests"), PENDING, Said("approved")]
    await o.run_until(await o.begin(asked_flow()))
    assert oracle.times() == [0, 15, 37.5, 52.5, 67.5]


async def test_the_pace_has_an_end(o: House, oracle: Oracle) -> None:
    await asked(o)
    await trio.sleep(3_000)
    times = oracle.times()
    assert max(later - earlier for earlier, later in pairwise(times)) == 300
    assert len(times) == 16


async def test_failures_are_noted_sparsely_and_the_gate_stays_open(o: House, oracle: Oracle) -> None:
    oracle.trouble(21)
    run_id = await asked(o)
    await trio.sleep(5_500)
    failed = [event for event in await o.events(run_id) if event["event"] == "approval_gate_resolver_failed"]
    assert [(event["code"], event["count"], event["instance"]) for event in failed] == [("http_timeout", n, 1) for n in (1, 10, 20)]
    assert len(oracle.polls) >= 22
    assert (await o.run(run_id))["status"] == "awaiting_approval"


async def test_a_new_series_of_failures_is_noted_anew(o: House, oracle: Oracle) -> None:
    oracle.says = [PENDING]
    oracle.says[:0] = [Trouble("http_broken", "x"), PENDING, Trouble("http_broken", "x"), Trouble("http_broken", "x")]
    run_id = await asked(o)
    await trio.sleep(300)
    assert (await o.names(run_id)).count("approval_gate_resolver_failed") == 2


async def test_an_error_of_the_resolver_itself_is_a_failure_like_others(o: House, oracle: Oracle) -> None:
    oracle.says = [ZeroDivisionError(), Said("approved")]
    run_id = await o.begin(asked_flow())
    await o.run_until(run_id)
    assert (oracle.times(), (await o.names(run_id)).count("approval_gate_resolver_failed")) == ([0, 15], 1)


async def test_one_that_never_answers_is_given_up_and_holds_nobody_up(o: House, oracle: Oracle) -> None:
    oracle.slow_s = 10_000
    run_id = await asked(o)
    other = await o.begin(flow(step("a"), name="other"))
    await o.run_until(other)
    await trio.sleep(100)
    failed = [event for event in await o.events(run_id) if event["event"] == "approval_gate_resolver_failed"]
    assert [event["code"] for event in failed] == ["resolver_timeout"]
    assert oracle.times() == [0, 80]


async def test_whoever_wants_to_be_left_alone_is(o: House, oracle: Oracle) -> None:
    start = o.clock.now_ms()
    oracle.says = [
        Trouble("resolver_rate_limited", "403", start + 600_000),
        Said("pending", not_before_ms=start + 900_000),
        Said("approved"),
    ]
    await o.run_until(await o.begin(asked_flow()))
    assert [(at - start) // 1000 for at, _ in oracle.polls][1:] == [600, 900]


async def test_a_person_may_answer_only_where_the_workflow_says_so(o: House, oracle: Oracle) -> None:
    run_id = await asked(o)
    assert (await o.refused("gate.decide", run_id=run_id, decision="approve")).code == "gate_decision_not_offered"
    other = await o.begin(asked_flow("decisions: [approve]").replace("story", "other"))
    await o.run_until(other, "awaiting_approval")
    await o.decide(other, "approve")
    assert (await o.run_until(other))["gate_history"][0]["decided_by"].startswith("uid:")
    polls = sum(params["run_id"] == other for _, params in oracle.polls)
    await trio.sleep(600)
    assert sum(params["run_id"] == other for _, params in oracle.polls) == polls


async def test_a_dry_run_asks_nobody(o: House, oracle: Oracle) -> None:
    run_id = await o.begin(asked_flow(), dry_run=True)
    run = await o.run(run_id)
    await trio.sleep(60)
    assert (run["status"], oracle.polls) == ("completed", [])
    assert run["output"]["plan"]["nodes"][0]["assumed"] == "approved"


async def test_what_is_looked_at_comes_from_earlier_nodes(o: House, oracle: Oracle) -> None:
    oracle.says = [Said("approved")]
    options = 'options: {pull: "{{ nodes.push.output.node }}", whole: "{{ run.id }}", odd: "{{ nodes.push.output.absent }}"}'
    run_id = await o.begin(flow(step("push"), f"{{id: g, gate: pr_checks, needs: [push], {options}}}"))
    await o.run_until(run_id)
    [(_, params)] = oracle.polls
    assert params["options"] == {"pull": "push", "whole": run_id, "odd": "{{ nodes.push.output.absent }}"}
    wrong = flow(step("push"), '{id: g, gate: pr_checks, needs: [push], options: {pull: "{{ nodes.pull.output }}"}}')
    refused = await o.refused("workflow.put", text=wrong, folder=str(o.script.folder))
    assert refused.data["problems"][0]["code"] == "reference_unknown"

"""Gates that a resolver answers, through the socket, under virtual time."""

from __future__ import annotations

from itertools import pairwise

import pytest
import trio

from actors.outside.trouble import Trouble
from actors.resolver.answers import Said
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.oracle import Oracle, asked_flow, oracle_in

PENDING = Said("pending")


@pytest.fixture
def oracle(house: House, monkeypatch: pytest.MonkeyPatch) -> Oracle:
    return oracle_in(house, monkeypatch)


@pytest.fixture
async def o(house: House, oracle: Oracle) -> House:
    """A daemon with resolvers."""
    await house.start()
    return house


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


async def test_what_a_resolver_remembers_it_gets_again_also_after_a_failure_and_a_death(o: House, oracle: Oracle) -> None:
    memo = {"/pulls/7": {"etag": "e1", "found": [["anna", "APPROVED"]]}}
    oracle.says = [Said("pending", memo=memo), Trouble("http_timeout", "x"), Said("pending", memo=memo), PENDING]
    await asked(o)
    await trio.sleep(60)
    await o.crash()
    await o.start()
    await trio.sleep(60)
    assert oracle.memos[:4] == [{}, memo, memo, memo]


async def test_a_memo_that_is_too_large_is_not_kept(o: House, oracle: Oracle) -> None:
    oracle.says = [Said("pending", memo={"x": "y" * 70_000})]
    await asked(o)
    await trio.sleep(20)
    assert oracle.memos == [{}, {}]


@pytest.mark.parametrize("crash", [False, True])
async def test_the_next_poll_is_durable(o: House, oracle: Oracle, *, crash: bool) -> None:
    await asked(o)
    await trio.sleep(20)
    await o.restart(crash=crash)
    await trio.sleep(30)
    assert oracle.times() == [0, 15, 37.5]


async def test_a_poll_that_is_overdue_after_a_restart_happens_at_once(o: House, oracle: Oracle) -> None:
    run_id = await asked(o)
    await trio.sleep(1)
    await o.stop()
    o.clock.jump(3_600_000)
    oracle.says = [Said("approved")]
    await o.start()
    await o.run_until(run_id)
    assert len(oracle.polls) == 2


async def test_a_death_between_question_and_commit_asks_again(o: House, oracle: Oracle) -> None:
    oracle.says = [Said("approved")]
    oracle.slow_s = 10
    run_id = await o.begin(asked_flow())
    await trio.sleep(5)
    await o.crash()
    oracle.slow_s = 0
    await o.start()
    run = await o.run_until(run_id)
    assert (len(oracle.polls), len(run["gate_history"])) == (2, 1)


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


async def test_an_answer_for_a_gate_that_is_not_open_any_more_is_dropped(o: House, oracle: Oracle) -> None:
    oracle.says, oracle.slow_s = [Said("rejected", "too late")], 10
    run_id = await asked(o, "decisions: [approve]")
    await o.decide(run_id, "approve")
    run = await o.run_until(run_id)
    await trio.sleep(600)
    assert (run["status"], len(oracle.polls), len((await o.run(run_id))["gate_history"])) == ("completed", 1, 1)


async def test_an_answer_after_the_time_of_the_gate_is_none(o: House, oracle: Oracle) -> None:
    oracle.says, oracle.slow_s = [Said("approved")], 30
    run_id = await o.begin(asked_flow("timeout: 20s, on_timeout: fail"))
    run = await o.run_until(run_id)
    await trio.sleep(60)
    assert (run["status"], [record["decision"] for record in run["gate_history"]]) == ("failed", ["timed_out"])


async def test_a_run_that_is_cancelled_is_asked_about_no_more(o: House, oracle: Oracle) -> None:
    run_id = await asked(o)
    await o.call("run.cancel", run_id=run_id)
    polls = len(oracle.polls)
    await trio.sleep(600)
    assert len(oracle.polls) == polls


async def test_a_paused_run_takes_the_answer_and_stays_paused(o: House, oracle: Oracle) -> None:
    oracle.says = [PENDING, Said("approved")]
    run_id = await asked(o)
    await o.call("run.pause", run_id=run_id)
    await trio.sleep(20)
    run = await o.run(run_id)
    assert (run["status"], run["gate_history"][0]["decision"]) == ("paused", "approve")
    await o.call("run.resume", run_id=run_id)
    assert (await o.run_until(run_id))["status"] == "completed"


async def test_a_gate_that_opens_anew_is_asked_about_anew(o: House, oracle: Oracle) -> None:
    run_id = await o.begin(flow(step("a"), "{id: g, gate: pr_checks, needs: [a], decisions: [rework]}", step("x", "needs: [g]")))
    await o.run_until(run_id, "awaiting_approval")
    await trio.sleep(1)
    await o.decide(run_id, "rework")
    oracle.says = [Said("approved")]
    await o.run_until(run_id)
    assert [params["instance"] for _, params in oracle.polls] == [1, 2]


async def test_a_resolver_that_was_taken_out_of_the_settings_fails_its_gates(o: House, oracle: Oracle) -> None:
    run_id = await asked(o)
    await o.stop()
    o.configure("gates", resolvers=())
    await o.start()
    run = await o.run_until(run_id)
    error = {node["node_id"]: node.get("error") for node in run["nodes"]}["g"]
    assert (run["status"], error["code"]) == ("failed", "gate_resolver_missing")


async def test_one_that_is_missing_when_the_gate_would_open_fails_it_before(o: House, oracle: Oracle) -> None:
    run_id = await o.begin(flow(gate("first"), "{id: g, gate: pr_checks, needs: [first]}"))
    await o.run_until(run_id, "awaiting_approval")
    await o.stop()
    o.configure("gates", resolvers=())
    await o.start()
    await o.decide(run_id, "approve")
    run = await o.run_until(run_id)
    assert (run["status"], oracle.polls, (await o.names(run_id)).count("approval_gate_opened")) == ("failed", [], 1)


async def test_a_dry_run_asks_nobody(o: House, oracle: Oracle) -> None:
    run_id = await o.begin(asked_flow(), dry_run=True)
    run = await o.run(run_id)
    await trio.sleep(60)
    assert (run["status"], oracle.polls) == ("completed", [])
    assert run["output"]["plan"]["nodes"][0]["assumed"] == "approved"


async def test_many_gates_are_asked_about_side_by_side(o: House, oracle: Oracle) -> None:
    oracle.says, oracle.slow_s = [Said("approved")], 1.0
    run_id = await o.begin(flow(*(f"{{id: g{n}, gate: pr_checks}}" for n in range(40))))
    run = await o.run_until(run_id)
    assert (run["status"], len(oracle.polls)) == ("completed", 40)
    assert 4 <= oracle.times()[-1] <= 6


async def test_who_asks_sees_when_it_is_asked_next(o: House, oracle: Oracle) -> None:
    run_id = await asked(o)
    await trio.sleep(1)
    shown = (await o.gate(run_id))["polling"]
    assert (shown["resolver"], shown["polls"], shown["next_poll_ms"] - shown["last_poll_ms"]) == ("pr_checks", 1, 15_000)
    oracle.says = [Trouble("http_timeout", "x")]
    await trio.sleep(20)
    [listed] = (await o.call("gate.list", run_id=run_id))["gates"]
    assert (listed["polling"]["failures"], listed["polling"]["code"]) == (1, "http_timeout")


async def test_a_purged_run_leaves_nothing(o: House, oracle: Oracle) -> None:
    run_id = await asked(o)
    await o.call("run.cancel", run_id=run_id)
    await o.call("run.purge", run_id=run_id)
    await trio.sleep(60)
    assert "0 gates to ask about" in next(row["status"] for row in (await o.call("system.tree"))["rows"] if row["path"] == "poller")


async def test_a_gate_that_is_open_for_long_keeps_a_short_log(o: House, oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("actors.resolver.row", "actors.resolver.poller"):
        monkeypatch.setattr(f"{module}.LONG_LOG", 5)
    o.configure("gates", resolver_max_interval_ms=15_000)
    await o.restart()
    run_id = await asked(o)
    await trio.sleep(15 * 23 + 5)
    await o.crash()
    oracle.says = [Said("approved")]
    await o.start()
    await o.run_until(run_id)
    assert len(oracle.polls) == 25

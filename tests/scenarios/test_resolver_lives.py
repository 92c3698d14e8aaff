"""The lives of gates that a resolver answers: deaths between question and answer, gates that close meanwhile, long ones."""

from __future__ import annotations

import pytest
import trio

from actors.outside.trouble import Trouble
from actors.resolver.answers import Said
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.oracle import Oracle, asked_flow

PENDING = Said("pending")


async def asked(o: House, more: str = "", gate_type: str = "pr_checks") -> str:
    run_id = await o.begin(asked_flow(more, gate_type))
    await o.run_until(run_id, "awaiting_approval")
    return run_id


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
    [reason] = (await o.call("run.why", run_id=run_id))["reasons"]
    assert reason["data"]["polling"] == listed["polling"]
    assert "waits for its resolver, pr_checks" in reason["text"]
    assert "asked 2 times" in reason["text"]
    assert "no answer 1 times in a row: http_timeout" in reason["text"]
    assert reason["next"] == []


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


async def test_an_answer_that_comes_to_a_held_run_after_the_time_of_its_gate_is_none(o: House, oracle: Oracle) -> None:
    run_id = await asked(o, "timeout: 10s, on_timeout: fail")
    await o.call("run.pause", run_id=run_id)
    oracle.says = [Said("approved")]
    await trio.sleep(60)
    assert ((await o.run(run_id))["gate_history"], len(oracle.polls) > 1) == ([], True)
    await o.call("run.resume", run_id=run_id)
    assert [record["decision"] for record in (await o.run_until(run_id))["gate_history"]] == ["timed_out"]

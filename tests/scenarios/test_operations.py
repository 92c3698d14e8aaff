"""What an operator may do in which status, what is refused, and with which code."""

from __future__ import annotations

import pytest

from tests.scenarios.client import Refused
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail, take
from tests.scenarios.situations import SITUATIONS, in_status

NOT_MUTABLE = ("run_task_not_mutable", "run_task_not_mutable", "run_task_not_mutable", "run_not_repairable", "run_not_terminal")
HELD = ("queued", "queued", "task_not_blocked", "queued", "run_not_terminal")
OVER = ("queued", "queued", "task_not_blocked", "queued", "queued")
WORDS = ("pause", "resume", "cancel", "finish", "recover", "retry", "requeue", "continue", "repair", "fork")
TABLE = {
    # A word is the status after the operation, a code is a refusal. Nodes: the first one of the run.
    "queued": ("paused", "run_not_paused", "cancelled", "blocked", "run_not_recoverable", *NOT_MUTABLE),
    "running": ("paused", "run_not_paused", "cancelled", "running", "run_not_recoverable", *NOT_MUTABLE),
    "paused": ("run_not_pausable", "queued", "cancelled", "blocked", "queued", *HELD),
    "waiting": ("paused", "run_not_paused", "cancelled", "blocked", "run_not_recoverable", *HELD),
    "awaiting_approval": ("paused", "run_not_paused", "cancelled", "blocked", "run_not_recoverable", *HELD),
    "completed": ("run_not_pausable", "run_already_terminal", "completed", "run_already_terminal", "run_not_recoverable", *OVER),
    "failed": ("run_not_pausable", "run_already_terminal", "failed", "run_already_terminal", "queued", *OVER),
    "cancelled": ("run_not_pausable", "run_already_terminal", "cancelled", "run_already_terminal", "run_not_recoverable", *OVER),
    "blocked": (
        "run_not_pausable", "run_already_terminal", "cancelled", "run_already_terminal", "queued", "queued", "queued", "queued", "queued",
        "queued",
    ),
}  # fmt: skip
CASES = [(status, word, row[i]) for status, row in TABLE.items() for i, word in enumerate(WORDS)]
STATUSES = {"paused", "cancelled", "queued", "running", "blocked"}


@pytest.mark.parametrize(("status", "word", "expected"), CASES)
async def test_each_operation_in_each_status(d: House, status: str, word: str, expected: str) -> None:
    run_id = await in_status(d, status)
    before = await d.names(run_id)
    more: dict[str, object] = {}
    if word in ("retry", "requeue", "continue", "repair"):
        more = {"node_id": (await d.run(run_id))["nodes"][0]["node_id"]}
    if word == "repair":
        more["patch"] = {"title": "another"}
    try:
        answer = (await d.call(f"run.{word}", run_id=run_id, **more))["status"]
    except Refused as refused:
        answer = refused.code
    assert answer == expected
    if expected not in STATUSES or (status == "cancelled" and word == "cancel"):
        assert (await d.names(run_id), (await d.run(run_id))["status"]) == (before, status)


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
async def test_r09_cancel_of_an_ended_run_says_so_and_writes_nothing(d: House, status: str) -> None:
    run_id = await in_status(d, status)
    before = await d.run(run_id)
    answer = await d.call("run.cancel", run_id=run_id)
    assert (answer["already_terminal"], await d.run(run_id)) == (True, before)


async def test_pause_ends_the_attempt_without_counting_it_and_resume_starts_it_again(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a")))
    await hold.begun()
    await d.call("run.pause", run_id=run_id, reason="lunch")
    run = await d.run(run_id)
    assert (run["status"], run["pause_reason"], await d.why(run_id)) == ("paused", "lunch", ["paused_by_operator"])
    assert (await d.names(run_id))[-3:] == ["node_interrupted", "run_pause_requested", "run_paused"]
    await d.call("run.resume", run_id=run_id)
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["attempt"], run.get("pause_reason")) == ("completed", 2, None)


async def test_a_pause_of_a_node_with_one_attempt_leaves_it_that_attempt(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold, hold, fail())
    run_id = await d.begin(flow(step("a", "retry: {max_attempts: 1}")))
    for _ in range(2):
        await d.when(run_id, lambda run: run["nodes"][0]["status"] == "running")
        await d.call("run.pause", run_id=run_id)
        await d.call("run.resume", run_id=run_id)
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["attempt"], d.script.count("a")) == ("failed", 3, 3)


async def test_a_decision_while_paused_is_applied_and_the_run_stays_paused(d: House) -> None:
    run_id = await in_status(d, "awaiting_approval")
    await d.call("run.pause", run_id=run_id)
    assert (await d.decide(run_id, "approve"))["status"] == "paused"
    assert (await d.run(run_id))["status"] == "paused"
    assert d.script.count("after") == 0
    await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_r87_a_retry_gives_the_node_and_what_follows_fresh_attempts(d: House) -> None:
    d.script.on("b", fail(), fail(), fail())
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a], retry: {max_attempts: 3}"), step("c", "needs: [b]")))
    assert (await d.run_until(run_id))["status"] == "failed"
    answer = await d.call("run.retry", run_id=run_id, node_id="b", reason="fixed")
    assert sorted(answer["reset_nodes"]) == ["b", "c"]
    run = await d.run_until(run_id, "completed")
    nodes = await d.nodes(run_id)
    assert (nodes["b"]["instance"], nodes["b"]["attempt"], nodes["a"]["instance"], d.script.count("a")) == (2, 1, 1, 1)
    assert (run.get("last_failure"), run["status"]) == (None, "completed")


async def test_r04_a_retry_resets_the_outputs_that_a_reader_sees(d: House) -> None:
    hold = Hold()
    d.script.on("a", take(0, 1), hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await d.run_until(run_id)
    await d.call("run.retry", run_id=run_id, node_id="a")
    await hold.begun()
    nodes = await d.nodes(run_id)
    assert ["output" in node for node in nodes.values()] == [False, False]
    hold.open()
    assert (await d.run_until(run_id, "completed"))["status"] == "completed"


async def test_r05_a_paused_run_keeps_what_it_has(d: House) -> None:
    hold = Hold()
    d.script.on("b", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    await d.call("run.pause", run_id=run_id)
    nodes = await d.nodes(run_id)
    assert (nodes["a"]["output"], nodes["b"]["status"]) == ({"node": "a"}, "pending")


async def test_r07_ended_runs_are_found_and_unknown_ones_are_not(d: House) -> None:
    run_id = await in_status(d, "completed")
    assert (await d.run(run_id))["status"] == "completed"
    for method in ("run.get", "run.events", "run.why", "run.report", "run.logs", "run.pause", "run.resume", "run.cancel"):
        assert (await d.refused(method, run_id="run-nobody")).code == "run_not_found"
    assert (await d.refused("run.retry", run_id="run-nobody", node_id="a")).code == "run_not_found"
    assert (await d.refused("run.retry", run_id=run_id, node_id="nobody")).code == "node_not_found"


@pytest.mark.parametrize("status", list(SITUATIONS))
async def test_why_has_words_for_every_status(d: House, status: str) -> None:
    expected = {
        "queued": ["retry_backoff"], "running": ["node_running"], "paused": ["paused_by_operator"], "awaiting_approval": ["awaiting_gate"],
        "completed": ["run_completed"], "failed": ["nodes_failed"], "cancelled": ["cancelled_by_operator"],
        "waiting": ["waiting_for_time"], "blocked": ["blocked_by_upstream"],
    }  # fmt: skip
    run_id = await in_status(d, status)
    assert await d.why(run_id) == expected[status]


async def test_a_report_is_there_when_the_run_has_ended_and_not_before(d: House) -> None:
    run_id = await in_status(d, "running")
    assert (await d.refused("run.report", run_id=run_id)).code == "run_not_terminal"
    await d.call("run.cancel", run_id=run_id, reason="enough")
    report = await d.call("run.report", run_id=run_id)
    assert (report["report"]["status"], "enough" in report["markdown"]) == ("cancelled", True)


async def test_a_budget_of_runtime_pauses_and_a_raised_one_lets_it_go_on(d: House) -> None:
    for node in ("a", "b", "c"):
        d.script.on(node, take(40))
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]"), top="limits: {runtime: 1m}"))
    run = await d.run_until(run_id, "paused")
    assert (run["pause_reason"], run["stop_kind"], run["detail"]["limit"]) == ("budget_runtime_reached", "guardrail_stopped", 60_000)
    assert await d.statuses(run_id) == {"a": "completed", "b": "completed", "c": "pending"}
    assert await d.why(run_id) == ["budget_runtime_reached"]
    await d.call("run.resume", run_id=run_id)
    again = await d.when(run_id, lambda later: later["status"] == "paused" and later["seq"] > run["seq"])
    assert again["pause_reason"] == "budget_runtime_reached"
    await d.call("run.resume", run_id=run_id, limits={"runtime_ms": 3_600_000})
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_gg14_the_time_a_person_takes_is_no_runtime(d: House) -> None:
    d.script.on("a", take(10))
    run_id = await d.begin(flow(step("a"), gate("ask", "needs: [a]"), step("b", "needs: [ask]"), top="limits: {runtime: 1m}"))
    await d.run_until(run_id, "awaiting_approval")
    d.clock.jump(3 * 3_600_000)
    await d.decide(run_id, "approve")
    run = await d.run_until(run_id)
    assert (run["status"], run["active_ms"] < 20_000) == ("completed", True)

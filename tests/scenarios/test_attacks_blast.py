"""G15 and G16: trouble of one run stays its own; crashes of services are survived within their budget."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.inside import crash_at_next, system_of, tampered
from tests.scenarios.script import Hold, fail

FULL = flow(
    step("a"), gate("ask", "needs: [a]"), step("b", "needs: [ask], retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1s}}"),
    step("z", "needs: [b]"), last=(step("tidy"),),
)  # fmt: skip


async def busy(d: House, name: str = "victim") -> tuple[str, Hold]:
    """A run with a log of many kinds, at work in its last node."""
    hold = Hold()
    d.script.on("b", fail())
    d.script.on("z", hold)
    run_id = await d.begin(FULL.replace("workflow: story", f"workflow: {name}"))
    await d.run_until(run_id, "awaiting_approval")
    await d.decide(run_id, "approve")
    await hold.begun()
    return run_id, hold


BREAKS: dict[str, str] = {
    "not json": "UPDATE journal SET data = x'7b7b7b' WHERE {row}",
    "wrong type": "UPDATE journal SET data = cast('[1,2]' AS blob) WHERE {row}",
    "unknown field": "UPDATE journal SET data = cast('{{\"x\":1}}' AS blob) WHERE {row}",
    "unknown kind": "UPDATE journal SET kind = 'node_teleported' WHERE {row}",
    "missing": "DELETE FROM journal WHERE {row}",
    "other time": "UPDATE journal SET at_ms = 'soon' WHERE {row}",
}


def breaking(how: str, run_id: str, kind: str) -> Callable[[sqlite3.Connection], Any]:
    """Break the first event of that kind in the run's log."""

    def change(db: sqlite3.Connection) -> None:
        found = "SELECT min(position) FROM journal WHERE kind = ? AND stream = (SELECT id FROM streams WHERE name = ?)"
        (position,) = db.execute(found, (kind, run_id)).fetchone()
        assert position is not None
        db.execute("PRAGMA ignore_check_constraints = ON")
        statement = BREAKS[how].format(row=f"position = {position}")
        try:
            db.execute(statement)
        except sqlite3.IntegrityError:
            db.execute(BREAKS["not json"].format(row=f"position = {position}"))

    return change


@pytest.mark.parametrize("how", list(BREAKS))
@pytest.mark.parametrize("kind", [
    "run_created", "run_execution_claimed", "run_started", "node_started", "node_completed", "node_failed", "approval_gate_opened",
    "run_awaiting_approval", "approval_gate_decided", "node_retry_backoff_scheduled",
])  # fmt: skip
async def test_g15_a_broken_event_row_locks_away_its_run_and_no_other(d: House, how: str, kind: str) -> None:
    good, hold = await busy(d, "good")
    bad, _ = await busy(d, "bad")
    await d.crash()
    tampered(d, breaking(how, bad, kind))
    d.history.unread.add(bad)
    await d.start()
    hold.open()
    assert (await d.run_until(good))["status"] == "completed"
    await trio.sleep(5)
    listed = {row["run_id"]: row["status"] for row in (await d.call("run.list"))["runs"]}
    refused = await d.refused("run.get", run_id=bad)
    assert (listed[good], refused.code) == ("completed", "run_log_unreadable")
    assert listed[bad] == "blocked"
    third = await d.begin(flow(step("new"), name="third"))
    assert (await d.run_until(third))["status"] == "completed"
    assert (await d.call("store.verify"))["ok"] is False


async def test_g15_a_run_whose_actor_always_crashes_is_ended_with_the_reason(d: House) -> None:
    run_id, _ = await busy(d)
    other, hold = await busy(d, "other")
    for _ in range(4):
        crash_at_next(d, f"runs/{run_id}/run")
        await system_of(d).ref(f"runs/{run_id}/run").tell("poison")
        await trio.sleep(0.5)
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]["code"], run["stop_kind"]) == ("failed", "run_task_panicked", "panic")
    assert (await d.names(run_id))[-1] in ("run_failed_panic", "report_written")
    hold.open()
    assert (await d.run_until(other))["status"] == "completed"


async def test_g16_three_crashes_within_a_minute_are_survived_and_work_goes_on_unharmed(d: House) -> None:
    run_id, hold = await busy(d)
    for _ in range(2):
        for _ in range(3):
            crash_at_next(d, f"runs/{run_id}/run")
            await system_of(d).ref(f"runs/{run_id}/run").tell("poison")
            await trio.sleep(0.5)
        await trio.sleep(61)
    assert (await d.run(run_id))["status"] == "running"
    hold.open()
    assert ((await d.run_until(run_id))["status"], d.script.count("z"), d.script.count("a")) == ("completed", 1, 1)


@pytest.mark.parametrize("method", ["run.pause", "run.cancel", "run.retry", "gate.decide", "run.resume"])
async def test_g15_a_crash_in_the_middle_of_an_operation_loses_neither_run_nor_answer(d: House, method: str) -> None:
    run_id, hold = await busy(d)
    if method == "run.resume":
        await d.call("run.pause", run_id=run_id)
    else:
        crash_at_next(d, f"runs/{run_id}/run")
    params = {"run.retry": {"node_id": "a"}, "gate.decide": {"decision": "approve"}}.get(method, {})
    answer = await d.answer(method, run_id=run_id, **params)
    refusals = ("run_task_not_mutable", "gate_already_decided", "unavailable", "run_unavailable")
    assert answer in ("paused", "queued", "running", "cancelled", *refusals)
    hold.open()
    if method == "run.pause":
        await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id))["status"] in ("completed", "cancelled")


@pytest.mark.parametrize("path", ["scheduler", "registrar", "caretaker", "reaper", "control/listener"])
async def test_g16_a_service_that_crashes_once_is_restarted_and_runs_go_on(d: House, path: str) -> None:
    run_id, hold = await busy(d)
    crash_at_next(d, path)
    await system_of(d).ref(path).tell("poison")
    await trio.sleep(1)
    hold.open()
    await d.hang_up()  # what stands to its right in the tree was restarted too, connections included
    other = await d.begin(flow(step("new"), name="other"))
    assert (await d.run_until(run_id))["status"] == "completed"
    assert (await d.run_until(other))["status"] == "completed"


async def test_g16_a_service_that_keeps_crashing_ends_the_daemon_and_the_next_one_recovers(d: House) -> None:
    run_id, hold = await busy(d)
    host = d.host
    assert host is not None
    for _ in range(4):
        if not host.over.is_set():
            crash_at_next(d, "caretaker")
            await system_of(d).ref("caretaker").tell("poison")
            await trio.sleep(0.5)
    await host.over.wait()
    assert host.life.ending == "failed"
    host.life.ending = "crash"  # which is what this test wanted
    await d._gone()
    await d.start()
    hold.open()
    assert (await d.run_until(run_id))["status"] == "completed"

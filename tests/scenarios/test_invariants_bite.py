"""The invariants themselves: each finds the fault it is for. A story is told, then its record is falsified."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import trio
from trio.testing import MockClock

from supervision import KernelEvent
from tests.scenarios import invariants as inv
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import open_house
from tests.scenarios.history import Followed, History, Life
from tests.scenarios.records import Records
from tests.scenarios.script import fail

Told = tuple[Records, History]


@pytest.fixture
def told(place: Path) -> Told:
    """The record of a run with a retry, a gate and a clean-up, and of a cancelled one."""

    async def live() -> History:
        async with open_house(place, inv.ALL) as d:
            await d.start()
            d.script.on("b", fail())
            nodes = [step("a"), gate("ask", "needs: [a]"), step("b", "needs: [ask], retry: {max_attempts: 2}")]
            run_id = await d.begin(flow(*nodes, last=(step("tidy"),)))
            await d.run_until(run_id, "awaiting_approval")
            await d.decide(run_id, "approve")
            await d.run_until(run_id)
            other = await d.begin(flow(gate("ask"), name="other"))
            await d.run_until(other, "awaiting_approval")
            await d.call("run.cancel", run_id=other)
            return d.history

    history = trio.run(live, clock=MockClock(autojump_threshold=0))
    return Records.read(place / "data"), history


def log_of(told: Told) -> list[tuple[int, str, bytes]]:
    return told[0].logs[told[0].runs[0]]


def insert(told: Told, before: str, kind: str, **fields: Any) -> None:
    """Put a false event into the first run's log, with the right number."""
    db, history = told
    log, run_id = log_of(told), db.runs[0]
    at = next(i for i, row in enumerate(log) if row[1] == before)
    log.insert(at, (0, kind, orjson.dumps(fields)))
    log[:] = [(i, row[1], row[2]) for i, row in enumerate(log, 1)]
    db.times[run_id].insert(at, db.times[run_id][at])
    history.logs.clear()


def drop(told: Told, kind: str) -> None:
    """Take the first event of that kind out."""
    db, history = told
    log = log_of(told)
    at = next(i for i, row in enumerate(log) if row[1] == kind)
    del log[at], db.times[db.runs[0]][at]
    log[:] = [(i, row[1], row[2]) for i, row in enumerate(log, 1)]
    history.logs.clear()


def finds(check: Callable[[Records, History], list[str]], told: Told) -> bool:
    return bool(check(*told))


def test_the_true_record_breaks_nothing(told: Told) -> None:
    assert [problem for check in inv.ALL for problem in check(*told)] == []


def test_g1_finds_a_receipt_that_is_gone_a_reply_that_differs_and_a_run_that_vanished(told: Told) -> None:
    db, history = told
    op = history.ok("gate.decide")[0]
    kept = db.receipts.pop(op.request_id)
    assert finds(inv.inv_g1, told)
    db.receipts[op.request_id] = kept | {"decision": "reject"}
    assert finds(inv.inv_g1, told)
    db.receipts[op.request_id] = kept
    db.logs.pop(db.runs[0])
    assert finds(inv.inv_g1, told)


def test_g2_finds_two_answers_to_one_request(told: Told) -> None:
    _, history = told
    op = history.ok("gate.decide")[0]
    twin = type(op)(99, op.method, op.params, 0.0, 0, "ok", {**op.result, "decision": "reject"})
    history.ops.append(twin)
    assert finds(inv.inv_g2, told)


def test_g3_finds_gaps_and_changes(told: Told) -> None:
    log = log_of(told)
    log[2] = (log[2][0], log[2][1], b"{}")
    drop(told, "run_started")
    log[3] = (9, log[3][1], log[3][2])
    assert finds(inv.inv_g3, told)


def test_g4_finds_a_catalog_that_says_something_else(told: Told) -> None:
    db, _ = told
    db.catalog[db.runs[0]]["status"] = "failed"
    assert finds(inv.inv_g4, told)


def test_g5_finds_a_start_after_completion_and_after_the_end(told: Told) -> None:
    insert(told, "run_completed", "node_started", node_id="a", attempt=2)
    assert finds(inv.inv_g5, told)


def test_g6_finds_an_effect_without_a_start_twice_and_beyond_the_cap(told: Told) -> None:
    _, history = told
    history.effects.append(dict(history.effects[0]))
    assert finds(inv.inv_g6, told)
    history.effects[-1]["attempt"] = 7
    assert finds(inv.inv_g6, told)
    history.effects.pop()
    insert(told, "node_failed", "node_started", node_id="b", attempt=2)
    insert(told, "node_failed", "node_started", node_id="b", attempt=3)
    assert finds(inv.inv_g6, told)


def test_g7_finds_overlaps_in_time_and_in_the_log(told: Told) -> None:
    _, history = told
    history.overlaps.append("b attempt 2")
    assert finds(inv.inv_g7, told)
    history.overlaps.clear()
    drop(told, "node_failed")
    assert finds(inv.inv_g7, told)


def test_g8_finds_an_ending_of_another_attempt_and_one_after_the_end(told: Told) -> None:
    insert(told, "run_completed", "node_completed", node_id="b", attempt=1)
    assert finds(inv.inv_g8, told)


def test_g11_finds_a_second_decision_and_one_that_was_never_recorded(told: Told) -> None:
    decided = next(orjson.loads(row[2]) for row in log_of(told) if row[1] == "approval_gate_decided")
    insert(told, "run_completed", "approval_gate_decided", **decided)
    assert finds(inv.inv_g11, told)


def test_g11_finds_an_acknowledged_decision_that_is_not_recorded(told: Told) -> None:
    drop(told, "approval_gate_decided")
    assert finds(inv.inv_g11, told)


def test_g12_finds_a_decision_for_other_bytes(told: Told) -> None:
    log = log_of(told)
    at = next(i for i, row in enumerate(log) if row[1] == "approval_gate_decided")
    log[at] = (log[at][0], log[at][1], orjson.dumps(orjson.loads(log[at][2]) | {"shown_digest": "0" * 64}))
    assert finds(inv.inv_g12, told)


@pytest.mark.parametrize("early", [True, False])
def test_g13_finds_a_timer_that_is_early_and_a_wait_that_ends_twice(told: Told, *, early: bool) -> None:
    woken = {"node_id": "a", "wait_id": "w", "completion_key": "k", "due_at_ms": 2**50 if early else 1}
    insert(told, "node_started", "stateful_runtime.wait.timer_woken", **woken)
    if not early:
        assert not finds(inv.inv_g13_waits, told)
        insert(told, "node_started", "stateful_runtime.wait.timer_woken", **woken)
    assert finds(inv.inv_g13_waits, told)


def test_g13_finds_a_delivery_that_ended_a_wait_and_is_not_used_up(told: Told) -> None:
    woken = {"node_id": "a", "wait_id": "w", "completion_key": "k", "delivery": "delivery-1"}
    insert(told, "node_started", "stateful_runtime.wait.webhook_woken", **woken)
    assert finds(inv.inv_g13_waits, told)
    told[0].logs["delivery-1"] = [(1, "webhook_received", b"{}"), (2, "webhook_consumed", b"{}")]
    assert not finds(inv.inv_g13_waits, told)


def test_g14_finds_an_epoch_that_stands_still_and_times_that_go_back(told: Told) -> None:
    db, _ = told
    times = db.times[db.runs[0]]
    times[-1] = 1
    assert finds(inv.inv_g14, told)
    times[-1] = times[-2]
    log = log_of(told)
    at = max(i for i, row in enumerate(log) if row[1] == "run_execution_claimed")
    log[at] = (log[at][0], log[at][1], orjson.dumps(orjson.loads(log[at][2]) | {"lease_epoch": 1}))
    assert finds(inv.inv_g14, told)


def test_g15_finds_a_failed_life_and_a_log_that_nobody_locked_away(told: Told) -> None:
    _, history = told
    history.lives[0].ending = "failed"
    assert finds(inv.inv_g15, told)
    history.lives[0].ending = "orderly"
    log_of(told)[1] = (2, "node_teleported", b"{}")
    assert finds(inv.inv_g15, told)


def test_g16_finds_too_many_restarts(told: Told) -> None:
    told[1].lives[0].kernel += [(float(i), KernelEvent("restarting", "runs/x/run")) for i in range(4)]
    assert finds(inv.inv_g16, told)


def test_g17_g19_g20_g21_and_g22_find_what_the_history_noted(told: Told) -> None:
    db, history = told
    history.lives.append(Life(1, 0.0, "orderly", took_s=11.0, mailboxes=[("run", 300, 256)]))
    history.orphans.append(4711)
    history.refused_starts.append(("before", "after"))
    op = history.ok("gate.decide")[0]
    history.faults.append((op.began_s - 1, op.ended_s + 1))
    for check in (inv.inv_g17, inv.inv_g19, inv.inv_g20, inv.inv_g21, inv.inv_g22):
        assert check(db, history) != [], check.__name__


def test_g26_finds_two_endings_events_after_the_end_and_a_cancel_that_is_not_there(told: Told) -> None:
    insert(told, "report_written", "run_failed", code="nodes_failed")
    assert finds(inv.inv_g26, told)
    drop(told, "run_failed")
    assert not finds(inv.inv_g26, told)
    insert(told, "report_written", "node_started", node_id="a")
    assert finds(inv.inv_g26, told)


def test_g26_finds_an_acknowledged_cancel_without_effect(told: Told) -> None:
    db, history = told
    cancelled = db.runs[1]
    db.logs[cancelled] = [(row[0], "run_started", b"{}") if row[1] == "run_stopped" else row for row in db.logs[cancelled]]
    assert finds(inv.inv_g26, told)
    assert history.ok("run.cancel")[0].params["run_id"] == cancelled


def test_g27_finds_a_gap_a_false_event_and_a_run_that_was_not_found(told: Told) -> None:
    db, history = told
    run_id = db.runs[0]
    good = Followed(run_id, 0, [{"seq": 1, "event": "run_created"}])
    history.followed[:] = [good, Followed(run_id, 0, [{"seq": 2, "event": "run_execution_claimed"}])]
    assert finds(inv.inv_g27, told)
    history.followed[:] = [good, Followed(run_id, 0, [{"seq": 1, "event": "run_started"}])]
    assert finds(inv.inv_g27, told)
    history.followed[:] = [good]
    started = history.ok("run.start")[0]
    history.ops.append(type(started)(99, "run.get", {"run_id": run_id}, started.ended_s + 1, 0, "fail", code="run_not_found"))
    assert finds(inv.inv_g27, told)

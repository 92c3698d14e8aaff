"""Walks along entries of fixture F: which phases they come to, and what retention, twins and wait events do to them."""

from __future__ import annotations

from functools import partial

import trio

from actors.projection.record import Record, WaitEvent
from actors.projection.walk import Walk
from storage.telling import prune_rows
from tests.actors.projection.fixture import FIRST, SECOND, F, Memory, after, scope

TYPE = "stateful_runtime.automation_v2."
BACKOFF = Record("node_retry_backoff_scheduled", 250, None, None, {"node_id": "node-a", "wait_kind": "retry_backoff"})


async def test_p70_the_newest_snapshot_of_a_finished_run_shows_its_end(memory: Memory) -> None:
    assert await memory.project(FIRST, SECOND, after(3, Record("run_completed", 300), "completed")) == 3
    newest = memory.snapshots()[-1]
    assert (newest["status"], newest["phase"], newest["allowed_next_phases"]) == ("completed", "completed", [])


async def test_p71_a_late_pass_shows_each_record_as_it_was(memory: Memory) -> None:
    entries = [
        after(n, Record(f"r{n}", 100 + n), status, checkpoint={"pause_reason": f"at {n}"})
        for n, status in enumerate(("queued", "running", "paused"), 1)
    ]
    await memory.project(*entries)
    snapshots = memory.snapshots()
    assert [one["phase"] for one in snapshots] == ["queued", "running_phase", "paused_attention_required"]
    assert [one["checkpoint"]["pause_reason"] for one in snapshots] == ["at 1", "at 2", "at 3"]
    assert [event["payload"]["status"] for event in memory.events()] == ["queued", "running", "paused"]


async def test_p73_a_rollback_is_observed_and_then_the_table_goes_on(memory: Memory) -> None:
    entries = [
        after(1, Record("run_created", 1), "queued"), after(2, Record("run_execution_claimed", 2), "running"),
        after(3, Record("node_approval_rollback", 3), "queued"), after(4, Record("run_execution_claimed", 4), "running"),
    ]  # fmt: skip
    assert (await memory.walked(*entries))[:2] == (4, 1)
    history = memory.snapshots()[-1]["phase_history"]
    assert [(one.get("from_phase"), one["to_phase"]) for one in history] == [
        (None, "queued"), ("queued", "running_phase"), (None, "queued"), ("queued", "running_phase"),
    ]  # fmt: skip


async def test_p79_what_retention_took_away_stays_away(memory: Memory) -> None:
    entries = [after(n, Record(f"r{n}", 100 + n)) for n in range(1, 6)]
    await memory.project(*entries)
    history = memory.store.histories.get(memory.key)
    assert history is not None
    digests = {one["snapshot_id"]: one["payload_digest"] for one in memory.snapshots()}
    gone = [(one["seq"], one["snapshot_id"]) for one in memory.snapshots()[:2]]
    await memory.store.work(partial(prune_rows, history=history.id, gone=gone))
    assert await memory.project(*entries) == 0
    assert len(memory.snapshots()) == 3
    memory.sql("DELETE FROM history_pruned")
    assert await memory.project(*entries) == 2
    assert {one["snapshot_id"]: one["payload_digest"] for one in memory.snapshots()} == digests


async def test_p80_a_back_off_beside_other_work_changes_no_phase(memory: Memory) -> None:
    await memory.project(FIRST, after(2, BACKOFF))
    newest = memory.snapshots()[-1]
    assert (newest["status"], newest["phase"], memory.events()[-1]["wait_kind"]) == ("running", "running_phase", "retry_backoff")


async def test_p81_bookkeeping_after_the_end_changes_no_phase(memory: Memory) -> None:
    done = after(3, Record("run_completed", 300), "completed")
    await memory.project(FIRST, SECOND, done)
    more = [after(4, Record("learning_finalized", 301), "completed"), after(5, Record("report_written", 302), "completed")]
    assert await memory.walked(FIRST, SECOND, done, *more) == (2, 0, [])
    snapshots = memory.snapshots()
    assert [(one["status"], one["phase"]) for one in snapshots[-2:]] == [("completed", "completed")] * 2
    assert snapshots[-1]["phase_history"] == snapshots[-3]["phase_history"]


async def test_a_run_that_leaves_its_end_without_anybody_having_asked_is_told_and_found(memory: Memory) -> None:
    failed, again = after(3, Record("run_failed", 300), "failed"), after(4, Record("whatever", 301), "queued")
    assert await memory.walked(FIRST, SECOND, failed, again) == (4, 1, ["terminal_exit_without_operator_action"])
    asked = after(4, Record("run_recovered", 301), "queued")
    assert Walk(F).step(failed).finding is None
    walk = Walk(F)
    walk.step(failed)
    assert walk.step(asked).finding is None


async def test_p86_a_dry_run_is_done_from_the_queue(memory: Memory) -> None:
    made, done = after(1, Record("run_created", 1), "queued"), after(2, Record("run_completed", 1), "completed")
    assert await memory.walked(made, done) == (2, 1, [])
    newest = memory.snapshots()[-1]
    assert (newest["phase"], newest["metadata"]["phase_guard"]["code"]) == ("completed", "phase_transition_not_allowed")


async def test_p88_two_who_walk_at_once_write_each_row_once(memory: Memory) -> None:
    counts: list[int] = []

    async def walk() -> None:
        counts.append(await memory.project(FIRST, SECOND, batch=1))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(walk)
        nursery.start_soon(walk)
    assert (len(memory.events()), len(memory.snapshots()), sum(counts) >= 2) == (2, 2, True)


async def test_a_wait_event_is_told_as_it_stands_and_moves_nothing(memory: Memory) -> None:
    woken = WaitEvent("stateful-wait-k", "stateful_runtime.wait.timer_woken", 1250, "nap", "timer", "k", "w", {"lag_ms": 250})
    waiting = after(3, Record("run_waiting", 200), "waiting", waits=("webhook",))
    entries = (FIRST, SECOND, waiting, after(4, woken, "waiting"))
    assert await memory.project(*entries) == 4
    event, kept = memory.events()[-1], memory.snapshots()[-1]
    assert (event["event_id"], event["phase_id"], event["wait_kind"], event["causation_id"], event["correlation_id"]) == (
        "stateful-wait-k", "nap", "timer", "w", "k",
    )  # fmt: skip
    assert (kept["status"], kept["phase"], kept["snapshot_id"]) == ("awaiting_webhook", "waiting_webhook", "stateful-wait-k")
    assert kept["metadata"] == {"source": "stateful_wait_scheduler", "event_id": "stateful-wait-k"}
    assert not {"checkpoint", "payload_digest"} & set(kept)
    assert await memory.project(*entries) == 0
    memory.sql("DELETE FROM history_snapshots WHERE seq = 4")
    assert await memory.project(*entries) == 1


def test_a_wait_event_that_comes_first_is_observed() -> None:
    woken = WaitEvent("stateful-wait-k", "stateful_runtime.wait.timer_woken", 5, "nap", "timer", "k", "w", {})
    step = Walk(F).step(after(1, woken, "queued"))
    assert step.snapshot is not None
    assert step.snapshot["h"][0][1] == "queued"


async def test_p48_an_older_snapshot_is_read_with_what_it_lacks(memory: Memory) -> None:
    old = {"snapshot_id": "old", "seq": 1, "created_at_ms": 4200, "scope": scope(), "status": "running", "phase_id": "node-a"}
    await memory.bring(snapshots=[old, {**old, "snapshot_id": "older", "phase": "queued"}])
    found, other = memory.snapshots()
    assert found["phase"] == "running_phase"
    [seen] = found["phase_history"]
    assert (seen["phase_id"], seen["reason"], seen["occurred_at_ms"]) == ("node-a", "observed_status:running", 4200)
    assert (other["phase_history"], other["allowed_next_phases"]) == ([], ["running_phase", "paused_attention_required", "cancelled"])

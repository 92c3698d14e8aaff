"""Walks along the entries of fixture F over a real store: events, snapshots, and what a second walk finds."""

from __future__ import annotations

import pytest
from attrs import evolve

from actors.projection.bodies import Unreadable
from actors.projection.known import known_ids
from actors.projection.record import Entry, Moment, Record
from actors.projection.walk import Walk
from tests.actors.projection.fixture import COMPLETED, FIRST, RUN, SECOND, WORKFLOW, F, Memory, after, earlier, plain

TYPE = "stateful_runtime.automation_v2."
BACKOFF = Record("node_retry_backoff_scheduled", 250, None, None, {"node_id": "node-a", "wait_kind": "retry_backoff"})


async def test_p01_two_records_are_two_events_and_two_snapshots(memory: Memory) -> None:
    assert await memory.project(FIRST, SECOND) == 2
    first, second = memory.events()
    assert [first["event_type"], second["event_type"]] == [f"{TYPE}run_execution_claimed", f"{TYPE}node_completed"]
    assert (second["phase_id"], second["causation_id"], second["correlation_id"]) == ("node-a", "session-a", WORKFLOW)
    assert (first["payload"]["counts_as_activity"], second["payload"]["counts_as_activity"]) == (False, True)
    assert second["payload"]["lifecycle_index"] == 1
    kept = memory.snapshots()[1]
    assert (kept["workflow_definition_version"], kept["workflow_definition_snapshot_hash"][:7]) == ("release-9", "sha256:")
    assert kept["checkpoint"]["node_output_ids"] == ["node-a"]
    assert "sensitive" not in str(kept)
    assert (kept["snapshot_id"], kept["seq"], kept["created_at_ms"]) == (second["event_id"], 2, 180)


async def test_p02_a_second_walk_changes_nothing_not_even_what_somebody_edited(memory: Memory) -> None:
    await memory.project(FIRST, SECOND)
    edited = b'{"status":"running","phase":"running_phase","metadata":{"preserved":true}}'
    memory.sql("UPDATE history_snapshots SET body = ? WHERE seq = 1", edited)
    assert await memory.project(FIRST, SECOND) == 0
    assert (len(memory.events()), len(memory.snapshots())) == (2, 2)
    assert memory.snapshots()[0]["metadata"] == {"preserved": True}


def test_p03_what_comes_before_changes_no_id() -> None:
    created = Record("run_created", 100)
    alone, behind = Walk(F), Walk(F)
    behind.name(created)
    assert alone.name(COMPLETED) == behind.name(COMPLETED)


async def test_p04_a_record_that_is_there_twice_has_two_ids(memory: Memory) -> None:
    assert await memory.project(FIRST, SECOND, evolve(SECOND, position=3)) == 3
    ids = [event["event_id"] for event in memory.events()]
    assert (ids[1] != ids[2], ids[1][-2:], ids[2][-2:]) == (True, "-0", "-1")


def test_p05_an_older_id_stands_for_the_record() -> None:
    old = f"automation-v2-lifecycle-{RUN}-1-node_completed"
    event = {
        "event_id": old, "seq": 7, "event_type": f"{TYPE}node_completed", "occurred_at_ms": 180, "correlation_id": WORKFLOW,
        "payload": {"reason": "done", "stop_kind": None, "metadata": dict(COMPLETED.metadata or {})},
    }  # fmt: skip
    known = known_ids(RUN, WORKFLOW, [event])
    stable, _ = Walk(F).name(COMPLETED)
    assert known[stable] == (old, 7)
    assert known[old] == (old, 7)


async def test_p05_the_snapshot_of_an_older_event_is_written_under_the_older_id(memory: Memory) -> None:
    old = f"automation-v2-lifecycle-{RUN}-1-node_completed"
    event = {
        **plain(old, 7, 180), "event_type": f"{TYPE}node_completed", "correlation_id": WORKFLOW,
        "payload": {"reason": "done", "metadata": dict(COMPLETED.metadata or {}), "lifecycle_occurrence": 0},
    }  # fmt: skip
    await memory.bring([event])
    assert await memory.project(FIRST, SECOND) == 2
    assert (old, 7) in [(one["snapshot_id"], one["seq"]) for one in memory.snapshots()]


async def test_p07_the_first_record_goes_on_from_an_earlier_snapshot(memory: Memory) -> None:
    await memory.bring(snapshots=[earlier("queued", "queued")])
    await memory.project(FIRST, SECOND)
    newest = memory.snapshots()[-1]
    assert (newest["phase"], len(newest["phase_history"])) == ("running_phase", 2)
    moved = newest["phase_history"][1]
    assert (moved["from_phase"], moved["to_phase"]) == ("queued", "running_phase")


async def test_p08_p09_a_run_in_back_off_is_retrying(memory: Memory) -> None:
    await memory.bring(snapshots=[earlier("running_phase", "running")])
    entry = Entry(1, BACKOFF, Moment("queued", {}, queue_reason="retry_backoff"))
    assert await memory.project(entry) == 1
    newest = memory.snapshots()[-1]
    assert (newest["status"], newest["phase"], "running_phase" in newest["allowed_next_phases"]) == ("queued", "retrying", True)
    assert [newest["phase_history"][-1][name] for name in ("from_phase", "to_phase")] == ["running_phase", "retrying"]
    [event] = memory.events()
    assert (event["wait_kind"], event["phase_id"]) == ("retry_backoff", "node-a")


async def test_p10_of_a_run_without_records_nothing_is_written(memory: Memory) -> None:
    assert await memory.project() == 0
    assert memory.store.histories.get(memory.key) is None


async def test_p11_an_open_gate_gives_its_node_to_records_without_one(memory: Memory) -> None:
    gated = after(3, Record("run_awaiting_approval", 190), "awaiting_approval", awaiting="approve", gates=frozenset(("approve",)))
    await memory.project(FIRST, SECOND, gated)
    event = memory.events()[2]
    assert (event["phase_id"], event["wait_kind"]) == ("approve", "approval")


async def test_p15_the_type_of_an_event_keeps_its_own_name(memory: Memory) -> None:
    await memory.project(FIRST, after(2, Record("run done/now", 190)))
    event = memory.events()[1]
    assert event["event_type"] == f"{TYPE}run done/now"
    assert f"-{RUN}-run-done-now-" in event["event_id"]


async def test_p19_a_lost_snapshot_comes_back_under_its_number(memory: Memory) -> None:
    await memory.project(FIRST, SECOND)
    before = memory.snapshots()[1]
    memory.sql("DELETE FROM history_snapshots WHERE seq = 2")
    assert await memory.project(FIRST, SECOND) == 1
    assert len(memory.events()) == 2
    assert memory.snapshots()[1] == before


async def test_p20_the_phase_follows_the_fact_where_the_table_has_no_way(memory: Memory) -> None:
    asked = after(3, Record("run_awaiting_approval", 190), "awaiting_approval")
    await memory.project(FIRST, SECOND, asked)
    opened = after(4, Record("phase_opened", 200, metadata={"phase_id": "p"}), "queued")
    assert await memory.walked(FIRST, SECOND, asked, opened) == (1, 1, [])
    newest = memory.snapshots()[-1]
    assert (newest["status"], newest["phase"]) == ("queued", "queued")
    guard = {"code": "phase_transition_not_allowed", "from_phase": "awaiting_approval", "to_phase": "queued"}
    assert newest["metadata"]["phase_guard"] == guard
    assert memory.events()[-1]["event_type"] == f"{TYPE}phase_opened"


async def test_p23_a_blocked_run_that_is_recovered_goes_a_way_of_the_table(memory: Memory) -> None:
    blocked = after(3, Record("run_blocked", 200), "blocked")
    await memory.project(FIRST, SECOND, blocked)
    again = after(4, Record("run_recovered", 300), "queued")
    assert await memory.walked(FIRST, SECOND, blocked, again) == (1, 0, [])
    moved = memory.snapshots()[-1]["phase_history"][-1]
    assert (moved["from_phase"], moved["to_phase"]) == ("paused_attention_required", "queued")


async def test_p24_a_snapshot_that_cannot_be_read_stops_the_walk(memory: Memory) -> None:
    await memory.project(FIRST, SECOND)
    third = after(3, Record("run_paused", 200), "paused")
    memory.sql("UPDATE history_snapshots SET body = ? WHERE seq = 2", b"{no json")
    with pytest.raises(Unreadable) as stopped:
        await memory.project(FIRST, SECOND, third)
    assert (stopped.value.code, "penstock history" in str(stopped.value)) == ("snapshot_unreadable", True)
    history = memory.store.histories.get(memory.key)
    assert history is not None
    assert (len(memory.events()), history.cursor) == (2, 2)

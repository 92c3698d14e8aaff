"""Runs whose logs are real: tailed from a cursor, from zero, over damage, deaths and restored backups."""

from __future__ import annotations

from typing import Any

import pytest

from actors.entity import Fact
from actors.gate.events import ApprovalGateOpened
from actors.node.events import NodeCompleted, NodeFailed, NodeInterrupted, NodeStarted
from actors.node.messages import Outcome, Success
from actors.projection.projecting import Projection
from actors.projection.reading import history_of, list_snapshots, query_events
from actors.run.events import RunBlockedCorruptCheckpoint, RunPauseRequested
from actors.run.logbook import Logbook
from actors.run.outcomes import on_outcome
from actors.run.recovery import claim
from actors.run.rules import advance
from actors.run.vocabulary import run_codec
from actors.services import Services
from storage import Append, BadRecord, NewEvent, Transaction
from tests.actors.run.house import hold, made
from tests.actors.run.table import flow

CHAIN = flow("a", "b needs: [a]")


async def begun(services: Services, workflow: Any = CHAIN, request: str = "req-1") -> Logbook:
    book = Logbook(services, await made(services, workflow, request))
    turn = book.turn()
    claim(turn, "claim-1", services.claimant, None)
    advance(turn)
    await book.commit(turn, claim=hold())
    return book


async def done(book: Logbook, node_id: str, output: Any = 1) -> None:
    turn = book.turn()
    on_outcome(turn, Outcome(node_id, turn.state.token(node_id), Success(output)))
    advance(turn)
    await book.commit(turn)


async def emit(book: Logbook, *facts: Fact) -> None:
    turn = book.turn()
    for fact in facts:
        turn.emit(fact)
    await book.commit(turn)


def events(services: Services, run_id: str) -> list[dict[str, Any]]:
    return query_events(services.store, history_of(services.store, run_id))


def snapshots(services: Services, run_id: str) -> list[dict[str, Any]]:
    return list_snapshots(services.store, history_of(services.store, run_id))


def sql(services: Services, text: str, *values: Any) -> Any:
    return services.store._writer.database.writer.execute(text, values).fetchall()


async def told(projection: Projection, run_id: str) -> tuple[int, list[str], str | None]:
    outcome = (await projection.tail([run_id]))[run_id]
    return outcome.materialised, outcome.findings, outcome.error


async def test_p82_a_cursor_behind_the_end_of_the_log_is_set_back(services: Services) -> None:
    book, projection = await begun(services), Projection(services, 256)
    await told(projection, book.run_id)
    before = events(services, book.run_id)
    sql(services, "UPDATE histories SET cursor = cursor + 4")
    projection.places.clear()
    assert await told(projection, book.run_id) == (0, ["projection_cursor_ahead"], None)
    history = history_of(services.store, book.run_id)
    assert history is not None
    assert (events(services, book.run_id), history.cursor) == (before, services.store.journal.head(book.run_id))


@pytest.mark.parametrize("batch", [1, 2, 256])
async def test_a_tail_says_what_a_walk_from_zero_says(services: Services, batch: int) -> None:
    book, projection = await begun(services), Projection(services, batch)
    await told(projection, book.run_id)
    await done(book, "a", {"sensitive": "x"})
    projection.places.clear()  # as after a restart
    await told(projection, book.run_id)
    await done(book, "b")
    await told(projection, book.run_id)
    tailed = events(services, book.run_id), snapshots(services, book.run_id)
    for table in ("histories", "history_events", "history_snapshots"):
        sql(services, f"DELETE FROM {table}")
    assert (await projection.project(book.run_id)).materialised == len(tailed[0])
    assert (events(services, book.run_id), snapshots(services, book.run_id)) == tailed
    assert "sensitive" not in str(tailed)
    newest = tailed[1][-1]
    assert (newest["status"], newest["checkpoint"]["completed_nodes"]) == ("completed", ["a", "b"])
    claimed = tailed[1][1]["checkpoint"]["execution_claim"]
    assert claimed["lease_expires_at_ms"] - claimed["claimed_at_ms"] == services.lease_ms


async def test_p94_behind_an_entry_that_nobody_can_fold_only_the_end_is_told(services: Services) -> None:
    book, projection = await begun(services), Projection(services, 256)
    run_id, head = book.run_id, services.store.journal.head(book.run_id)
    bad = (NewEvent("nobody_knows", b"{}"), NewEvent("run_started", b"{}"))
    ended = run_codec().encode(RunBlockedCorruptCheckpoint(message="broken"))
    epoch = book.state.epoch
    await services.store.commit(Transaction(book.state.updated_at_ms, (Append(run_id, head, (*bad, ended), epoch=epoch),)))
    outcome = await projection.project(run_id)
    assert (outcome.error, outcome.materialised) == ("run_log_unreadable", head + 1)
    assert snapshots(services, run_id)[-1]["status"] == "blocked"
    assert [event["payload"]["event"] for event in events(services, run_id)][-1] == "run_blocked_corrupt_checkpoint"
    again = await projection.project(run_id)
    assert (again.error, again.materialised) == ("run_log_unreadable", 0)
    assert (await projection.tail([run_id]))[run_id].error == "run_log_unreadable"
    history = history_of(services.store, run_id)
    assert history is not None
    assert history.cursor == head


async def test_p94_what_stands_before_bytes_that_rotted_is_told(services: Services) -> None:
    book, projection = await begun(services), Projection(services, 256)
    sql(services, "UPDATE journal SET data = ? WHERE seq = 3 AND stream = (SELECT id FROM streams WHERE name = ?)", b"{}x", book.run_id)
    outcome = await projection.project(book.run_id)
    assert (outcome.error, outcome.materialised) == ("run_log_unreadable", 2)
    sql(services, "UPDATE journal SET data = ? WHERE seq = 1 AND stream = (SELECT id FROM streams WHERE name = ?)", b"{}x", book.run_id)
    assert (await projection.project(book.run_id)).error == "run_log_unreadable"


async def test_p77_an_unreadable_snapshot_stops_its_run_until_it_is_written_anew(services: Services) -> None:
    one, other = await begun(services), await begun(services, request="req-2")
    projection = Projection(services, 256)
    await projection.tail([one.run_id, other.run_id])
    kept = snapshots(services, one.run_id)
    head = kept[-1]["seq"]
    sql(services, "UPDATE history_snapshots SET body = ? WHERE history = 1 AND seq = ?", b"rotten", head)
    await done(one, "a")
    await done(other, "a")
    projection.places.clear()
    outcomes = await projection.tail([one.run_id, other.run_id])
    assert [outcomes[run].error for run in (one.run_id, other.run_id)] == ["snapshot_unreadable", None]
    assert events(services, one.run_id)[-1]["seq"] == head
    rebuilt = await projection.rebuild(one.run_id)
    assert (rebuilt.findings, rebuilt.error) == (["snapshot_replaced"], None)
    assert snapshots(services, one.run_id)[: len(kept)] == kept
    history = history_of(services.store, one.run_id)
    assert history is not None
    assert [row.body for row in services.store.histories.damaged(history.id)] == [b"rotten"]
    assert history.cursor == services.store.journal.head(one.run_id)


async def test_p79_pruned_snapshots_come_back_when_they_are_asked_for(services: Services) -> None:
    book, projection = await begun(services), Projection(services, 256)
    await told(projection, book.run_id)
    kept = snapshots(services, book.run_id)
    sql(services, "INSERT INTO history_pruned SELECT history, snapshot_id FROM history_snapshots WHERE seq < 3")
    sql(services, "DELETE FROM history_snapshots WHERE seq < 3")
    assert (await projection.rebuild(book.run_id)).materialised == 0
    assert (await projection.rebuild(book.run_id, include_pruned=True)).materialised == 2
    assert snapshots(services, book.run_id) == kept


async def test_p19_a_walk_resumes_where_the_newest_snapshot_is_lost(services: Services) -> None:
    book, projection = await begun(services), Projection(services, 256)
    await told(projection, book.run_id)
    kept = snapshots(services, book.run_id)
    sql(services, "DELETE FROM history_snapshots WHERE seq = (SELECT max(seq) FROM history_snapshots)")
    projection.places.clear()
    await done(book, "a")
    new, _, _ = await told(projection, book.run_id)
    assert snapshots(services, book.run_id)[: len(kept)] == kept
    assert new == services.store.journal.head(book.run_id) - len(kept) + 1


@pytest.mark.parametrize(
    ("detail", "where"),
    [
        pytest.param({"deep": [1, float("nan")]}, "$.error_detail.deep[1]", id="P87-nan"),
        pytest.param({"x": float("inf")}, "$.error_detail.x", id="P87-infinity"),
        pytest.param({"x": "\ud800"}, "$.error_detail.x", id="P87-surrogate"),
    ],
)
async def test_p87_a_record_without_a_canonical_form_is_refused(services: Services, detail: dict[str, Any], where: str) -> None:
    book = await begun(services)
    head, status = services.store.journal.head(book.run_id), book.state.status
    failed = NodeFailed("a", code="x", failure_class="y", error_detail=detail)
    with pytest.raises(BadRecord) as refused:
        await emit(book, failed)
    assert (refused.value.code, refused.value.path) == ("event_not_canonical", where)
    assert (services.store.journal.head(book.run_id), book.state.status, book.state.seq) == (head, status, head)


async def test_p65_verdicts_are_counted_and_not_told(services: Services) -> None:
    book, projection = await begun(services), Projection(services, 256)
    await emit(book, NodeFailed("a", code="no", failure_class="execution_error", message="secret words", terminal=False))
    await emit(book, NodeStarted("a", attempt=2), NodeCompleted("a", attempt=2, output={"secret": 1}))
    await told(projection, book.run_id)
    checkpoint = snapshots(services, book.run_id)[-1]["checkpoint"]
    assert checkpoint["node_attempt_verdict_counts"] == {"a": 2}
    assert (checkpoint["node_attempts"], checkpoint["node_output_ids"]) == ({"a": 2}, ["a"])
    assert "secret" not in str(snapshots(services, book.run_id))


async def test_p66_a_gate_is_told_without_what_its_deciders_see(services: Services) -> None:
    workflow = flow("a", "ask gate: human_approval, needs: [a], prompt: look, metadata: {m: 1}", "b needs: [ask]")
    book, projection = await begun(services, workflow), Projection(services, 256)
    await done(book, "a")
    await told(projection, book.run_id)
    assert isinstance(ApprovalGateOpened.kind, str)
    newest = snapshots(services, book.run_id)[-1]
    gate = newest["checkpoint"]["awaiting_gate"]
    assert newest["checkpoint"]["open_gates"] == [gate]
    assert set(gate) == {
        "node_id", "title", "decisions", "rework_targets", "requested_at_ms", "upstream_node_ids", "expiry_policy",
    }  # fmt: skip
    assert (gate["node_id"], gate["rework_targets"], gate["upstream_node_ids"]) == ("ask", ["a"], ["a"])
    assert (newest["status"], newest["phase"]) == ("awaiting_approval", "awaiting_approval")
    opened = next(event for event in events(services, book.run_id) if event["payload"]["event"] == "approval_gate_opened")
    assert (opened["phase_id"], opened["wait_kind"]) == ("ask", "approval")


async def test_claims_and_interruptions_are_told_as_they_are(services: Services) -> None:
    book, projection = await begun(services), Projection(services, 256)
    await emit(book, NodeInterrupted("a", reason="paused"), RunPauseRequested(reason="enough", by="uid:0"))
    await told(projection, book.run_id)
    claimed = next(event for event in events(services, book.run_id) if event["payload"]["event"] == "run_execution_claimed")
    assert claimed["causation_id"] == "claim-1"
    assert claimed["payload"]["metadata"]["claim"]["lease_epoch"] == 1
    asked = events(services, book.run_id)[-1]["payload"]
    assert (asked["event"], asked["reason"]) == ("run_pause_requested", "enough")


async def test_of_a_log_that_is_not_there_nothing_is_told(services: Services) -> None:
    projection = Projection(services, 256)
    assert await told(projection, "run-nobody") == (0, [], None)
    assert (await projection.project("run-nobody")).materialised == 0

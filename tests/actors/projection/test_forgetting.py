"""What is old enough: compaction of events, removal of snapshots, and what stays known of them."""

from __future__ import annotations

import pytest

from actors.projection.compaction import Row, compact, marker_id, stale_snapshots
from actors.projection.reading import history_of, list_snapshots, next_seq, query_events, read_snapshot
from actors.projection.retention import Forgetting
from storage.histories import EventSeqTaken
from tests.actors.projection.fixture import RUN, TENANT_B, A, B, Memory, earlier, plain
from tests.actors.projection.test_rows import KEY_B, append_next, five, told


async def _compacted(memory: Memory) -> Forgetting:
    await memory.bring([plain(f"event-{n}", n, at) for n, at in ((1, 100), (2, 200), (3, 300), (4, 900))])
    forgetting = Forgetting(memory.store, 500, 3)
    assert await forgetting.compact_events(500, 1000) == 3
    return forgetting


async def test_p41_old_events_are_put_into_a_marker(memory: Memory) -> None:
    await _compacted(memory)
    marker, left = query_events(memory.store, history_of(memory.store, RUN))
    assert (marker["seq"], left["seq"], marker["event_type"]) == (3, 4, "stateful_runtime.event_log_compacted")
    payload = marker["payload"]
    listed = [(one["event_id"], one["seq"]) for one in payload["compacted_event_ids"]]
    assert listed == [("event-1", 1), ("event-2", 2), ("event-3", 3)]
    assert [payload[name] for name in ("compacted_through_seq", "compacted_through_ms", "pruned_events")] == [3, 300, 3]
    assert (marker["occurred_at_ms"], marker["event_id"]) == (1000, marker_id(RUN, A, 3))


async def test_p42_what_was_compacted_is_known_and_numbers_go_on(memory: Memory) -> None:
    await _compacted(memory)
    assert await append_next(memory, ("event-2", 200)) == [2]
    assert await append_next(memory, ("event-next", 950)) == [5]
    with pytest.raises(EventSeqTaken):
        await memory.bring([plain("new", 2)])


async def test_a_marker_alone_is_not_written_anew_and_later_it_takes_the_older_one_in(memory: Memory) -> None:
    forgetting = await _compacted(memory)
    assert await forgetting.compact_events(500, 1_000) == 0
    assert await forgetting.compact_events(1, 1_300) == 2  # the row 4, and by its age the older marker
    [marker] = query_events(memory.store, history_of(memory.store, RUN))
    ids = [one["event_id"] for one in marker["payload"]["compacted_event_ids"]]
    assert ids == ["event-1", "event-2", "event-3", marker_id(RUN, A, 3), "event-4"]
    assert (marker["seq"], marker["payload"]["pruned_events"]) == (4, 2)
    assert await forgetting.compact_events(1, 9_000) == 0
    assert await forgetting.compact_events(0, 9_000) == 0


async def test_p44_each_tenant_has_its_own_numbers_and_markers(memory: Memory) -> None:
    await memory.bring([plain("a", 1)])
    await memory.bring([plain("b", 2, tenant=TENANT_B)], key=KEY_B)
    assert await Forgetting(memory.store, 500, 3).compact_events(500, 1000) == 2
    histories = [history_of(memory.store, RUN, boundary) for boundary in (A, B)]
    assert [len(query_events(memory.store, history)) for history in histories] == [1, 1]
    assert [next_seq(history) for history in histories] == [2, 3]


async def test_p45_nothing_goes_from_the_newest_snapshot_on(memory: Memory) -> None:
    await memory.bring([plain(f"event-{n}", n) for n in (1, 2, 3)], [earlier("queued", "queued", seq=2)])
    await memory.bring([plain("b", 1, tenant=TENANT_B)], key=KEY_B)
    assert await Forgetting(memory.store, 500, 3).compact_events(500, 1000) == 2
    assert told(memory) == [1, 2, 3]
    assert [event["seq"] for event in query_events(memory.store, history_of(memory.store, RUN, B))] == [1]


def test_the_golden_digest_of_a_marker() -> None:
    assert marker_id("run-a", A, 3) == "stateful-compaction-9304fe6860e2b9bfdf5e79b72d2ad61b2dce4dd3905b232917d4e7aca8139616"


def test_p45_a_snapshot_of_another_tenant_protects_nothing() -> None:
    rows = [Row(n, f"e{n}", 1) for n in (1, 2, 3)]
    mine, free = compact("r", A, rows, 500, 3, 1000), compact("r", A, rows, 500, None, 1000)
    assert mine is not None
    assert free is not None
    assert (mine.gone, free.gone) == ((1, 2), (1, 2, 3))
    assert compact("r", A, rows, 1, None, 1000) is None


async def test_p49_the_last_snapshots_are_listed(memory: Memory) -> None:
    await memory.bring(snapshots=[{**earlier("queued", "queued", seq=n), "snapshot_id": f"s{n}"} for n in range(1, 6)])
    history = history_of(memory.store, RUN)
    assert [one["seq"] for one in list_snapshots(memory.store, history, 2)] == [4, 5]
    assert len(list_snapshots(memory.store, history)) == 5
    assert (list_snapshots(memory.store, None), query_events(memory.store, None), read_snapshot(memory.store, None, "s1")) == ([], [], None)


@pytest.mark.parametrize(("keep", "left"), [pytest.param(3, [3, 4, 5], id="P50"), pytest.param(0, [5], id="P50-none-is-one")])
async def test_p50_old_snapshots_go_but_for_the_newest(memory: Memory, keep: int, left: list[int]) -> None:
    await memory.bring(snapshots=[{**earlier("queued", "queued", seq=n), "snapshot_id": f"s{n}"} for n in range(1, 6)])
    forgetting = Forgetting(memory.store, 500, keep)
    assert await forgetting.sweep(10_000) == (0, 5 - len(left))
    history = history_of(memory.store, RUN)
    assert history is not None
    assert [one["seq"] for one in list_snapshots(memory.store, history)] == left
    assert memory.store.histories.pruned(history.id) == {f"s{n}" for n in range(1, 6) if n not in left}
    assert await forgetting.sweep(10_000) == (0, 0)


def test_young_snapshots_stay() -> None:
    assert stale_snapshots([(1, "a", 100), (2, "b", 900), (3, "c", 100)], 500, 1) == [(1, "a")]


async def test_retention_that_is_off_does_nothing(memory: Memory) -> None:
    await five(memory)
    off = Forgetting(memory.store, 0, 3)
    assert (off.on, await off.sweep(10**15), await off.prune_snapshots(0, 1, 10**15)) == (False, (0, 0), 0)


async def test_no_snapshot_goes_where_events_could_not_be_compacted(memory: Memory) -> None:
    await memory.bring([plain("e", 1)], [{**earlier("queued", "queued", seq=n), "snapshot_id": f"s{n}"} for n in range(1, 6)])
    forgetting = Forgetting(memory.store, 500, 1)
    memory.sql("UPDATE histories SET about = ?", b"rotten")
    assert await forgetting.sweep(10_000) == (0, 0)
    assert (memory.sql("SELECT count(*) FROM history_snapshots"), len(forgetting.warnings)) == ([(5,)], 1)

"""The store of events and snapshots: numbers, queries, appending once, compaction, pruning."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.projection.bodies import Unreadable
from actors.projection.passing import history_key
from actors.projection.reading import clamped, history_of, list_snapshots, next_seq, query_events, read_snapshot, seq_by_id
from storage import Append, Headline, NewEvent, Store
from storage.histories import EventIdTaken, EventSeqTaken
from storage.telling import NewRow, Telling, tell_all
from tests.actors.projection.fixture import RUN, TENANT_B, A, B, F, Memory, earlier, plain
from tests.storage.support import fork, open_store, serving, tx

KEY_B = history_key(RUN, B)


def told(memory: Memory, **asked: Any) -> list[int]:
    return [event["seq"] for event in query_events(memory.store, history_of(memory.store, RUN, A), **asked)]


async def append_next(memory: Memory, *rows: tuple[str, int], key: Any = None) -> list[int | None]:
    """Append once, each with the next number; the numbers that the ids have then."""
    new = [NewRow(name, at, b'{"event_type":"other"}', None) for name, at in rows]
    telling = Telling(key or memory.key, b"{}", new, 0, 0)
    await memory.store.work(partial(tell_all, tellings=[telling]))
    history = memory.store.histories.get(key or memory.key)
    return [seq_by_id(memory.store, history, name) for name, _ in rows]


async def five(memory: Memory) -> None:
    await memory.bring([plain(f"event-{n}", n) for n in range(1, 6)])


async def test_p31_a_tenant_sees_its_own_events_of_the_run_it_asks_for(memory: Memory) -> None:
    other_run = history_key("run-b", A)
    await memory.bring([plain("e1", 1), plain("e4", 4)])
    await memory.bring([plain("e2", 2)], key=other_run)
    await memory.bring([plain("e3", 3, tenant=TENANT_B)], key=KEY_B)
    assert told(memory, after_seq=1) == [4]


@pytest.mark.parametrize(
    ("asked", "seqs"),
    [
        pytest.param({"before_seq": 5, "limit": 2, "tail": True}, [3, 4], id="P32"),
        pytest.param({"after_seq": 1, "limit": 2}, [2, 3], id="P33"),
        pytest.param({"limit": 0}, [1, 2, 3, 4, 5], id="P34"),
    ],
)
async def test_p32_p33_p34_windows_of_events(memory: Memory, asked: dict[str, Any], seqs: list[int]) -> None:
    await five(memory)
    assert told(memory, **asked) == seqs


async def test_p35_the_next_number_and_the_number_of_an_id(memory: Memory) -> None:
    await memory.bring([plain("event-3", 3), plain("event-7", 7)])
    history = history_of(memory.store, RUN)
    assert (next_seq(history), seq_by_id(memory.store, history, "event-3"), seq_by_id(memory.store, history, "missing")) == (8, 3, None)
    assert (next_seq(None), seq_by_id(memory.store, None, "x"), history_of(memory.store, "run-nobody")) == (1, None, None)


def _append(folder: Path, *names: str) -> None:
    async def story(store: Store) -> None:
        if store.histories.of(RUN) == [] and store.journal.head(RUN) == 0:
            line = Headline(RUN, "run", "running", 1, 1)
            await store.commit(tx(Append(RUN, 0, (NewEvent("run_created", b"{}"),), headline=line)))
        for name in names:
            rows = [NewRow(name, 1, b'{"event_type":"other"}', None)]
            await store.work(partial(tell_all, tellings=[Telling(history_key(RUN, A), b"{}", rows, 1, 1)]))

    with open_store(folder) as store:
        serving(store, story)


def _numbers(folder: Path) -> list[int]:
    with open_store(folder) as store:
        return [event["seq"] for event in query_events(store, history_of(store, RUN))]


def test_p36_an_append_that_was_cut_off_is_not_there(tmp_path: Path) -> None:
    _append(tmp_path / "d", "event-1")
    status, _ = fork(lambda _: _append(tmp_path / "d", "lost"), crash_at="projection.between:1")
    assert os.WIFSIGNALED(status)
    _append(tmp_path / "d", "event-2")
    assert _numbers(tmp_path / "d") == [1, 2]


def test_p37_an_append_that_returned_is_there(tmp_path: Path) -> None:
    status, _ = fork(lambda _: _append(tmp_path / "d", "event-1", "event-2", "event-3"), crash_at="projection.between:3")
    assert os.WIFSIGNALED(status)
    _append(tmp_path / "d", "event-3")
    assert _numbers(tmp_path / "d") == [1, 2, 3]


async def test_p38_an_event_is_appended_once_also_by_many_at_once(memory: Memory) -> None:
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(append_next, memory, ("event-1", 1))
    assert told(memory) == [1]
    assert await memory.bring([plain("event-1", 1)]) == 0


async def test_p39_the_next_number_is_given_once_for_each_id(memory: Memory) -> None:
    assert await append_next(memory, ("one", 1), ("two", 2), ("one", 3)) == [1, 2, 1]
    assert told(memory) == [1, 2]


async def test_ids_and_numbers_are_never_used_twice(memory: Memory) -> None:
    await memory.bring([plain("event-1", 1)])
    with pytest.raises(EventIdTaken) as taken:
        await memory.bring([plain("event-1", 1)], once=False)
    assert (taken.value.code, "number 1" in str(taken.value)) == ("event_id_taken", True)
    with pytest.raises(EventIdTaken):
        await memory.bring([plain("event-1", 2)])
    with pytest.raises(EventSeqTaken) as number:
        await memory.bring([plain("fine", 2), plain("event-2", 1)])
    assert (number.value.code, "event-1" in str(number.value)) == ("event_seq_taken", True)
    assert told(memory) == [1]


async def test_rows_that_cannot_be_read_hide_no_others(memory: Memory, capsys: pytest.CaptureFixture[str]) -> None:
    await memory.bring([plain("e1", 1), plain("e2", 2)], [earlier("queued", "queued")])
    memory.sql("UPDATE history_events SET body = ? WHERE seq = 1", b"[1]")
    memory.sql("UPDATE history_snapshots SET body = ?", b'{"status":"strange"}')
    history = history_of(memory.store, RUN)
    assert told(memory) == [2]
    assert list_snapshots(memory.store, history) == []
    assert "e1 (number 1)" in capsys.readouterr().err
    assert next_seq(history) == 3
    with pytest.raises(Unreadable):
        read_snapshot(memory.store, history, "earlier")
    assert read_snapshot(memory.store, history, "nobody") is None


@pytest.mark.parametrize(
    "body", [b'{"s":"running","h":[]}', b'{"s":"running","h":[[1]],"e":"x"}', b'{"status":"running","phase":"nowhere"}', b"7"],
    ids=["no-phase", "half-a-phase", "unknown-phase", "number"],
)  # fmt: skip
async def test_what_is_no_snapshot_is_said_to_be_none(memory: Memory, body: bytes) -> None:
    await memory.bring(snapshots=[earlier("queued", "queued")])
    memory.sql("UPDATE history_snapshots SET body = ?", body)
    with pytest.raises(Unreadable):
        memory.snapshots()


def test_p63_limits_of_the_public_form() -> None:
    assert [clamped(limit) for limit in (0, 5000, None, 7)] == [1, 1000, 250, 7]


@pytest.mark.parametrize("table", ["events", "snapshots"])
async def test_pages_are_found_along_an_index_however_many_rows_others_have(memory: Memory, table: str) -> None:
    where = f"SELECT seq FROM history_{table} WHERE history = 1 AND seq > 5 AND seq < 900 ORDER BY seq LIMIT 250"
    [plan] = memory.sql(f"EXPLAIN QUERY PLAN {where}")
    assert ("SEARCH" in plan[3], "(history=? AND seq>? AND seq<?)" in plan[3]) == (True, True)


async def test_of_a_run_that_is_gone_nothing_is_told(memory: Memory) -> None:
    telling = Telling(history_key("run-gone", A), b"{}", [NewRow("e", 1, b"{}", None)], 1, 1)
    [done] = await memory.store.work(partial(tell_all, tellings=[telling]))
    assert (done.gone, done.materialised, memory.store.histories.of("run-gone")) == (True, 0, [])


async def test_what_is_purged_takes_its_history_along(memory: Memory) -> None:
    await memory.bring([plain("e", 1)], [earlier("queued", "queued")])
    await memory.store.purge(RUN)
    assert memory.store.histories.of(RUN) == []
    assert [memory.sql(f"SELECT count(*) FROM history_{table}")[0][0] for table in ("events", "snapshots")] == [0, 0]


def test_a_subject_is_kept_whole() -> None:
    from actors.projection.bodies import about_of, subject_in

    assert subject_in(RUN, about_of(F)) == F

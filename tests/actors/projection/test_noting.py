"""What is only noted: how far a history reaches. Its rows are written when somebody asks, and are those that would have been there."""

from __future__ import annotations

from typing import Any

import pytest

from actors.projection.noting import Noting, ordinary
from actors.projection.passing import Outcome, Passes
from actors.projection.projecting import Projection
from actors.projection.reading import history_of, list_snapshots, query_events, read_snapshot
from actors.projection.unwritten import unwritten
from actors.run.events import RunBlockedCorruptCheckpoint
from actors.services import Services
from tests.actors.projection.test_projection import begun, done, events, snapshots, sql, told


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        pytest.param(["run_created", "node_started", "run_completed", "report_written"], True, id="a-life"),
        pytest.param(["run_failed", "learning_finalized", "run_forked"], True, id="behind-its-end"),
        pytest.param(["stateful_runtime.wait.timer_woken"], False, id="wait"),
        pytest.param([RunBlockedCorruptCheckpoint.kind], False, id="broken"),
        pytest.param(["run_completed", "node_started"], False, id="an-end-that-was-none"),
        pytest.param(["report_written", "run_recovered"], False, id="recovered"),
        pytest.param([], True, id="nothing"),
    ],
)
def test_what_is_ordinary(kinds: list[str], said: bool) -> None:
    assert ordinary(kinds) is said


@pytest.mark.parametrize("batch", [1, 3, 256])
async def test_what_was_noted_is_written_as_if_it_had_been_told_at_once(services: Services, batch: int) -> None:
    book, noting, projection = await begun(services), Noting(services, batch), Projection(services, batch)
    for node_id in ("a", "b"):
        assert await noting.note([book.run_id]) == {book.run_id}
        await done(book, node_id)
    assert await noting.note([book.run_id]) == {book.run_id}
    head = services.store.journal.head(book.run_id)
    history = history_of(services.store, book.run_id)
    assert history is not None
    assert (history.noted, history.cursor, history.records, history.last_seq) == (True, head, head, 0)
    assert (events(services, book.run_id), services.store.histories.behind(0, "run", 9)) == ([], [])
    made = unwritten(services, book.run_id)
    assert made is not None
    store = services.store
    without = query_events(store, history, rows=made), list_snapshots(store, history, 0, made)
    assert await told(projection, book.run_id) == (head, [], None)
    assert (events(services, book.run_id), snapshots(services, book.run_id)) == without
    assert [one["seq"] for one in without[0]] == list(range(1, head + 1))
    last = without[1][-1]
    assert list_snapshots(store, history, 1, made) == [last]
    assert (read_snapshot(store, history, last["snapshot_id"], made), read_snapshot(store, history, "x", made)) == (last, None)
    window: Any = {"after_seq": 1, "before_seq": head, "limit": 2}
    for tail in (False, True):
        assert query_events(store, history, **window, tail=tail, rows=made) == query_events(store, history, **window, tail=tail)
    assert await noting.note([book.run_id]) == set()
    assert await told(projection, book.run_id) == (0, [], None)


async def test_a_history_that_has_rows_is_not_noted_any_more_also_by_a_note_that_came_late(services: Services) -> None:
    book, projection = await begun(services), Projection(services, 256)
    noting = Noting(services, 256)
    late = [note for note, _ in noting._notes(book.run_id, set())]
    await told(projection, book.run_id)
    written = history_of(services.store, book.run_id)
    await done(book, "a")
    await noting._write(late)
    assert history_of(services.store, book.run_id) == written
    assert await noting.note([book.run_id, "run-nobody"]) == set()


async def test_a_writing_that_was_cut_off_goes_on_where_its_rows_end(services: Services) -> None:
    book = await begun(services)
    await done(book, "a")
    await Noting(services, 256).note([book.run_id])
    head = services.store.journal.head(book.run_id)
    made = Passes(services).from_zero(book.run_id)
    assert made is not None
    await Projection(services, 2)._write([(book.run_id, next(made.portions(2)))], {book.run_id: Outcome()})
    history = history_of(services.store, book.run_id)
    assert history is not None
    assert (history.cursor, history.last_seq, history.noted) == (2, 2, False)
    assert await told(Projection(services, 256), book.run_id) == (head - 2, [], None)


async def test_a_log_that_cannot_be_read_is_neither_noted_nor_made_up(services: Services) -> None:
    book = await begun(services)
    sql(services, "UPDATE journal SET data = ? WHERE seq = 1 AND stream = (SELECT id FROM streams WHERE name = ?)", b"{}x", book.run_id)
    assert await Noting(services, 256).note([book.run_id]) == set()
    assert unwritten(services, book.run_id) is None


async def test_old_histories_that_are_noted_are_found_page_by_page(services: Services) -> None:
    books = [await begun(services, request=f"req-{n}") for n in range(3)]
    await Noting(services, 256).note([book.run_id for book in books])
    histories = services.store.histories
    first = histories.noted(0, 2**62, 2)
    rest = histories.noted(first[-1][0], 2**62, 2)
    assert [run_id for _, run_id in (*first, *rest)] == [book.run_id for book in books]
    assert histories.noted(0, 0, 2) == []

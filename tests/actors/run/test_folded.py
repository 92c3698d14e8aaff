"""Who only looks at a run reads its log once, and then what it has grown by."""

from __future__ import annotations

import pytest

from actors.run.folded import KEPT, Folded
from actors.run.logbook import CorruptLog, fold_log
from actors.run.view import run_json
from actors.services import Services
from storage import Append, NewEvent, Transaction
from tests.actors.run.house import made
from tests.actors.run.table import flow
from tests.actors.run.test_logbook import begun, done


async def test_a_state_moves_on_with_the_log_and_reads_nothing_twice(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    book, folded = await begun(services), Folded(services)
    asked: list[int] = []
    read = type(services.store.journal).read

    def counted(journal: object, stream: str, after: int = 0, limit: int | None = None) -> object:
        asked.append(after)
        return read(journal, stream, after, limit)  # type: ignore[arg-type]  # the store's own

    monkeypatch.setattr(type(services.store.journal), "read", counted)
    first = folded.state(book.run_id)
    before = first.seq
    await done(book, "a")
    again = folded.state(book.run_id)
    assert (again is first, again.seq, asked) == (True, book.state.seq, [0, before])
    assert run_json(again) == run_json(fold_log(services, book.run_id))
    assert folded.state(book.run_id, before).seq == before
    assert folded.state(book.run_id, book.state.seq) is first


async def test_a_history_that_was_brought_in_anew_is_read_anew(services: Services) -> None:
    book, folded = await begun(services), Folded(services)
    short = await made(services, flow("x"), "req-2")
    folded._states[short] = folded.state(book.run_id)  # as if that run had had the longer history before
    assert (folded.state(short).seq, folded.state(short).run_id) == (1, short)


async def test_what_could_not_be_folded_is_not_kept(services: Services) -> None:
    run_id, folded = await made(services, flow("a")), Folded(services)
    folded.state(run_id)
    torn = Append(run_id, 1, (NewEvent("node_blocked", b'{"node_id":"nobody"}'),))
    await services.store.commit(Transaction(1, (torn,)))
    for _ in range(2):
        with pytest.raises(CorruptLog):
            folded.state(run_id)
    assert not folded._states


async def test_no_more_than_a_few_are_kept_those_looked_at_last(services: Services) -> None:
    folded, ids = Folded(services), [await made(services, flow("a"), f"req-{n}") for n in range(KEPT + 1)]
    for run_id in ids:
        folded.state(run_id)
    assert list(folded._states) == ids[1:]


async def test_nothing_stays_of_a_run_that_was_removed(services: Services) -> None:
    run_id, folded = await made(services, flow("a")), Folded(services)
    folded.state(run_id)
    folded.forget(run_id)
    folded.forget(run_id)
    assert not folded._states

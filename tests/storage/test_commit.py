"""One transaction is one atomic, durable unit; many that come at once share one COMMIT. The contract of both modes."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from storage.errors import BadTransaction, StoreFailed, VersionConflict
from storage.limits import Limits
from storage.records import Append, NewEvent
from storage.store import Store
from tests.storage.support import NOW, append, audit, event, events, headline, open_store, receipt, tx


async def test_what_was_committed_is_read_at_once(store: Store) -> None:
    committed = await store.commit(tx(Append("run-1", 0, (event("created", b'{"a":1}'), event("started")))))
    assert committed.heads == {"run-1": 2}
    assert [(one.seq, one.at_ms, one.kind, one.data) for one in store.journal.read("run-1")] == [
        (1, NOW, "created", b'{"a":1}'),
        (2, NOW, "started", b"{}"),
    ]


async def test_an_append_to_another_version_is_refused_and_says_which_was_found(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created")))
    with pytest.raises(VersionConflict) as refused:
        await store.commit(tx(append("run-1", 0, "created")))
    assert refused.value.args == ("run-1", 0, 1)
    assert store.journal.head("run-1") == 1


async def test_one_failed_check_undoes_the_whole_transaction_and_nothing_else(store: Store) -> None:
    async def refused() -> None:
        with pytest.raises(VersionConflict):
            await store.commit(tx(append("good", 0, "created"), append("bad", 7, "created"), receipt=receipt(), audit=(audit(),)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(refused)
        nursery.start_soon(store.commit, tx(append("other", 0, "created")))
    assert [store.journal.head(name) for name in ("good", "bad", "other")] == [0, 0, 1]
    assert store.receipts.get("request-1") is None
    assert store.audit.list() == []


async def test_a_lone_transaction_costs_exactly_one_commit(store: Store) -> None:
    before = store.info()["commits"]
    await store.commit(tx(append("run-1", 0, "created"), receipt=receipt(), audit=(audit(),)))
    assert store.info()["commits"] == before + 1


async def test_transactions_that_come_together_share_one_commit(store: Store) -> None:
    before = store.info()["commits"]
    async with trio.open_nursery() as nursery:
        for n in range(100):
            nursery.start_soon(store.commit, tx(append(f"run-{n}", 0, "created", "started")))
    assert store.info()["commits"] == before + 1
    assert store.journal.position() == 200


async def test_who_can_run_when_the_writer_wakes_is_still_in_its_batch(store: Store) -> None:
    """One task's commit wakes the writer, and in the same moment an event wakes another task: they must share a COMMIT, every time."""

    async def second(woken: trio.Event, n: int) -> None:
        await woken.wait()
        await store.commit(tx(append(f"second-{n}", 0, "x")))

    before = store.info()["commits"]
    for n in range(12):
        woken = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(second, woken, n)
            await wait_all_tasks_blocked()
            woken.set()
            await store.commit(tx(append(f"first-{n}", 0, "x")))
    assert store.info()["commits"] == before + 12


async def test_a_transaction_that_is_wholly_refused_costs_no_commit(store: Store) -> None:
    before = store.info()["commits"]
    with pytest.raises(VersionConflict):
        await store.commit(tx(append("run-1", 3, "created")))
    assert store.info()["commits"] == before


async def test_of_appends_that_race_for_one_version_exactly_one_wins(store: Store) -> None:
    answers: list[str] = []

    async def one() -> None:
        try:
            await store.commit(tx(append("run-1", 0, "created")))
            answers.append("won")
        except VersionConflict as conflict:
            answers.append(f"found {conflict.args[2]}")

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(one)
    assert sorted(answers) == ["found 1"] * 7 + ["won"]


async def test_bad_values_fail_their_own_transaction_and_not_the_batch(store: Store) -> None:
    async def bad() -> None:
        with pytest.raises(BadTransaction):
            await store.commit(tx(Append("bad", 0, (NewEvent("lone \ud800 surrogate", b"{}"),))))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(bad)
        for n in range(5):
            nursery.start_soon(store.commit, tx(append(f"run-{n}", 0, "created")))
    assert store.journal.position() == 5
    assert store.writable


@pytest.mark.parametrize(
    "wrong",
    [
        Append("run-1", 0, (NewEvent("big", b"x" * (256 * 1024 + 1)),)),
        Append("run-1", 0, (NewEvent("", b"{}"),)),
        Append("run-1", 0, (NewEvent("k" * 64, b"{}"),)),
        Append("run-1", 0, (event(),), headline=headline("run-2")),
        Append("run-1", 0, (NewEvent("text", "{}"),)),  # type: ignore[arg-type]  # what a careless caller may pass
    ],
)
async def test_what_can_never_be_stored_is_refused_by_name(store: Store, wrong: Append) -> None:
    with pytest.raises(BadTransaction):
        await store.commit(tx(wrong))
    assert store.journal.head("run-1") == 0


async def test_two_appends_to_one_stream_in_one_transaction_are_refused(store: Store) -> None:
    with pytest.raises(BadTransaction):
        await store.commit(tx(append("run-1", 0, "a"), append("run-1", 1, "b")))


async def test_an_event_of_the_largest_size_is_stored(store: Store) -> None:
    data = b'"' + b"x" * (256 * 1024 - 2) + b'"'
    await store.commit(tx(Append("run-1", 0, (NewEvent("big", data),))))
    assert store.journal.read("run-1")[0].data == data


async def test_cancelled_before_it_is_taken_means_not_recorded(store: Store) -> None:
    with trio.CancelScope() as scope:
        scope.cancel()
        await store.commit(tx(append("run-1", 0, "created")))
    await store.commit(tx(append("run-2", 0, "created")))
    assert scope.cancelled_caught
    assert store.journal.head("run-1") == 0


async def test_without_a_writer_nobody_waits_for_ever(folder: Path) -> None:
    with open_store(folder) as store:
        with pytest.raises(StoreFailed) as failed:
            await store.commit(tx(append("run-1", 0, "created")))
        assert failed.value.applied is False


async def test_the_end_of_the_writer_fails_all_who_wait(store: Store, nursery: trio.Nursery) -> None:
    answers: list[bool | None] = []

    async def one(n: int) -> None:
        try:
            await store.commit(tx(append(f"run-{n}", 0, "created")))
        except StoreFailed as failed:
            answers.append(failed.applied)

    await wait_all_tasks_blocked()
    async with trio.open_nursery() as waiting:
        for n in range(3):
            waiting.start_soon(one, n)
        nursery.cancel_scope.cancel()
    assert answers == [] or set(answers) == {False}
    assert store.journal.position() == 3 - len(answers)


async def test_a_second_writer_is_a_mistake(store: Store) -> None:
    with pytest.raises(RuntimeError):
        await store.serve()


async def test_more_than_the_line_holds_wait_for_room(folder: Path, nursery: trio.Nursery) -> None:
    with open_store(folder, limits=Limits(wal=32_768, pending=4, batch=2)) as store:
        await nursery.start(store.serve)
        async with trio.open_nursery() as many:
            for n in range(40):
                many.start_soon(store.commit, tx(append(f"run-{n}", 0, "created")))
        assert store.journal.position() == 40
        assert store.info()["commits"] >= 20


async def test_a_position_counts_all_streams_in_the_order_of_their_commits(store: Store) -> None:
    await store.commit(tx(append("a", 0, "one"), append("b", 0, "two")))
    await store.commit(tx(append("a", 1, "three")))
    assert [(at, stream, one.kind) for at, stream, one in store.journal.since(1, 10)] == [(2, "b", "two"), (3, "a", "three")]


async def test_reading_begins_after_a_seq_and_ends_at_a_limit(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, *"abcde")))
    assert events(store.journal.read("run-1", after=1, limit=3)) == ["b", "c", "d"]
    assert store.journal.read("run-1", after=5) == []
    assert store.journal.read("nobody") == []
    assert store.journal.head("nobody") == 0

"""Housekeeping removes what may go, records that it did, and keeps what must stay. The contract of both modes."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from attrs import evolve

from storage.errors import ClaimLost, ReceiptExists
from storage.records import Append, NewEvent
from storage.store import Store
from tests.storage.support import SMALL, Clock, acquire, append, audit, event, events, fill, headline, open_store, receipt, release, tx

WEEK = 7 * 24 * 3_600_000


async def test_a_purged_stream_is_gone_and_the_purge_is_a_fact(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, *"abc", headline=headline("run-1", "completed"))))
    await store.commit(tx(append("run-2", 0, "x")))
    await store.purge("run-1")
    assert store.journal.read("run-1") == []
    assert store.catalog.get("run-1") is None
    assert store.claims.get("run-1") is None
    assert events(store.journal.read("run-2")) == ["x"]
    assert store.journal.read("system")[0].data == b'{"stream":"run-1","from":1,"to":3}'
    assert (await store.verify()).ok


async def test_an_identity_is_never_given_twice(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, *"abc")))
    await store.purge("run-1")
    assert store.journal.head("run-1") == 3
    committed = await store.commit(tx(append("run-1", 3, "d")))
    assert committed.heads == {"run-1": 4}
    assert [one.seq for one in store.journal.read("run-1")] == [4]
    assert (await store.verify()).ok


async def test_the_beginning_of_a_stream_can_be_purged_alone(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, *"abcde", headline=headline("run-1"))))
    await store.purge("run-1", upto=2)
    assert events(store.journal.read("run-1")) == ["c", "d", "e"]
    assert events(store.journal.read("run-1", after=3)) == ["d", "e"]
    assert store.catalog.get("run-1") is not None
    assert (await store.verify()).ok


async def test_a_long_stream_is_purged_in_pieces(store: Store) -> None:
    await store.commit(tx(Append("run-1", 0, tuple(event() for _ in range(4_500)))))
    await store.purge("run-1")
    assert [one.kind for one in store.journal.read("system")] == ["stream_purged"] * 3
    assert store.journal.head("run-1") == 4_500


async def test_a_claimed_stream_is_not_purged(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "a", claim=acquire(1))))
    with pytest.raises(ClaimLost):
        await store.purge("run-1")
    await store.commit(tx(append("run-1", 1, claim=release(), epoch=1)))
    await store.purge("run-1")


async def test_purging_what_was_never_there_does_nothing(store: Store) -> None:
    await store.purge("nobody")
    assert store.journal.position() == 0


async def test_after_a_purge_of_the_newest_stream_the_store_opens_again(folder: Path) -> None:
    def reopen() -> None:
        with open_store(folder) as store:
            assert store.journal.position() == 2

    async def story(store: Store) -> None:
        await store.commit(tx(append("run-1", 0, "a")))
        await store.purge("run-1")

    with open_store(folder) as store:
        async with trio.open_nursery() as nursery:
            await nursery.start(store.serve)
            await story(store)
            nursery.cancel_scope.cancel()
    reopen()


async def test_receipts_are_kept_seven_days_and_as_long_as_their_run_lives(store: Store, clock: Clock) -> None:
    for name, status in (("alive", "waiting"), ("ended", "completed"), ("plain", None), ("newest", None)):
        line = headline(name, status) if status else None
        await store.commit(tx(append(name, 0, "a", headline=line), receipt=receipt(name)))
    clock.now += WEEK
    assert (await store.upkeep(ended=("completed",))).receipts == 0
    clock.now += 1
    assert (await store.upkeep(ended=("completed",))).receipts == 2
    assert [store.receipts.get(name) is not None for name in ("alive", "ended", "plain", "newest")] == [True, False, False, True]
    with pytest.raises(ReceiptExists):
        await store.commit(tx(receipt=receipt("alive")))


async def test_the_newest_receipts_are_kept_whatever_the_clock_says(folder: Path, clock: Clock, nursery: trio.Nursery) -> None:
    with open_store(folder, clock=clock, limits=evolve(SMALL, receipts=3)) as store:
        await nursery.start(store.serve)
        for n in range(5):
            await store.commit(tx(append(f"run-{n}", 0, "a"), receipt=receipt(f"ask-{n}")))
        clock.now += 520 * WEEK
        assert (await store.upkeep()).receipts == 2
        assert [store.receipts.get(f"ask-{n}") is not None for n in range(5)] == [False, False, True, True, True]
        assert (await store.upkeep()).receipts == 0
        nursery.cancel_scope.cancel()


async def test_free_pages_go_back_to_the_file_system(store: Store) -> None:
    await store.commit(tx(Append("run-1", 0, tuple(NewEvent("big", b"x" * 9_000) for _ in range(100)))))
    await store.upkeep()
    before = (store.folder / "penstock.db").stat().st_size
    await store.purge("run-1")
    done = await store.upkeep(pages=10_000)
    assert done.pages > 200
    assert (store.folder / "penstock.db").stat().st_size < before / 4
    assert (await store.verify()).ok


async def test_upkeep_brings_everything_into_the_database_file(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "a"), audit=(audit(),)))
    assert (await store.upkeep()).wal_pages == 0


async def test_info_tells_sizes_and_counters(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "a", "b"), audit=(audit(),)))
    info = store.info()
    assert info["position"] == 2
    assert info["audit"] == 1
    assert info["writable"]
    assert info["fault"] is None
    assert info["mode"] in {"inline", "thread"}
    assert info["db_bytes"] > 0 < info["wal_bytes"]
    assert info["warnings"] == []


def test_a_reopened_store_goes_on_counting(folder: Path) -> None:
    async def one(store: Store) -> None:
        await store.commit(tx(append("run-1", store.journal.head("run-1"), "a")))

    for _ in range(3):
        fill(folder, one)
    with open_store(folder) as store:
        assert store.journal.position() == 3

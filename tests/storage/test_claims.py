"""A claim is the right to append, and its epoch fences: a writer with an old epoch changes nothing. The contract of both modes."""

from __future__ import annotations

import pytest

from storage.errors import ClaimLost
from storage.records import Append, Claim
from storage.store import Store
from tests.storage.support import NOW, Clock, acquire, append, headline, receipt, release, tx


async def test_acquiring_raises_the_epoch_by_one(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created", claim=acquire(1))))
    assert store.claims.get("run-1") == Claim("run-1", "me", 1, NOW + 30_000)
    assert store.claims.get("run-2") is None


@pytest.mark.parametrize("epoch", [0, 2, 7])
async def test_an_epoch_out_of_turn_is_refused(store: Store, epoch: int) -> None:
    with pytest.raises(ClaimLost) as lost:
        await store.commit(tx(append("run-1", 0, "created", claim=acquire(epoch))))
    assert lost.value.args == ("run-1", epoch, 0)
    assert store.claims.get("run-1") is None


async def test_a_claimed_stream_takes_only_its_holders_epoch(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created", claim=acquire(1))))
    for epoch in (None, 0, 2):
        with pytest.raises(ClaimLost):
            await store.commit(tx(append("run-1", 1, "intruded", epoch=epoch)))
    await store.commit(tx(append("run-1", 1, "started", epoch=1)))
    assert store.journal.head("run-1") == 2


async def test_a_writer_with_an_old_epoch_changes_nothing_at_all(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created", claim=acquire(1, "old"), headline=headline("run-1"))))
    await store.commit(tx(append("run-1", 1, "taken_over", claim=acquire(2, "new"))))
    late = Append("run-1", 2, epoch=1, headline=headline("run-1", "completed"), claim=release())
    with pytest.raises(ClaimLost):
        await store.commit(tx(late, append("other", 0, "x"), receipt=receipt()))
    line = store.catalog.get("run-1")
    assert line is not None
    assert line.status == "queued"
    assert store.claims.get("run-1") == Claim("run-1", "new", 2, NOW + 30_000)
    assert store.journal.head("other") == 0
    assert store.receipts.get("request-1") is None


async def test_the_holder_may_acquire_anew_with_a_higher_epoch(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created", claim=acquire(1))))
    await store.commit(tx(append("run-1", 1, "claimed_again", epoch=2, claim=acquire(2))))
    with pytest.raises(ClaimLost):
        await store.commit(tx(append("run-1", 2, "x", epoch=1)))


async def test_acquiring_with_another_epoch_than_it_writes_with_is_refused(store: Store) -> None:
    with pytest.raises(ClaimLost):
        await store.commit(tx(append("run-1", 0, "created", epoch=5, claim=acquire(1))))


async def test_a_released_claim_keeps_its_epoch_and_opens_the_stream(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created", claim=acquire(1))))
    await store.commit(tx(append("run-1", 1, "parked", epoch=1, claim=release())))
    assert store.claims.get("run-1") == Claim("run-1", None, 1, NOW)
    with pytest.raises(ClaimLost):
        await store.commit(tx(append("run-1", 2, "x", epoch=1)))
    await store.commit(tx(append("run-1", 2, "noted")))
    await store.commit(tx(append("run-1", 3, "resumed", claim=acquire(2))))


async def test_a_claim_is_released_once(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created", claim=acquire(1))))
    await store.commit(tx(append("run-1", 1, claim=release(), epoch=1)))
    with pytest.raises(ClaimLost):
        await store.commit(tx(append("run-1", 1, claim=release(), epoch=1)))


async def test_only_the_holder_can_release(store: Store) -> None:
    with pytest.raises(ClaimLost):
        await store.commit(tx(append("run-1", 0, claim=release())))
    await store.commit(tx(append("run-1", 0, "created", claim=acquire(1))))
    with pytest.raises(ClaimLost):
        await store.commit(tx(append("run-1", 1, claim=release())))


async def test_renewing_moves_the_lease_of_all_claims_of_one_claimant(store: Store, clock: Clock) -> None:
    for name, who in (("a", "me"), ("b", "me"), ("c", "you")):
        await store.commit(tx(append(name, 0, "created", claim=acquire(1, who))))
    clock.now += 20_000
    assert await store.renew("me", 30_000) == 2
    assert [claim.until_ms - NOW for claim in store.claims.held()] == [50_000, 50_000, 30_000]
    assert [claim.stream for claim in store.claims.held("me")] == ["a", "b"]
    assert (await store.verify()).ok


async def test_renewing_nothing_costs_no_commit(store: Store) -> None:
    before = store.info()["commits"]
    assert await store.renew("nobody", 30_000) == 0
    assert store.info()["commits"] == before


async def test_what_expired_is_listed_and_still_fenced_by_its_epoch(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created", claim=acquire(1, lease_ms=10))))
    await store.commit(tx(append("run-2", 0, "created", claim=acquire(1, lease_ms=90))))
    assert [claim.stream for claim in store.claims.expired(NOW + 11)] == ["run-1"]
    await store.commit(tx(append("run-1", 1, "slow_but_alone", epoch=1), at_ms=NOW + 1_000_000))

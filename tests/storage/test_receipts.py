"""A request id is applied at most once, and its first reply is given again. The contract of both modes."""

from __future__ import annotations

import pytest
import trio

from storage.errors import ReceiptExists, RequestConflict
from storage.records import Receipt
from storage.store import Store
from tests.storage.support import append, receipt, tx


async def test_the_first_request_is_applied_and_its_reply_kept(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created"), receipt=receipt()))
    assert store.receipts.get("request-1") == Receipt("request-1", b"digest", b"reply")
    assert store.receipts.get("request-2") is None


async def test_the_same_request_again_gets_the_stored_reply_and_changes_nothing(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created"), receipt=receipt()))
    with pytest.raises(ReceiptExists) as again:
        await store.commit(tx(append("run-2", 0, "created"), receipt=receipt(reply=b"another")))
    assert again.value.reply == b"reply"
    assert store.journal.head("run-2") == 0


async def test_the_reply_is_given_again_even_when_the_log_has_moved_on(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created"), receipt=receipt()))
    await store.commit(tx(append("run-1", 1, "started")))
    with pytest.raises(ReceiptExists):
        await store.commit(tx(append("run-1", 0, "created"), receipt=receipt()))


async def test_the_same_id_with_another_body_is_a_conflict(store: Store) -> None:
    await store.commit(tx(append("run-1", 0, "created"), receipt=receipt()))
    with pytest.raises(RequestConflict):
        await store.commit(tx(append("run-2", 0, "created"), receipt=receipt(digest=b"other")))
    assert store.journal.head("run-2") == 0


async def test_a_request_sent_many_times_at_once_is_applied_once(store: Store) -> None:
    replies: list[bytes] = []

    async def one(n: int) -> None:
        try:
            await store.commit(tx(append(f"run-{n}", 0, "created"), receipt=receipt(reply=b"%d" % n)))
            replies.append(b"%d" % n)
        except ReceiptExists as again:
            replies.append(again.reply)

    async with trio.open_nursery() as nursery:
        for n in range(10):
            nursery.start_soon(one, n)
    assert len(set(replies)) == 1
    assert store.journal.position() == 1


async def test_a_refused_transaction_leaves_no_receipt(store: Store) -> None:
    with pytest.raises(Exception, match="ends at seq 0"):
        await store.commit(tx(append("run-1", 5, "created"), receipt=receipt()))
    await store.commit(tx(append("run-1", 0, "created"), receipt=receipt()))

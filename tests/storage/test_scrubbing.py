"""What must not stand in the memory is taken out of every text that is recorded; all else is recorded as it came."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import orjson

from storage.records import Append, AuditEntry, Headline, NewEvent, Receipt, Transaction
from storage.scrubbing import scrubbed
from storage.store import Store
from tests.storage.support import fill

BAD = "hunter2-hunter2"


class Scrubber:
    active = True

    def json(self, data: bytes) -> bytes:
        return data if BAD.encode() not in data else data.replace(BAD.encode(), b"***")


class Idle(Scrubber):
    active = False


def line(title: str) -> Headline:
    return Headline("s", "run", "open", 1, 1, title=title, facts={"a": [title]})


def whole(word: str) -> Transaction:
    said = orjson.dumps({"word": word})
    fine = NewEvent("fine", b"{}")
    appends = (Append("s", 0, (fine, NewEvent("said", said)), headline=line(word)), Append("t", 0, (fine,)))
    return Transaction(1, appends, Receipt("r", b"d", said), (AuditEntry("a", "b", "c", said, "ok"),))


def test_every_text_of_a_transaction_is_looked_at_and_what_is_clean_stays_the_same_object() -> None:
    found = scrubbed(whole(BAD), Scrubber())
    said = b'{"word":"***"}'
    assert [event.data for event in found.appends[0].events] == [b"{}", said]
    assert found.appends[0].headline == line("***")
    assert found.receipt is not None
    assert (found.receipt.reply, found.receipt.digest, found.audit[0].detail) == (said, b"d", said)
    assert scrubbed(fine := whole("fine"), Scrubber()) is fine
    assert scrubbed(bad := whole(BAD), Idle()) is bad  # who knows of nothing is not asked


def test_a_store_that_was_told_what_to_take_out_records_nothing_of_it(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        await store.commit(whole(BAD))
        assert [recorded.data for recorded in store.journal.read("s")] == [b"{}", b'{"word":"***"}']

    fill(tmp_path, story, scrub=Scrubber())
    with sqlite3.connect(tmp_path / "penstock.db") as db:
        assert BAD not in "\n".join(db.iterdump())
    db.close()

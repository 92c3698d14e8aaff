"""Housekeeping as pieces of work for the writer: purge a stream, forget old receipts, give pages back. Each is bounded and can be repeated.

Whatever removes events records that it did, in the system's stream, in the same transaction: so the newest position never goes back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import orjson
from attrs import frozen

from storage.batch import Batch
from storage.contents import COLLECTED, PURGED, Collected
from storage.errors import ClaimLost
from storage.forgetting import drop_histories
from storage.records import Append, NewEvent, Transaction

__all__ = ["SYSTEM", "Upkeep", "forget_receipts", "note_collected", "purge_some", "vacuum_some"]

SYSTEM = "system"
_EVENTS_AT_ONCE = 2_000
_FREE = "PRAGMA freelist_count"
_OLD = """DELETE FROM receipts WHERE id IN (
    SELECT r.id FROM receipts r LEFT JOIN catalog c ON c.stream = r.stream
    WHERE r.at_ms < ? AND r.id <= (SELECT max(id) FROM receipts) - ? AND (c.stream IS NULL OR c.status IN ({})) LIMIT ?)"""


@frozen
class Upkeep:
    """What one round of upkeep did. Pages have 4,096 bytes; `wal_pages` were not yet in the database when it ended."""

    receipts: int
    pages: int
    wal_pages: int


def purge_some(batch: Batch, stream: str, upto: int | None, at_ms: int) -> bool:
    """Remove the oldest events of a stream, up to seq `upto` or all; with all of them its headline and claim. True if more are left.

    The stream keeps its name and its last seq, so no identity is ever given twice. Raises ClaimLost while somebody holds it.
    """
    head = batch.heads.get(batch.connection, stream)
    if head.claimant is not None:
        raise ClaimLost(stream, None, head.epoch)
    run = batch.connection.execute
    end = head.seq if upto is None else min(upto, head.seq)
    (base,) = run("SELECT base_seq FROM streams WHERE id = ?", (head.id,)).fetchone() or (end,)
    cut = min(base + _EVENTS_AT_ONCE, end)
    if cut > base:
        (kept,) = run("SELECT sum FROM journal WHERE stream = ? AND seq = ?", (head.id, cut)).fetchone()
        run("UPDATE streams SET base_seq = ?, base_sum = ? WHERE id = ?", (cut, kept, head.id))
        run("DELETE FROM journal WHERE stream = ? AND seq <= ?", (head.id, cut))
        _record(batch, at_ms, PURGED, {"stream": stream, "from": base + 1, "to": cut})
    if cut < end:
        return True
    if upto is None:
        run("DELETE FROM catalog WHERE stream = ?", (head.id,))
        run("DELETE FROM claims WHERE stream = ?", (head.id,))
        run("DELETE FROM keys WHERE stream = ?", (head.id,))
        drop_histories(batch.connection, stream)
        batch.heads.drop(stream)
        batch.touched = True
    return False


def forget_receipts(batch: Batch, before_ms: int, ended: Sequence[str], newest: int, most: int) -> int:
    """Drop receipts from before `before_ms` whose stream is purged or has one of the statuses `ended`.

    The `newest` always stay, and one at least: they make a repeated request harmless on a machine whose clock has jumped by years.
    """
    marks = ", ".join("?" * len(ended))
    count = batch.connection.execute(_OLD.format(marks), (before_ms, max(1, newest), *ended, most)).rowcount
    batch.touched = batch.touched or count > 0
    return count


def note_collected(batch: Batch, done: Collected, at_ms: int) -> None:
    """Record that contents were looked through after all purges up to a time."""
    _record(batch, at_ms, COLLECTED, {"contents": done.contents, "bytes": done.bytes, "upto_ms": done.upto_ms})


def vacuum_some(connection: sqlite3.Connection, pages: int) -> int:
    """Outside a transaction: give at most `pages` free pages back to the file system; how many it were."""
    (before,) = connection.execute(_FREE).fetchone()
    if before:
        # The pragma frees one page a step, and only a script is stepped to its end.
        connection.executescript(f"PRAGMA incremental_vacuum({pages})")
    (after,) = connection.execute(_FREE).fetchone()
    freed: int = before - after
    return freed


def _record(batch: Batch, at_ms: int, kind: str, facts: dict[str, object]) -> None:
    expected = batch.heads.get(batch.connection, SYSTEM).seq
    batch.stage(Transaction(at_ms, (Append(SYSTEM, expected, (NewEvent(kind, orjson.dumps(facts)),)),)))

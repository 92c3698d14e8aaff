"""Where each stream ends and who holds it, as the writer knows it. A cache: dropped whenever another process wrote or a batch failed."""

from __future__ import annotations

import sqlite3

from storage.anchor import Mark
from storage.sums import SUM_SIZE, first_sum

__all__ = ["Head", "Heads", "read_mark"]

_HEAD = """SELECT s.id, s.base_seq, s.base_sum, coalesce(c.epoch, 0), c.claimant
           FROM streams s LEFT JOIN claims c ON c.stream = s.id WHERE s.name = ?"""
_LAST = "SELECT seq, sum FROM journal WHERE stream = ? ORDER BY seq DESC LIMIT 1"


class Head:
    """The end of one stream. `id` is 0 while the stream has no row yet; mutable, for it moves with every append."""

    __slots__ = ("claimant", "epoch", "id", "seq", "sum")

    def __init__(self, id_: int, seq: int, sum_: bytes, epoch: int, claimant: str | None) -> None:
        self.id, self.seq, self.sum, self.epoch, self.claimant = id_, seq, sum_, epoch, claimant


class Heads:
    """Heads of the streams in use and the counters of the tables; valid only inside the writer's transaction."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heads: dict[str, Head] = {}
        self._data_version = -1
        self.stream = self.position = self.audit = self.receipt = self.generation = 0
        self.store, self.sum, self.audit_hash = b"", bytes(SUM_SIZE), bytes(32)

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Call first in each transaction: reads everything anew if any other connection has written since."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version != self._data_version:
            self.forget()
            self._load(connection)
            self._data_version = version
        elif len(self._heads) > self._most:
            self._heads.clear()

    def forget(self) -> None:
        """Believe nothing any more: a batch was rolled back, or somebody else wrote."""
        self._heads.clear()
        self._data_version = -1

    def drop(self, stream: str) -> None:
        """Read this stream's head anew the next time."""
        self._heads.pop(stream, None)

    def get(self, connection: sqlite3.Connection, stream: str) -> Head:
        """The head of the stream, from the cache or from the tables."""
        head = self._heads.get(stream)
        if head is None:
            head = self._heads[stream] = _read(connection, stream)
        return head

    def mark(self) -> Mark:
        """How far the log reaches with this transaction."""
        return Mark(self.store, self.generation, self.position, self.sum, self.audit, self.audit_hash, self.receipt)

    def _load(self, connection: sqlite3.Connection) -> None:
        mark = read_mark(connection)
        self.store, self.generation = mark.store, mark.generation
        self.position, self.sum, self.audit, self.audit_hash = mark.position, mark.sum, mark.audit, mark.audit_hash
        self.receipt = mark.receipt
        (self.stream,) = connection.execute("SELECT coalesce(max(id), 0) FROM streams").fetchone()


def read_mark(connection: sqlite3.Connection) -> Mark:
    """How far the tables reach, in the form that the anchor keeps."""
    meta = dict(connection.execute("SELECT key, value FROM meta WHERE key IN ('store', 'generation')").fetchall())
    position, sum_ = connection.execute("SELECT position, sum FROM journal ORDER BY position DESC LIMIT 1").fetchone() or (
        0,
        bytes(SUM_SIZE),
    )
    audit, hash_ = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone() or (0, bytes(32))
    (receipt,) = connection.execute("SELECT coalesce(max(id), 0) FROM receipts").fetchone()
    return Mark(meta.get("store", b""), meta.get("generation", 0), position, sum_, audit, hash_, receipt)


def _read(connection: sqlite3.Connection, stream: str) -> Head:
    row = connection.execute(_HEAD, (stream,)).fetchone()
    if row is None:
        return Head(0, 0, first_sum(stream), 0, None)
    id_, base, base_sum, epoch, claimant = row
    seq, sum_ = connection.execute(_LAST, (id_,)).fetchone() or (base, base_sum or first_sum(stream))
    return Head(id_, seq, sum_, epoch, claimant)

"""The audit log: who did what, each entry chained to the one before by SHA-256, the head kept in the anchor.

Edits, deletions, insertions and reorderings show; a cut tail shows by the anchor. Reads only; entries are written by the batch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from hashlib import sha256

from storage.records import Audited, AuditEntry

__all__ = ["Audit", "entry_hash"]

_ROWS = "SELECT seq, at_ms, actor, action, subject, detail, result, hash FROM audit"


class Audit:
    """Reads the audit log on the reading connection."""

    def __init__(self, reader: Callable[[], sqlite3.Connection]) -> None:
        self._reader = reader

    def list(self, *, after: int = 0, limit: int = 100) -> list[Audited]:
        """Entries above seq `after`, oldest first."""
        rows = self._reader().execute(f"{_ROWS} WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)).fetchall()
        return [Audited(row[0], row[1], AuditEntry(*row[2:7]), row[7]) for row in rows]

    def verify(self) -> str | None:
        """What is wrong with the chain, or None."""
        return broken(self._reader())


def broken(connection: sqlite3.Connection) -> str | None:
    """The first entry that does not fit to the one before, in words, or None."""
    before, last = bytes(32), 0
    for *row, found in connection.execute(f"{_ROWS} ORDER BY seq"):
        if row[0] != last + 1:
            return f"audit entry {last + 1} is missing"
        before, last = entry_hash(before, row), row[0]
        if before != found:
            return f"audit entry {last} is not as it was written"
    return None


def entry_hash(before: bytes, row: Sequence[object]) -> bytes:
    """The hash of an entry (seq, at_ms, actor, action, subject, detail, result) after one with the hash `before`."""
    return sha256(before + repr(tuple(row)).encode("utf-8", "surrogatepass")).digest()

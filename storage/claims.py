"""Who may advance which stream. Reads only; claims change with an append, and are renewed by the store.

Time decides nothing here: a lease that ran out is for the reaper to see, the epoch is what fences.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from storage.batch import Batch
from storage.records import Claim
from storage.sums import row_sum

__all__ = ["Claims", "renew"]

_ROWS = "SELECT s.name, c.claimant, c.epoch, c.until_ms FROM claims c JOIN streams s ON s.id = c.stream"
_RENEW = "UPDATE claims SET until_ms = ?1, sum = claim_sum(stream, claimant, epoch, ?1) WHERE claimant = ?2"


class Claims:
    """Reads claims on the reading connection."""

    def __init__(self, reader: Callable[[], sqlite3.Connection]) -> None:
        self._reader = reader

    def get(self, stream: str) -> Claim | None:
        """The stream's claim, also a released one; None if it was never claimed."""
        row = self._reader().execute(f"{_ROWS} WHERE s.name = ?", (stream,)).fetchone()
        return Claim(*row) if row else None

    def held(self, claimant: str | None = None) -> list[Claim]:
        """All claims held by `claimant`, or by anybody, in the order of their streams."""
        if claimant is None:
            return self._query(f"{_ROWS} WHERE c.claimant IS NOT NULL ORDER BY c.stream", ())
        return self._query(f"{_ROWS} WHERE c.claimant = ? ORDER BY c.stream", (claimant,))

    def expired(self, now_ms: int, limit: int = 100) -> list[Claim]:
        """Held claims whose lease ended before `now_ms`, the oldest first."""
        return self._query(f"{_ROWS} WHERE c.claimant IS NOT NULL AND c.until_ms < ? ORDER BY c.until_ms LIMIT ?", (now_ms, limit))

    def _query(self, sql: str, values: tuple[object, ...]) -> list[Claim]:
        return [Claim(*row) for row in self._reader().execute(sql, values).fetchall()]


def renew(batch: Batch, claimant: str, until_ms: int) -> int:
    """Work for the writer: move the lease of every claim of one claimant, in one statement; how many there were."""
    batch.connection.create_function("claim_sum", 4, lambda *row: row_sum(row), deterministic=True)
    count = batch.connection.execute(_RENEW, (until_ms, claimant)).rowcount
    batch.touched = batch.touched or count > 0
    return count

"""Taking away what was told of a stream: with the stream itself, or where only its history was ever here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

from storage.crashpoints import reach

if TYPE_CHECKING:
    from storage.batch import Batch
    from storage.records import Transaction

__all__ = ["drop_histories", "forget"]

_OF = "SELECT id FROM histories WHERE run = ?"


def forget(batch: Batch, stream: str, said: Callable[[int, int], Transaction]) -> bool:
    """A piece of work for the writer: everything that was told of a stream goes; False where there was nothing.

    What is `said` of it, by the numbers of its events and snapshots, is in the same transaction. Raises ReceiptExists, RequestConflict.
    """
    connection = batch.connection
    if connection.execute(_OF, (stream,)).fetchone() is None:
        return False
    events, snapshots = (
        int(connection.execute(f"SELECT count(*) FROM {table} WHERE history IN ({_OF})", (stream,)).fetchone()[0])  # noqa: S608  two words of ours
        for table in ("history_events", "history_snapshots")
    )
    batch.stage(said(events, snapshots))
    drop_histories(connection, stream)
    reach("history.forgotten")
    batch.touched = True
    return True


def drop_histories(connection: sqlite3.Connection, stream: str) -> None:
    """Everything that was told of a stream goes, in the transaction in which the rest of it goes."""
    for (history,) in connection.execute(_OF, (stream,)).fetchall():
        for table in ("events", "snapshots", "spent", "pruned", "damaged"):
            connection.execute(f"DELETE FROM history_{table} WHERE history = ?", (history,))  # noqa: S608  one of five words of ours
    connection.execute("DELETE FROM histories WHERE run = ?", (stream,))

"""Reading the log: events of one stream, each checked against its chained sum. Appending is the batch's work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from storage.errors import StreamDamaged
from storage.records import Recorded
from storage.sums import first_sum, fits

__all__ = ["Journal"]

_STREAM = "SELECT id, base_seq, base_sum FROM streams WHERE name = ?"
_EVENTS = "SELECT seq, at_ms, kind, data, sum FROM journal WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?"
_SUM = "SELECT sum FROM journal WHERE stream = ? AND seq = ?"
_NUMBER = "SELECT id FROM streams WHERE name = ?"
_HEAD = """SELECT coalesce((SELECT max(seq) FROM journal WHERE stream = s.id), s.base_seq) FROM streams s WHERE s.name = ?"""
_SINCE = """SELECT j.position, s.name, j.seq, j.at_ms, j.kind, j.data FROM journal j JOIN streams s ON s.id = j.stream
            WHERE j.position > ? ORDER BY j.position LIMIT ?"""


class Journal:
    """Reads streams on the reading connection; sees every acknowledged append."""

    def __init__(self, reader: Callable[[], sqlite3.Connection]) -> None:
        self._reader = reader

    def read(self, stream: str, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """Events above seq `after`, in order, at most `limit`. An unknown stream is empty. Raises StreamDamaged."""
        try:
            return self._read(stream, after, limit)
        except sqlite3.DatabaseError as error:
            raise StreamDamaged(stream, after + 1, f"SQLite cannot read it ({error})") from error

    def _read(self, stream: str, after: int, limit: int | None) -> list[Recorded]:
        run = self._reader().execute
        row = run(_STREAM, (stream,)).fetchone()
        if row is None:
            return []
        id_, base, base_sum = row
        start = max(after, base)
        events = run(_EVENTS, (id_, start, -1 if limit is None else limit)).fetchall()
        if not events:
            return []
        if start == base:
            before: bytes = base_sum or first_sum(stream)
        else:
            found = run(_SUM, (id_, start)).fetchone()
            if found is None:
                raise StreamDamaged(stream, start, "the event is missing")
            before = found[0]
        return _checked(stream, start, before, events)

    def head(self, stream: str) -> int:
        """The seq of the stream's last event, 0 if there is none."""
        row = self._reader().execute(_HEAD, (stream,)).fetchone()
        return row[0] if row else 0

    def number(self, stream: str) -> int:
        """Streams count from 1 in the order in which they were made, which no clock can change; 0 for one that does not exist."""
        row = self._reader().execute(_NUMBER, (stream,)).fetchone()
        return row[0] if row else 0

    def since(self, position: int, limit: int) -> list[tuple[int, str, Recorded]]:
        """Events of all streams above a position, in the order of their commits: (position, stream, event). Sums are not checked."""
        try:
            rows = self._reader().execute(_SINCE, (position, limit)).fetchall()
        except sqlite3.DatabaseError as error:
            raise StreamDamaged("one of the streams", 0, f"SQLite cannot read events after position {position} ({error})") from error
        return [(at, stream, Recorded(*fields)) for at, stream, *fields in rows]

    def position(self) -> int:
        """The position of the newest event of all, 0 in an empty log."""
        position: int = self._reader().execute("SELECT coalesce(max(position), 0) FROM journal").fetchone()[0]
        return position


def _checked(stream: str, seq: int, before: bytes, rows: list[tuple[int, int, str, bytes, bytes]]) -> list[Recorded]:
    events = []
    for found, at_ms, kind, data, sum_ in rows:
        seq += 1
        if found != seq:
            raise StreamDamaged(stream, seq, "the event is missing")
        if not fits(before, seq, at_ms, kind, data, sum_):
            raise StreamDamaged(stream, seq, "the event is not as it was written")
        before = sum_
        events.append(Recorded(seq, at_ms, kind, data))
    return events

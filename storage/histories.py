"""Histories: numbered public rows that are told of a stream, and snapshots beside them. Reads only; knows rows, not what they say.

A history belongs to one stream name and one boundary (organisation, workspace, deployment). It is derived: what is lost can be told anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from storage.errors import Refused
from storage.records import Row

__all__ = ["EventIdTaken", "EventSeqTaken", "Histories", "History", "HistoryKey", "history_in"]

HistoryKey = tuple[str, str, str, str]
"""Stream, organisation, workspace, deployment (empty: none)."""

_HISTORY = "SELECT id, run, org, workspace, deployment, about, cursor, records, last_seq, foreign_rows FROM histories"
_ONE = f"{_HISTORY} WHERE run = ? AND org = ? AND workspace = ? AND deployment = ?"
_EVENTS = "SELECT seq, event_id, at_ms, body FROM history_events WHERE history = ? AND seq > ? AND seq < ?"
_SNAPSHOTS = "SELECT seq, snapshot_id, at_ms, body FROM history_snapshots WHERE history = ?"
_GROWN = """SELECT s.id, s.name, max(j.seq) FROM journal j JOIN streams s ON s.id = j.stream JOIN catalog c ON c.stream = s.id
    WHERE j.position > ? AND j.position <= ? AND c.kind = ? GROUP BY s.id"""
_BEHIND = """SELECT s.id, s.name FROM streams s JOIN catalog c ON c.stream = s.id WHERE s.id > ? AND c.kind = ? AND
    (SELECT max(seq) FROM journal WHERE stream = s.id) > coalesce((SELECT max(h.cursor) FROM histories h WHERE h.run = s.name), 0)
    ORDER BY s.id LIMIT ?"""
_KINDS = "SELECT j.seq, j.kind FROM journal j JOIN streams s ON s.id = j.stream WHERE s.name = ? AND j.seq >= ? ORDER BY j.seq"
_NOTED = """SELECT h.id, h.run FROM histories h JOIN streams s ON s.name = h.run JOIN catalog c ON c.stream = s.id
    WHERE h.id > ? AND h.last_seq = 0 AND h.cursor > 0 AND c.created_ms < ? ORDER BY h.id LIMIT ?"""
_LARGEST = 2**63 - 1


class EventIdTaken(Refused):
    """A history has used the id of an event: args (stream, id, number)."""

    code = "event_id_taken"

    def __str__(self) -> str:
        return f"the history of {self.args[0]} has the event {self.args[1]} already, as number {self.args[2]}; ids are never used twice"


class EventSeqTaken(Refused):
    """A history has given the number to another event: args (stream, id of that event, number)."""

    code = "event_seq_taken"

    def __str__(self) -> str:
        return f"the number {self.args[2]} in the history of {self.args[0]} is that of {self.args[1]}; numbers are never used twice"


@frozen
class History:
    """One history. `cursor` is up to where the stream is told, `records` how many records that were.

    `last_seq` is the highest number that was ever given, `foreign`: some rows came from elsewhere.
    """

    id: int
    key: HistoryKey
    about: bytes
    cursor: int
    records: int
    last_seq: int
    foreign: bool

    @property
    def noted(self) -> bool:
        """Whether it is only known how far it reaches: no number is given yet, and its rows are written when somebody asks."""
        return self.last_seq == 0 and self.cursor > 0 and not self.foreign


class Histories:
    """Reads on the reading connection."""

    def __init__(self, reader: Callable[[], sqlite3.Connection]) -> None:
        self._reader = reader

    def get(self, key: HistoryKey) -> History | None:
        """The history, or None if nothing was ever told."""
        return history_in(self._reader(), key)

    def of(self, stream: str) -> list[History]:
        """The histories of a stream, one for each boundary, in the order in which they began."""
        rows = self._reader().execute(f"{_HISTORY} WHERE run = ? ORDER BY id", (stream,)).fetchall()
        return [_history(row) for row in rows]

    def some(self, after: int, limit: int) -> list[History]:
        """Histories behind the one of that id, in their order."""
        rows = self._reader().execute(f"{_HISTORY} WHERE id > ? ORDER BY id LIMIT ?", (after, limit)).fetchall()
        return [_history(row) for row in rows]

    def events(self, history: int, *, after: int = 0, before: int | None = None, limit: int = 0, tail: bool = False) -> list[Row]:
        """Events with numbers above `after` and below `before`, ascending: the first `limit`, or with `tail` the last; 0: all."""
        order = "DESC" if tail else "ASC"
        sql = f"{_EVENTS} ORDER BY seq {order} LIMIT ?"
        rows = self._rows(sql, (history, after, _LARGEST if before is None else before, limit if limit > 0 else -1))
        return rows[::-1] if tail else rows

    def event(self, history: int, event_id: str) -> Row | None:
        """The event of that id."""
        sql = "SELECT seq, event_id, at_ms, body FROM history_events WHERE history = ? AND event_id = ?"
        return next(iter(self._rows(sql, (history, event_id))), None)

    def spent(self, history: int, event_id: str) -> int | None:
        """The number that a compacted event had."""
        row = self._reader().execute("SELECT seq FROM history_spent WHERE history = ? AND event_id = ?", (history, event_id)).fetchone()
        return row[0] if row else None

    def snapshots(self, history: int, limit: int = 0) -> list[Row]:
        """Snapshots in the order of their numbers, the last `limit` of them; 0: all."""
        return self._rows(f"{_SNAPSHOTS} ORDER BY seq DESC, rowid DESC LIMIT ?", (history, limit if limit > 0 else -1))[::-1]

    def snapshot(self, history: int, snapshot_id: str) -> Row | None:
        """The snapshot of that id."""
        return next(iter(self._rows(f"{_SNAPSHOTS} AND snapshot_id = ?", (history, snapshot_id))), None)

    def newest_snapshot(self, history: int, upto: int | None = None) -> Row | None:
        """The snapshot with the highest number, at most `upto`."""
        sql = f"{_SNAPSHOTS} AND seq <= ? ORDER BY seq DESC, rowid DESC LIMIT 1"
        return next(iter(self._rows(sql, (history, _LARGEST if upto is None else upto))), None)

    def pruned(self, history: int) -> set[str]:
        """Ids of snapshots that retention took away."""
        rows = self._reader().execute("SELECT snapshot_id FROM history_pruned WHERE history = ?", (history,)).fetchall()
        return {name for (name,) in rows}

    def damaged(self, history: int) -> list[Row]:
        """Snapshots that were set aside because nobody could read them."""
        return self._rows("SELECT seq, snapshot_id, at_ms, body FROM history_damaged WHERE history = ? ORDER BY seq", (history,))

    def grown(self, after: int, upto: int, kind: str) -> list[str]:
        """Streams of a kind that have events at positions above `after`, up to `upto`."""
        return [name for _, name, _ in self._reader().execute(_GROWN, (after, upto, kind)).fetchall()]

    def behind(self, after: int, kind: str, limit: int) -> list[tuple[int, str]]:
        """Streams of a kind that reach beyond what is told of them, behind the stream of number `after`: (number, name)."""
        return self._reader().execute(_BEHIND, (after, kind, limit)).fetchall()

    def kinds(self, stream: str, since: int) -> list[tuple[int, str]]:
        """Numbers and kinds of a stream's events from that number on."""
        return self._reader().execute(_KINDS, (stream, since)).fetchall()

    def noted(self, after: int, before_ms: int, limit: int) -> list[tuple[int, str]]:
        """Histories that are only noted, of streams made before that time, behind the history of number `after`: (number, stream)."""
        return self._reader().execute(_NOTED, (after, before_ms, limit)).fetchall()

    def _rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        return [Row(*row) for row in self._reader().execute(sql, values).fetchall()]


def history_in(connection: sqlite3.Connection, key: HistoryKey) -> History | None:
    """The history as that connection sees it."""
    row = connection.execute(_ONE, key).fetchone()
    return _history(row) if row else None


def _history(row: tuple[Any, ...]) -> History:
    id_, run, org, workspace, deployment, about, cursor, records, last_seq, foreign = row
    return History(id_, (run, org, workspace, deployment), about, cursor, records, last_seq, bool(foreign))

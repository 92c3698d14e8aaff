"""Headlines: one row per stream that lists, schedulers and reapers ask for. Reads only; written with the log by the batch."""

from __future__ import annotations

import builtins
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from storage.records import Headline

__all__ = ["Catalog"]

_ROWS = """SELECT s.name, c.kind, c.status, c.created_ms, c.updated_ms, c.grp, c.parent, c.due_ms, c.priority, c.title, c.facts
           FROM catalog c JOIN streams s ON s.id = c.stream"""
_NEWEST = "ORDER BY c.stream DESC LIMIT ?"
_PART = "SELECT id FROM (SELECT stream AS id FROM catalog WHERE kind = ? AND status = ? AND stream < ? ORDER BY stream DESC LIMIT ?)"
_STATUSES = """WITH RECURSIVE each(status) AS (
    SELECT min(status) FROM catalog WHERE kind = :kind
    UNION ALL SELECT (SELECT min(status) FROM catalog WHERE kind = :kind AND status > each.status) FROM each WHERE status IS NOT NULL)
    SELECT status FROM each WHERE status IS NOT NULL"""
_OLDEST = """SELECT s.name FROM keys k JOIN catalog c ON c.stream = k.stream JOIN streams s ON s.id = k.stream
           WHERE k.key = ? ORDER BY c.stream LIMIT 1"""
_BETWEEN = """SELECT k.key, s.name FROM keys k JOIN streams s ON s.id = k.stream
           WHERE k.key >= ? AND k.key < ? ORDER BY k.key, k.stream LIMIT ?"""
_PARENT = "JOIN streams ps ON ps.name = c.parent JOIN catalog p ON p.stream = ps.id"
_ABOVE_ALL = 2**63 - 1


class Catalog:
    """Reads headlines on the reading connection. Lists are newest stream first."""

    def __init__(self, reader: Callable[[], sqlite3.Connection]) -> None:
        self._reader = reader

    def get(self, stream: str) -> Headline | None:
        """The stream's headline, or None."""
        found = self._query(f"{_ROWS} WHERE s.name = ?", (stream,))
        return found[0] if found else None

    def list(
        self,
        kind: str | None = None,
        statuses: Sequence[str] = (),
        group: str | None = None,
        parent: str | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> list[Headline]:
        """Headlines that fit all filters, at most `limit`; the next page is `before` the last stream of this one."""
        end = self._id(before)
        if kind is not None and group is None and parent is None:
            # One walk along the index for each status, and a merge: whatever the table's size, no more than `limit` rows of each.
            parts = [(_PART, (kind, status, end, limit)) for status in statuses or self._statuses(kind)]
            if not parts:
                return []
            ids = " UNION ALL ".join(sql for sql, _ in parts)
            values = [value for _, bound in parts for value in bound]
            newest = f"SELECT id FROM ({ids}) ORDER BY id DESC LIMIT ?"  # noqa: S608  made of constants, the values are bound
            return self._query(f"{_ROWS} WHERE c.stream IN ({newest}) {_NEWEST}", (*values, limit, limit))
        where, values = _where(kind, statuses, group, parent)
        return self._query(f"{_ROWS}{_and(['c.stream < ?', *where])} {_NEWEST}", (end, *values, limit))

    def count(self, kind: str | None = None, statuses: Sequence[str] = (), group: str | None = None, parent: str | None = None) -> int:
        """How many headlines fit all filters."""
        where, values = _where(kind, statuses, group, parent)
        sql = f"SELECT count(*) FROM catalog c{_and(where)}"  # noqa: S608  the conditions are ours, the values are bound
        number: int = self._reader().execute(sql, values).fetchone()[0]
        return number

    def total(self, kind: str, fact: str, *, statuses: Sequence[str] = (), group: str | None = None) -> float:
        """The sum of a numeric fact over all headlines that fit; those without it count nothing."""
        where, values = _where(kind, statuses, group, None)
        sql = f"SELECT coalesce(sum(json_extract(CAST(c.facts AS TEXT), ?)), 0) FROM catalog c{_and(where)}"  # noqa: S608  as in `count`
        number: float = self._reader().execute(sql, (f"$.{fact}", *values)).fetchone()[0]
        return number

    def has(self, kind: str, statuses: Sequence[str], group: str) -> bool:
        """Whether a stream of that group, without a parent, is in one of these statuses. Looks at those in them, however many there are."""
        rows = "SELECT 1 FROM catalog c INDEXED BY catalog_status"
        where = f"c.kind = ? AND c.status IN ({', '.join('?' * len(statuses))}) AND c.grp = ? AND c.parent IS NULL"
        return self._reader().execute(f"{rows} WHERE {where} LIMIT 1", (kind, *statuses, group)).fetchone() is not None

    def found(self, key: str, limit: int = 100) -> builtins.list[Headline]:
        """The streams that are found under that key, oldest first."""
        rows = f"{_ROWS} JOIN keys k ON k.stream = c.stream"
        return self._query(f"{rows} WHERE k.key = ? ORDER BY c.stream LIMIT ?", (key, limit))

    def between(self, first: str, end: str, limit: int = 100) -> builtins.list[tuple[str, str]]:
        """The keys from `first` up to but not including `end`, in their order, each with its stream; nothing else is read."""
        return self._reader().execute(_BETWEEN, (first, end, limit)).fetchall()

    def oldest(self, key: str) -> str | None:
        """The stream that was made first of those that are found under that key, whatever the clock has said."""
        found = self._reader().execute(_OLDEST, (key,)).fetchone()
        return str(found[0]) if found else None

    def statuses(self, kind: str, statuses: Sequence[str]) -> dict[str, str]:
        """All streams of a kind that are in one of these statuses, each with its status; nothing else of them is read."""
        where, values = _where(kind, statuses, None, None)
        rows = f"SELECT s.name, c.status FROM catalog c JOIN streams s ON s.id = c.stream{_and(where)}"  # noqa: S608  as in `count`
        return dict(self._reader().execute(rows, values).fetchall())

    def due(self, now_ms: int, kind: str | None = None, statuses: Sequence[str] = (), limit: int = 100) -> builtins.list[Headline]:
        """What was due at `now_ms` or before and fits the filters, the longest overdue first."""
        where, values = _where(kind, statuses, None, None)
        rows = _ROWS.replace("catalog c", "catalog c INDEXED BY catalog_due")
        return self._query(f"{rows}{_and(['c.due_ms <= ?', *where])} ORDER BY c.due_ms, c.stream LIMIT ?", (now_ms, *values, limit))

    def next_due(self, kind: str | None = None, statuses: Sequence[str] = ()) -> Headline | None:
        """What is due first, now or later, or None."""
        where, values = _where(kind, statuses, None, None)
        rows = _ROWS.replace("catalog c", "catalog c INDEXED BY catalog_due")  # in the order of time until the first that fits
        found = self._query(f"{rows}{_and(['c.due_ms IS NOT NULL', *where])} ORDER BY c.due_ms, c.stream LIMIT 1", values)
        return found[0] if found else None

    def older(self, kind: str, statuses: Sequence[str], before_ms: int, limit: int = 100) -> builtins.list[Headline]:
        """Headlines last updated before `before_ms`, for retention; the oldest streams first."""
        where, values = _where(kind, statuses, None, None)
        sql = f"{_ROWS}{_and([*where, 'c.updated_ms < ?'])} ORDER BY c.stream LIMIT ?"
        return self._query(sql, (*values, before_ms, limit))

    def newer(self, kind: str, since_ms: int, limit: int = 100) -> builtins.list[Headline]:
        """Headlines last updated at `since_ms` or later; the newest streams first."""
        return self._query(f"{_ROWS} WHERE c.kind = ? AND c.updated_ms >= ? {_NEWEST}", (kind, since_ms, limit))

    def children(self, kind: str, group: str, created_before_ms: int, updated_since_ms: int) -> builtins.list[Headline]:
        """Headlines of that kind, of such times, whose parent is of the group."""
        where = "WHERE c.kind = ? AND c.created_ms < ? AND c.updated_ms >= ? AND p.grp = ?"
        return self._query(f"{_ROWS} {_PARENT} {where}", (kind, created_before_ms, updated_since_ms, group))

    def children_totals(self, kind: str, group: str, created_since_ms: int, facts: Sequence[str]) -> tuple[float, ...]:
        """The sums of numeric facts of all headlines of that kind, made at that time or later, whose parent is of the group."""
        sums = ", ".join(["coalesce(sum(json_extract(CAST(c.facts AS TEXT), ?)), 0)"] * len(facts))
        sql = f"SELECT {sums} FROM catalog c {_PARENT} WHERE c.kind = ? AND c.created_ms >= ? AND p.grp = ?"  # noqa: S608  as in `count`
        values = (*(f"$.{fact}" for fact in facts), kind, created_since_ms, group)
        return tuple(self._reader().execute(sql, values).fetchone())

    def _statuses(self, kind: str) -> builtins.list[str]:
        return [status for (status,) in self._reader().execute(_STATUSES, {"kind": kind}).fetchall()]

    def _id(self, stream: str | None) -> int:
        """The stream's number; that of no stream is above all."""
        if stream is None:
            return _ABOVE_ALL
        row = self._reader().execute("SELECT id FROM streams WHERE name = ?", (stream,)).fetchone()
        return row[0] if row else 0

    def _query(self, sql: str, values: Sequence[Any]) -> builtins.list[Headline]:
        return [_headline(row) for row in self._reader().execute(sql, values).fetchall()]


def _where(kind: str | None, statuses: Sequence[str], group: str | None, parent: str | None) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    values: list[Any] = []
    for column, value in (("kind", kind), ("grp", group), ("parent", parent)):
        if value is not None:
            where.append(f"c.{column} = ?")
            values.append(value)
    if statuses:
        where.append(f"c.status IN ({', '.join('?' * len(statuses))})")
        values.extend(statuses)
    return where, values


def _and(where: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(where)}" if where else ""


def _headline(row: tuple[Any, ...]) -> Headline:
    fields = [*row[:-1], orjson.loads(row[-1])]
    return Headline(*fields)

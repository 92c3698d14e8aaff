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
        where, values = _where(kind, statuses, group, parent)
        if before is not None:
            where.append("c.stream < (SELECT id FROM streams WHERE name = ?)")
            values.append(before)
        return self._query(f"{_ROWS}{_and(where)} ORDER BY c.stream DESC LIMIT ?", (*values, limit))

    def count(self, kind: str | None = None, statuses: Sequence[str] = (), group: str | None = None, parent: str | None = None) -> int:
        """How many headlines fit all filters."""
        where, values = _where(kind, statuses, group, parent)
        sql = f"SELECT count(*) FROM catalog c{_and(where)}"  # noqa: S608  the conditions are ours, the values are bound
        number: int = self._reader().execute(sql, values).fetchone()[0]
        return number

    def due(self, now_ms: int, limit: int = 100) -> builtins.list[Headline]:
        """What was due at `now_ms` or before, the longest overdue first."""
        return self._query(f"{_ROWS} WHERE c.due_ms <= ? ORDER BY c.due_ms, c.stream LIMIT ?", (now_ms, limit))

    def next_due(self, kind: str | None = None, statuses: Sequence[str] = ()) -> Headline | None:
        """What is due first, now or later, or None."""
        where, values = _where(kind, statuses, None, None)
        found = self._query(f"{_ROWS}{_and(['c.due_ms IS NOT NULL', *where])} ORDER BY c.due_ms, c.stream LIMIT 1", values)
        return found[0] if found else None

    def older(self, kind: str, statuses: Sequence[str], before_ms: int, limit: int = 100) -> builtins.list[Headline]:
        """Headlines last updated before `before_ms`, for retention; the oldest streams first."""
        where, values = _where(kind, statuses, None, None)
        sql = f"{_ROWS}{_and([*where, 'c.updated_ms < ?'])} ORDER BY c.stream LIMIT ?"
        return self._query(sql, (*values, before_ms, limit))

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

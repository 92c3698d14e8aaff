"""Is everything as we wrote it? The tail at every start, all of it on demand. Reads only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from attrs import frozen

from storage import audit
from storage.database import connect_to_verify
from storage.migrations import expected_schema, schema_of
from storage.sums import first_sum, fits, row_sum

__all__ = ["Damage", "Report", "verify_all", "verify_file", "verify_tail"]

_CHUNK = 5_000
_MOST_FINDINGS = 100
_FIELDS = "j.position, j.stream, j.seq, j.at_ms, j.kind, j.data, j.sum"
_TAIL = f"""SELECT {_FIELDS}, s.name, s.base_seq, s.base_sum, b.sum FROM (SELECT * FROM journal ORDER BY position DESC LIMIT ?) j
    LEFT JOIN streams s ON s.id = j.stream LEFT JOIN journal b ON b.stream = j.stream AND b.seq = j.seq - 1
    ORDER BY j.position"""  # noqa: S608  constants of this module
_PAGE = f"SELECT {_FIELDS} FROM journal j WHERE j.position > ? ORDER BY j.position LIMIT {_CHUNK}"  # noqa: S608  same
_BASE = "SELECT name, base_seq, base_sum FROM streams WHERE id = ?"
_SUMMED = {
    "catalog": "stream, kind, status, grp, parent, due_ms, priority, created_ms, updated_ms, title, facts, sum",
    "claims": "stream, claimant, epoch, until_ms, sum",
    "keys": "key, stream, sum",
    "receipts": "id, request_id, digest, reply, at_ms, stream, sum",
}
_Row = tuple[int, int, int, int, str, bytes, bytes]


@frozen
class Damage:
    """One thing that is not as it was written. `stream` is None when it is not known, or when it concerns all."""

    stream: str | None
    seq: int
    what: str


@frozen
class Report:
    """What was looked at, and what was wrong. `damage` holds at most 100 findings."""

    events: int
    streams: int
    entries: int
    damage: tuple[Damage, ...] = ()

    @property
    def ok(self) -> bool:
        """Nothing was wrong."""
        return not self.damage


class _Chains:
    """The chains of all streams seen so far."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._links: dict[int, tuple[int, bytes]] = {}
        self.events = 0

    @property
    def streams(self) -> int:
        return len(self._links)

    def check(self, rows: Iterable[_Row]) -> Iterator[Damage]:
        """Damage in rows that come in the order of their positions."""
        links = self._links
        for _, stream, seq, at_ms, kind, data, found in rows:
            link = links.get(stream)
            if link is None:
                link = self._before(stream, seq)
            if link[0] != seq - 1:
                yield Damage(self._name(stream), link[0] + 1, "the event is missing")
            elif not fits(link[1], seq, at_ms, kind, data, found):
                yield Damage(self._name(stream), seq, "the event is not as it was written")
            links[stream] = (seq, found)
            self.events += 1

    def _before(self, stream: int, seq: int) -> tuple[int, bytes]:
        name, base, base_sum = self._connection.execute(_BASE, (stream,)).fetchone() or (None, 0, None)
        if name is None:
            return -1, b""
        if seq == base + 1:
            return base, base_sum or first_sum(name)
        row = self._connection.execute("SELECT seq, sum FROM journal WHERE stream = ? AND seq = ?", (stream, seq - 1)).fetchone()
        return row or (base, b"")

    def _name(self, stream: int) -> str | None:
        row = self._connection.execute(_BASE, (stream,)).fetchone()
        return row[0] if row else None


def verify_tail(connection: sqlite3.Connection, events: int) -> list[Damage]:
    """Damage among the newest events of all streams. Raises sqlite3.DatabaseError where SQLite cannot read."""
    damage = []
    for _, _, seq, at_ms, kind, data, found, name, base, base_sum, before in connection.execute(_TAIL, (events,)).fetchall():
        if name is not None and before is None and seq == base + 1:
            before = base_sum or first_sum(name)  # noqa: PLW2901  the first event of a stream follows its name
        if name is None or before is None:
            damage.append(Damage(name, seq - 1, "the event is missing"))
        elif not fits(before, seq, at_ms, kind, data, found):
            damage.append(Damage(name, seq, "the event is not as it was written"))
    return damage


def verify_file(path: Path) -> Report:
    """The same for a file, through a connection of its own that cannot write."""
    with closing(connect_to_verify(path)) as connection:
        return verify_all(connection)


def verify_all(connection: sqlite3.Connection) -> Report:
    """Everything: SQLite's own structure, every chain, every summed row. Above 50,000 events a second."""
    chains = _Chains(connection)
    parts = [_structure(connection), chains.check(_pages(connection)), _audit(connection)]
    parts += [_rows(connection, table, columns) for table, columns in _SUMMED.items()]
    damage = [one for part in parts for one in islice(_readable(part), _MOST_FINDINGS)]
    (entries,) = connection.execute("SELECT count(*) FROM audit").fetchone()
    return Report(chains.events, chains.streams, entries, tuple(damage[:_MOST_FINDINGS]))


def _readable(part: Iterator[Damage]) -> Iterator[Damage]:
    """The findings of one part; that SQLite cannot read further is one of them."""
    try:
        yield from part
    except (sqlite3.DatabaseError, ValueError, TypeError) as error:
        yield Damage(None, 0, f"SQLite cannot read it ({error})")


def _structure(connection: sqlite3.Connection) -> Iterator[Damage]:
    for (text,) in connection.execute("PRAGMA integrity_check(20)"):
        if text != "ok":
            yield Damage(None, 0, text)
    if schema_of(connection) != expected_schema():
        yield Damage(None, 0, "the schema is not the one that our migrations make")


def _pages(connection: sqlite3.Connection) -> Iterator[_Row]:
    """All events in the order of their positions, a page at a time, so that the WAL is not pinned for long."""
    position = 0
    while rows := connection.execute(_PAGE, (position,)).fetchall():
        yield from rows
        position = rows[-1][0]


def _audit(connection: sqlite3.Connection) -> Iterator[Damage]:
    if (what := audit.broken(connection)) is not None:
        yield Damage(None, 0, what)


def _rows(connection: sqlite3.Connection, table: str, columns: str) -> Iterator[Damage]:
    for *row, found in connection.execute(f"SELECT {columns} FROM {table}"):  # noqa: S608  both are constants of this module
        if row_sum(row) != found:
            yield Damage(None, 0, f"row {row[0]} of {table} is not as it was written")

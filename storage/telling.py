"""Writing histories, as pieces of work for the writer: each is one part of its transaction, whole or not there, and may be repeated."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from attrs import frozen

from storage.batch import Batch
from storage.crashpoints import reach
from storage.histories import EventIdTaken, EventSeqTaken, HistoryKey, history_in

__all__ = [
    "Compacted", "NewRow", "Note", "Telling", "Told", "bring", "compact_rows", "forget_pruned", "note_all", "prune_rows",
    "set_aside", "tell", "tell_all",
]  # fmt: skip

_NEW = "INSERT INTO histories(run, org, workspace, deployment, about) VALUES (?, ?, ?, ?, ?)"
_EVENT = "INSERT INTO history_events(history, seq, event_id, at_ms, body) VALUES (?, ?, ?, ?, ?)"
_SNAPSHOT = "INSERT INTO history_snapshots(history, seq, snapshot_id, at_ms, body) VALUES (?, ?, ?, ?, ?)"
_USED = """SELECT event_id, seq FROM history_events WHERE history = ?1
    UNION ALL SELECT event_id, seq FROM history_spent WHERE history = ?1"""
_REWIND = "UPDATE histories SET cursor = ?, records = ?, last_seq = max(last_seq, ?), about = ? WHERE id = ?"
_MOVE = "UPDATE histories SET cursor = max(cursor, ?), records = max(records, ?), last_seq = max(last_seq, ?), about = ? WHERE id = ?"
_NOTE = """INSERT INTO histories(run, org, workspace, deployment, about, cursor, records) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET cursor = max(cursor, excluded.cursor), records = max(records, excluded.records)
    WHERE last_seq = 0 AND foreign_rows = 0"""
_BROUGHT = "UPDATE histories SET last_seq = ?, foreign_rows = max(foreign_rows, ?) WHERE id = ?"
_SPEND = "INSERT OR IGNORE INTO history_spent(history, event_id, seq) VALUES (?, ?, ?)"
_THERE = "SELECT snapshot_id FROM history_snapshots WHERE history = ?"
_KNOWN = "SELECT 1 FROM catalog c JOIN streams s ON s.id = c.stream WHERE s.name = ?"


@frozen
class NewRow:
    """One entry to be told: an event (`event` None: it is there, as number `seq`) and its snapshot (None: none is written)."""

    id: str
    at_ms: int
    event: bytes | None
    snapshot: bytes | None
    seq: int | None = None


@frozen
class Telling:
    """`rows` of one history in order, and up to where its stream is told with them: `cursor`, which is `records` records.

    `about` is what holds for all rows that do not say otherwise. `after` is where the stream was told up to when the rows were made;
    `rewinds`: the cursor is set back, too.
    """

    key: HistoryKey
    about: bytes
    rows: Sequence[NewRow]
    cursor: int
    records: int
    after: int = 0
    rewinds: bool = False


@frozen
class Note:
    """Up to where the stream can be told, which is `records` records: rows are written when somebody asks for them."""

    key: HistoryKey
    about: bytes
    cursor: int
    records: int


@frozen
class Told:
    """How many entries are new, wholly or in part. `gone`: the stream is not there any more, and nothing was written.

    `foreign`: something was there already that the rows were made without.
    """

    materialised: int
    gone: bool = False
    foreign: bool = False


@frozen
class Compacted:
    """Numbers of events that go from a history, the marker that takes their place, and all ids that it lists."""

    history: int
    gone: Sequence[int]
    marker: NewRow
    spent: Sequence[tuple[str, int]]


def tell_all(batch: Batch, tellings: Sequence[Telling]) -> list[Told]:
    """Tell of several streams at once."""
    return [tell(batch, telling) for telling in tellings]


def note_all(batch: Batch, notes: Sequence[Note]) -> None:
    """Move the cursors of histories that have no rows; one that has some is left to those who write them."""
    for note in notes:
        if batch.connection.execute(_KNOWN, (note.key[0],)).fetchone() is not None:
            reach("projection.between")
            batch.connection.execute(_NOTE, (*note.key, note.about, note.cursor, note.records))
            batch.touched = True


def tell(batch: Batch, telling: Telling) -> Told:
    """Write rows that come after all others, each at most once, and move the cursor."""
    connection = batch.connection
    if connection.execute(_KNOWN, (telling.key[0],)).fetchone() is None:
        return Told(0, gone=True)
    history, last, cursor, foreign_rows = _begin(connection, telling.key, telling.about)
    fresh = last == 0  # it was noted at most: from now on its rows say how far it is told
    # Who goes on where the history ends meets nothing that is there; anybody else looks at all of it first.
    behind = foreign_rows or (last > 0 and (telling.after == 0 or telling.after != cursor))
    used = dict(connection.execute(_USED, (history,)).fetchall()) if behind else {}
    there = {name for (name,) in connection.execute(_THERE, (history,)).fetchall()} if behind else set()
    count, foreign = 0, False
    events, snapshots = [], []
    for row in telling.rows:
        seq, new = row.seq, False
        if seq is None:
            seq = used.get(row.id)
            if seq is None:
                assert row.event is not None
                last += 1
                seq, new, used[row.id] = last, True, last
                events.append((history, seq, row.id, row.at_ms, row.event))
            else:
                foreign = True
        if row.snapshot is not None and row.id not in there:
            there.add(row.id)
            snapshots.append((history, seq, row.id, row.at_ms, row.snapshot))
            new = True
        count += new
    connection.executemany(_EVENT, events)
    reach("projection.between")
    connection.executemany(_SNAPSHOT, snapshots)
    connection.execute(_REWIND if telling.rewinds or fresh else _MOVE, (telling.cursor, telling.records, last, telling.about, history))
    batch.touched = True
    return Told(count, foreign=foreign)


def _begin(connection: sqlite3.Connection, key: HistoryKey, about: bytes) -> tuple[int, int, int, bool]:
    """The history's number, its last number, its cursor, and whether it has rows from elsewhere."""
    found = history_in(connection, key)
    if found is not None:
        return found.id, found.last_seq, found.cursor, found.foreign
    return int(connection.execute(_NEW, (*key, about)).lastrowid or 0), 0, 0, False


def bring(
    batch: Batch, key: HistoryKey, about: bytes, events: Sequence[tuple[int, NewRow]], snapshots: Sequence[tuple[int, NewRow]],
    spent: Sequence[tuple[str, int]] = (), *, once: bool = True,
) -> int:  # fmt: skip
    """Write rows from elsewhere with the numbers that they have; how many are new.

    Raises EventSeqTaken where another event has the number, and EventIdTaken where the id is used; with `once` a row that is there
    under its own number and id is left as it is.
    """
    connection = batch.connection
    found = history_in(connection, key)
    new = _fitting(connection, found.id if found is not None else 0, key[0], events, once=once)
    history, last, _, _ = _begin(connection, key, about)
    connection.executemany(_EVENT, [(history, seq, row.id, row.at_ms, row.event) for seq, row in new])
    there = {name for (name,) in connection.execute(_THERE, (history,)).fetchall()}
    kept = [(seq, row) for seq, row in snapshots if row.id not in there and not there.add(row.id)]  # type: ignore[func-returns-value]  # add() is the "else"
    reach("projection.between")
    connection.executemany(_SNAPSHOT, [(history, seq, row.id, row.at_ms, row.snapshot) for seq, row in kept])
    connection.executemany(_SPEND, [(history, *one) for one in spent])
    last, count = max([last, *(seq for seq, _ in new), *(seq for _, seq in spent)]), len(new) + len(kept)
    connection.execute(_BROUGHT, (last, count > 0, history))
    batch.touched = True
    return count


def _fitting(
    connection: sqlite3.Connection, history: int, stream: str, events: Iterable[tuple[int, NewRow]], *, once: bool
) -> list[tuple[int, NewRow]]:
    """Those that are not there yet; looked at as a whole before anything is written."""
    used: dict[str, int] = dict(connection.execute(_USED, (history,)).fetchall())
    taken = {seq: name for name, seq in used.items()}
    new = []
    for seq, row in events:
        known = used.get(row.id)
        if known is not None and once and known == seq:
            continue
        if known is not None:
            raise EventIdTaken(stream, row.id, known)
        if seq in taken:
            raise EventSeqTaken(stream, taken[seq], seq)
        new.append((seq, row))
        used[row.id], taken[seq] = seq, row.id
    return new


def set_aside(batch: Batch, history: int, snapshot_ids: Sequence[str]) -> None:
    """Take snapshots away that nobody can read, and keep their bytes. The stream is told from its beginning then."""
    for name in snapshot_ids:
        where = (history, name)
        batch.connection.execute(
            "INSERT INTO history_damaged SELECT history, seq, snapshot_id, at_ms, body FROM history_snapshots "
            "WHERE history = ? AND snapshot_id = ?", where
        )  # fmt: skip
        batch.connection.execute("DELETE FROM history_snapshots WHERE history = ? AND snapshot_id = ?", where)
    _from_zero(batch, history)


def forget_pruned(batch: Batch, history: int) -> None:
    """Snapshots that retention took away may be written again: the stream is told from its beginning."""
    batch.connection.execute("DELETE FROM history_pruned WHERE history = ?", (history,))
    _from_zero(batch, history)


def _from_zero(batch: Batch, history: int) -> None:
    """Whatever happens now, the next one who looks goes over all of it."""
    batch.connection.execute("UPDATE histories SET cursor = 0, records = 0 WHERE id = ?", (history,))
    batch.touched = True


def compact_rows(batch: Batch, made: Sequence[Compacted]) -> None:
    """Put a marker in the place of each group of old events; their ids and numbers stay used."""
    run = batch.connection
    for one in made:
        run.executemany("DELETE FROM history_events WHERE history = ? AND seq = ?", [(one.history, seq) for seq in one.gone])
        run.executemany(_SPEND, [(one.history, *item) for item in one.spent])
        reach("projection.compacting")
        run.execute(_EVENT, (one.history, one.marker.seq, one.marker.id, one.marker.at_ms, one.marker.event))
    batch.touched = batch.touched or bool(made)


def prune_rows(batch: Batch, history: int, gone: Sequence[tuple[int, str]]) -> None:
    """Take snapshots (number, id) away, and remember that they are not to come back by themselves."""
    run = batch.connection.executemany
    run("DELETE FROM history_snapshots WHERE history = ? AND seq = ? AND snapshot_id = ?", [(history, *one) for one in gone])
    run("INSERT OR IGNORE INTO history_pruned(history, snapshot_id) VALUES (?, ?)", [(history, name) for _, name in gone])
    batch.touched = True

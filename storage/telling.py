"""Writing histories, as pieces of work for the writer: each is one part of its transaction, whole or not there, and may be repeated."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from attrs import frozen

from storage.batch import Batch
from storage.crashpoints import reach
from storage.histories import EventIdTaken, EventSeqTaken, HistoryKey, history_in

__all__ = [
    "Compacted",
    "NewRow",
    "Telling",
    "Told",
    "bring",
    "compact_rows",
    "drop_histories",
    "forget_pruned",
    "prune_rows",
    "set_aside",
    "tell",
    "tell_all",
]

_NEW = "INSERT INTO histories(run, org, workspace, deployment, about) VALUES (?, ?, ?, ?, ?)"
_EVENT = "INSERT INTO history_events(history, seq, event_id, at_ms, body) VALUES (?, ?, ?, ?, ?)"
_SNAPSHOT = "INSERT INTO history_snapshots(history, seq, snapshot_id, at_ms, body) VALUES (?, ?, ?, ?, ?)"
_USED = """SELECT seq FROM history_events WHERE history = ?1 AND event_id = ?2
    UNION ALL SELECT seq FROM history_spent WHERE history = ?1 AND event_id = ?2 LIMIT 1"""
_TAKEN = """SELECT event_id FROM history_events WHERE history = ?1 AND seq = ?2
    UNION ALL SELECT event_id FROM history_spent WHERE history = ?1 AND seq = ?2 LIMIT 1"""
_REWIND = "UPDATE histories SET cursor = ?, records = ?, last_seq = max(last_seq, ?), about = ? WHERE id = ?"
_MOVE = "UPDATE histories SET cursor = max(cursor, ?), records = max(records, ?), last_seq = max(last_seq, ?), about = ? WHERE id = ?"
_SPEND = "INSERT OR IGNORE INTO history_spent(history, event_id, seq) VALUES (?, ?, ?)"
_THERE = "SELECT 1 FROM history_snapshots WHERE history = ? AND snapshot_id = ?"
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

    `about` is what holds for all rows that do not say otherwise. `rewinds`: the cursor is set to that, also where it was further already.
    """

    key: HistoryKey
    about: bytes
    rows: Sequence[NewRow]
    cursor: int
    records: int
    rewinds: bool = False


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


def tell(batch: Batch, telling: Telling) -> Told:
    """Write rows that come after all others, each at most once, and move the cursor."""
    connection = batch.connection
    if connection.execute(_KNOWN, (telling.key[0],)).fetchone() is None:
        return Told(0, gone=True)
    history_id, last = _begin(connection, telling.key, telling.about)
    count, foreign = 0, False
    events, snapshots = [], []
    mine: dict[str, tuple[int]] = {}
    for row in telling.rows:
        seq, new = row.seq, False
        if seq is None:
            assert row.event is not None
            used = mine.get(row.id) or connection.execute(_USED, (history_id, row.id)).fetchone()
            if used is None:
                last += 1
                seq, new, mine[row.id] = last, True, (last,)
                events.append((history_id, seq, row.id, row.at_ms, row.event))
            else:
                seq, foreign = used[0], True
        if row.snapshot is not None and (new or connection.execute(_THERE, (history_id, row.id)).fetchone() is None):
            snapshots.append((history_id, seq, row.id, row.at_ms, row.snapshot))
            new = True
        count += new
    connection.executemany(_EVENT, events)
    reach("projection.between")
    connection.executemany(_SNAPSHOT, snapshots)
    connection.execute(_REWIND if telling.rewinds else _MOVE, (telling.cursor, telling.records, last, telling.about, history_id))
    batch.touched = True
    return Told(count, foreign=foreign)


def _begin(connection: sqlite3.Connection, key: HistoryKey, about: bytes) -> tuple[int, int]:
    found = history_in(connection, key)
    if found is not None:
        return found.id, found.last_seq
    return int(connection.execute(_NEW, (*key, about)).lastrowid or 0), 0


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
    history_id, last = _begin(connection, key, about)
    connection.executemany(_EVENT, [(history_id, seq, row.id, row.at_ms, row.event) for seq, row in new])
    count = len(new)
    for seq, row in snapshots:
        if connection.execute(_THERE, (history_id, row.id)).fetchone() is None:
            connection.execute(_SNAPSHOT, (history_id, seq, row.id, row.at_ms, row.snapshot))
            count += 1
    reach("projection.between")
    connection.executemany(_SPEND, [(history_id, *one) for one in spent])
    last = max([last, *(seq for seq, _ in new), *(seq for _, seq in spent)])
    connection.execute("UPDATE histories SET last_seq = ?, foreign_rows = max(foreign_rows, ?) WHERE id = ?", (last, count > 0, history_id))
    batch.touched = True
    return count


def _fitting(
    connection: sqlite3.Connection, history: int, stream: str, events: Iterable[tuple[int, NewRow]], *, once: bool
) -> list[tuple[int, NewRow]]:
    """Those that are not there yet; looked at as a whole before anything is written."""
    new: dict[int, NewRow] = {}
    ids: dict[str, int] = {}
    for seq, row in events:
        used = ids.get(row.id) or next(iter(connection.execute(_USED, (history, row.id)).fetchone() or ()), None)
        if used is not None and once and used == seq:
            continue
        if used is not None:
            raise EventIdTaken(stream, row.id, used)
        taken = new[seq].id if seq in new else next(iter(connection.execute(_TAKEN, (history, seq)).fetchone() or ()), None)
        if taken is not None:
            raise EventSeqTaken(stream, taken, seq)
        new[seq], ids[row.id] = row, seq
    return list(new.items())


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


def drop_histories(connection: sqlite3.Connection, stream: str) -> None:
    """Everything that was told of a stream goes, in the transaction in which the rest of it goes."""
    for (history,) in connection.execute("SELECT id FROM histories WHERE run = ?", (stream,)).fetchall():
        for table in ("events", "snapshots", "spent", "pruned", "damaged"):
            connection.execute(f"DELETE FROM history_{table} WHERE history = ?", (history,))  # noqa: S608  one of five words of ours
    connection.execute("DELETE FROM histories WHERE run = ?", (stream,))

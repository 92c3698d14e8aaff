"""The schema as a list of named, append-only steps. A step and the record that it ran are one transaction.

A released step is never edited. `unknown` and `pending` only read, so a newer database is refused without a write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Protocol

__all__ = ["APPLICATION_ID", "NAMES", "expected_schema", "migrate", "missing", "pending", "plausible", "schema_of", "unknown", "upgrade"]

APPLICATION_ID = 0x50535430  # "PST0"
_SET = "storage"
_RECORD = """INSERT INTO _sqlite_migrations(migration_set, name, applied_at)
    VALUES (?, ?, strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now'))"""
_MEMORY = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE streams(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    base_seq INTEGER NOT NULL DEFAULT 0,    -- events up to here were purged
    base_sum BLOB                           -- and this is the sum of the last of them
) STRICT;
CREATE TABLE journal(
    position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL, data BLOB NOT NULL, sum BLOB NOT NULL,
    UNIQUE(stream, seq)
) STRICT;
CREATE TABLE catalog(
    stream INTEGER PRIMARY KEY, kind TEXT NOT NULL, status TEXT NOT NULL, grp TEXT, parent TEXT, due_ms INTEGER,
    priority INTEGER NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, title TEXT, facts BLOB NOT NULL, sum BLOB NOT NULL
) STRICT;
CREATE INDEX catalog_status ON catalog(kind, status);
CREATE INDEX catalog_group ON catalog(grp) WHERE grp IS NOT NULL;
CREATE INDEX catalog_parent ON catalog(parent) WHERE parent IS NOT NULL;
CREATE INDEX catalog_due ON catalog(due_ms) WHERE due_ms IS NOT NULL;
CREATE TABLE claims(
    stream INTEGER PRIMARY KEY, claimant TEXT, epoch INTEGER NOT NULL, until_ms INTEGER NOT NULL, sum BLOB NOT NULL
) STRICT;
CREATE INDEX claims_claimant ON claims(claimant) WHERE claimant IS NOT NULL;
CREATE TABLE receipts(
    id INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, digest BLOB NOT NULL, reply BLOB NOT NULL,
    at_ms INTEGER NOT NULL, stream INTEGER, sum BLOB NOT NULL
) STRICT;
CREATE TABLE audit(
    seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
    detail BLOB NOT NULL, result TEXT NOT NULL, hash BLOB NOT NULL
) STRICT;
"""
_KEYS = """
CREATE TABLE keys(key TEXT NOT NULL, stream INTEGER NOT NULL, sum BLOB NOT NULL, PRIMARY KEY(key, stream)) STRICT, WITHOUT ROWID;
CREATE INDEX keys_stream ON keys(stream);
"""

_HISTORIES = """
CREATE TABLE histories(
    id INTEGER PRIMARY KEY, run TEXT NOT NULL, org TEXT NOT NULL, workspace TEXT NOT NULL, deployment TEXT NOT NULL,
    about BLOB NOT NULL,                    -- what holds for all rows that do not say otherwise
    cursor INTEGER NOT NULL DEFAULT 0,      -- the log is told up to this seq
    records INTEGER NOT NULL DEFAULT 0,     -- that is so many records
    last_seq INTEGER NOT NULL DEFAULT 0,    -- the highest number that was ever given
    foreign_rows INTEGER NOT NULL DEFAULT 0, -- whether some of them came from elsewhere
    UNIQUE(run, org, workspace, deployment)
) STRICT;
CREATE TABLE history_events(
    history INTEGER NOT NULL, seq INTEGER NOT NULL, event_id TEXT NOT NULL, at_ms INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE(history, seq)
) STRICT;
CREATE TABLE history_snapshots(
    history INTEGER NOT NULL, seq INTEGER NOT NULL, snapshot_id TEXT NOT NULL, at_ms INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX history_snapshot_seqs ON history_snapshots(history, seq);
CREATE TABLE history_spent(
    history INTEGER NOT NULL, event_id TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(history, event_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE history_pruned(history INTEGER NOT NULL, snapshot_id TEXT NOT NULL, PRIMARY KEY(history, snapshot_id)) STRICT, WITHOUT ROWID;
CREATE TABLE history_damaged(
    history INTEGER NOT NULL, seq INTEGER NOT NULL, snapshot_id TEXT NOT NULL, at_ms INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
"""
_HISTORY_TABLES = ("histories", "history_events", "history_snapshots", "history_spent", "history_pruned", "history_damaged")


class _Runs(Protocol):
    """What a step needs: a connection, or sqlite-utils' Database."""

    def execute(self, sql: str, /) -> object: ...


def _script(sql: str) -> Callable[[_Runs], object]:
    def step(db: _Runs) -> None:
        for statement in sql.split(";\n"):
            if statement.strip():
                db.execute(statement)

    return step


_STEPS: dict[str, Callable[[_Runs], object]] = {
    "m0001_memory": _script(_MEMORY),
    "m0002_keys": _script(_KEYS),
    "m0003_histories": _script(_HISTORIES),
}
_TABLES = {
    "m0001_memory": ("meta", "streams", "journal", "catalog", "claims", "receipts", "audit"),
    "m0002_keys": ("keys",),
    "m0003_histories": _HISTORY_TABLES,
}
NAMES = tuple(_STEPS)


def unknown(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Names of steps that a newer version applied. Reads only."""
    return tuple(name for name in _applied(connection) if name not in _STEPS)


def plausible(connection: sqlite3.Connection) -> bool:
    """Whether the recorded steps are the first ones of ours, in order, at least one, and no later one has left its tables. Reads only."""
    applied = tuple(_applied(connection))
    later = {table for step in NAMES[len(applied) :] for table in _TABLES.get(step, ())}
    return bool(applied) and applied == NAMES[: len(applied)] and not later & _tables(connection)


def missing(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Names of tables that the applied steps made and that are not there. Reads only."""
    there = _tables(connection)
    return tuple(name for step in _applied(connection) for name in _TABLES.get(step, ()) if name not in there)


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def pending(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Names of the steps still to be applied. Reads only."""
    applied = set(_applied(connection))
    return tuple(name for name in NAMES if name not in applied)


def migrate(connection: sqlite3.Connection) -> None:
    """Apply what is pending, each step in a transaction of its own; killed in between, the next start goes on."""
    if not pending(connection):
        return
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        _found(connection)
    else:
        upgrade(connection)


def upgrade(connection: sqlite3.Connection) -> None:
    """Let sqlite-utils apply what is pending. Its import costs 30 ms, so neither an ordinary start nor the first one comes here."""
    from sqlite_utils import Database, Migrations  # noqa: PLC0415  see above

    steps = Migrations(_SET)
    for name, step in _STEPS.items():
        steps(name=name)(step)  # type: ignore[type-var]  # it wants a __name__, and is given the name beside
    steps.apply(Database(connection, recursive_triggers=False, execute_plugins=False))


def _found(connection: sqlite3.Connection) -> None:
    """All steps and their records in one transaction, for a database that holds nothing: as `upgrade` would."""
    run = connection.execute
    run("BEGIN IMMEDIATE")
    try:
        run(f"PRAGMA application_id = {APPLICATION_ID}")
        run("CREATE TABLE _sqlite_migrations(id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT)")
        run("CREATE UNIQUE INDEX idx__sqlite_migrations_migration_set_name ON _sqlite_migrations(migration_set, name)")
        for name, step in _STEPS.items():
            step(connection)
            run(_RECORD, (_SET, name))
        run("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def schema_of(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Everything that is defined in the database, as SQL. Reads only."""
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name")
    return rows.fetchall()


def expected_schema() -> list[tuple[str, ...]]:
    """What `schema_of` says of a database that all steps were applied to."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh)
        return schema_of(fresh)


def _applied(connection: sqlite3.Connection) -> list[str]:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()
    if known is None:
        return []
    rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id", (_SET,))
    return [name for (name,) in rows.fetchall()]

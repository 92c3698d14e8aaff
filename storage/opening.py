"""The way in: folder, lock, files, a look that only reads, and then writing. A refusal before that point has changed no byte.

Order: permissions, file system, lock, anchor, schema, anchor against log, tail, what the caller must be sure of. Only then is the
database opened for writing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from attrs import frozen

from storage.anchor import Anchor, Mark
from storage.clock import Clock
from storage.database import Database, code_of, connect, connect_to_verify
from storage.errors import FolderRefused, LogTruncated, SchemaTooNew, StoreDamaged
from storage.faults import of_os_error, translate
from storage.folder import check_file, check_filesystem, secure_folder
from storage.founding import found
from storage.heads import read_mark
from storage.limits import Limits
from storage.lock import FolderLock
from storage.migrations import APPLICATION_ID, migrate, missing, plausible, unknown
from storage.patience import is_busy, until_unlocked
from storage.rollback import accept
from storage.verify import Damage, verify_tail

__all__ = ["Opened", "open_folder"]

_FILES = ("penstock.lock", "penstock.anchor", "penstock.db", "penstock.db-wal", "penstock.db-shm", "penstock.db-journal")


@frozen
class Opened:
    """An open memory. `damage` names streams whose newest events are not as they were written; the others are sound."""

    lock: FolderLock
    anchor: Anchor
    database: Database
    damage: tuple[Damage, ...]


def open_folder(folder: Path, limits: Limits, clock: Clock, *, accept_rollback: bool, before: Callable[[], None] = lambda: None) -> Opened:
    """Open or create the memory in `folder`. Raises an OpenRefused, or what `before` raises, and then nothing was written."""
    secure_folder(folder)
    check_filesystem(folder)
    for name in _FILES:
        check_file(folder / name)
    lock = FolderLock(folder)
    try:
        return _open(folder, lock, limits, clock, accept_rollback=accept_rollback, before=before)
    except BaseException:
        lock.close()
        raise


def _open(
    folder: Path, lock: FolderLock, limits: Limits, clock: Clock, *, accept_rollback: bool, before: Callable[[], None]
) -> Opened:  # fmt: skip
    path = folder / "penstock.db"
    anchor = Anchor(folder)
    rolled_back = False
    try:
        damage = until_unlocked(lambda: _look(path, anchor.read(), limits), limits.busy_ms)
    except (LogTruncated, StoreDamaged):
        if not accept_rollback:
            raise
        rolled_back = True
        damage = _look(path, None, limits)
    before()
    lock.sign()
    database = Database(path, wal=limits.wal)
    try:
        until_unlocked(lambda: _prepare(database), limits.busy_ms)
        if rolled_back:
            accept(database, anchor.mark, limits, clock.now_ms())
        anchor.start(read_mark(database.writer))
    except sqlite3.DatabaseError as error:
        database.close()
        if code_of(error) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise StoreDamaged(path, f"SQLite cannot read it ({error})") from error
        if code_of(error) & 0xFF == sqlite3.SQLITE_READONLY:
            raise FolderRefused(path, "cannot be written: its mode or its header forbids it") from error
        raise translate(error, folder, limits.busy_ms) from error
    except OSError as error:
        database.close()
        raise of_os_error(error, folder) from error
    except BaseException:
        database.close()
        raise
    return Opened(lock, anchor, database, tuple(damage))


def _look(path: Path, kept: Mark | None, limits: Limits) -> list[Damage]:
    """Everything that may refuse the start, through a connection that cannot write."""
    if _absent(path):
        if kept is not None and kept.position > 0:
            raise LogTruncated(1, kept.position, "the database is gone or empty")
        return []
    try:
        _finish_conversion(path)
        with closing(connect_to_verify(path)) as connection:
            return _look_inside(path, connection, kept, limits)
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise
        if code_of(error) == 0:
            raise StoreDamaged(path, str(error)) from error
        raise FolderRefused(path, f"cannot be opened by SQLite: {error}") from error
    except (sqlite3.DatabaseError, ValueError, TypeError) as error:  # rotten rows come with any types and any bytes
        raise StoreDamaged(path, f"SQLite cannot read it ({error})") from error


def _absent(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


def _finish_conversion(path: Path) -> None:
    """A rollback journal beside the file: the first start of a restored backup was cut short. Let SQLite undo what it had begun."""
    if path.with_name(f"{path.name}-journal").exists():
        with closing(connect(path, "rw")) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _look_inside(path: Path, connection: sqlite3.Connection, kept: Mark | None, limits: Limits) -> list[Damage]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise StoreDamaged(path, f"it is no database of Penstock (application id {application})")
    if names := unknown(connection):
        raise SchemaTooNew(path, names)
    if not plausible(connection):
        raise StoreDamaged(path, "its record of migrations does not fit its tables")
    if lacking := missing(connection):
        raise StoreDamaged(path, f"its tables {', '.join(lacking)} are gone")
    log = read_mark(connection)
    if not log.store:
        raise StoreDamaged(path, "it has no identity")
    if kept is not None:
        _compare(path, connection, kept, log)
    return verify_tail(connection, limits.verify_tail)


def _compare(path: Path, connection: sqlite3.Connection, kept: Mark, log: Mark) -> None:
    if log.store != kept.store:
        raise StoreDamaged(path, "it belongs to another store than the anchor beside it")
    if log.generation > kept.generation:
        return  # a loss was accepted, and the start that accepted it did not live to move the anchor
    if log.position < kept.position:
        raise LogTruncated(log.position + 1, kept.position, "it ends before its anchor (cut, or an older copy was restored)")
    if log.generation < kept.generation or log.audit < kept.audit or log.receipt < kept.receipt:
        raise LogTruncated(log.position, kept.position, "audit entries or receipts are missing (an older copy was restored)")
    row = connection.execute("SELECT sum FROM journal WHERE position = ?", (kept.position,)).fetchone()
    entry = connection.execute("SELECT hash FROM audit WHERE seq = ?", (kept.audit,)).fetchone()
    # A row that is gone while later ones exist was purged, which is itself recorded.
    if (row and row[0] != kept.sum) or (entry and entry[0] != kept.audit_hash):
        raise StoreDamaged(path, f"what stands at position {kept.position} is not what was acknowledged")


def _prepare(database: Database) -> None:
    database.close()
    if _absent(database.path):
        found(database.path)
    database.open()
    migrate(database.writer)
    database.extend_wal()
    database.connect_reader()

"""The two connections to one database file: one that writes, one that reads. Knows SQLite's settings, not what is stored.

Nothing here opens the database file itself: closing such a descriptor would drop SQLite's POSIX locks.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Literal

from storage.errors import StoreFailed, UnsafeSettings

__all__ = ["Database", "code_of", "connect", "connect_to_verify"]

_NEEDED = {"journal_mode": "wal", "synchronous": 2, "auto_vacuum": 2}
_CHECKPOINT_AT = 200  # pages; a commit of ordinary size then still fits into the pages written ahead


class Database:
    """Opens and configures both connections; `lost()` says whether they still write where the path leads."""

    def __init__(self, path: Path, *, wal: int) -> None:
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self.path = path
        self._wal_limit = wal
        self._name, self._wal_name = str(path), f"{path}-wal"
        self._mine: tuple[int, int, int] = (0, 0, 0)
        self._wal_mine: tuple[int, int, int] = (0, 0, 0)
        self.size = self.wal_size = 0

    @property
    def writer(self) -> sqlite3.Connection:
        """The connection that writes. Raises StoreFailed when the database is closed."""
        if self._writer is None:
            raise StoreFailed("the database is closed", False)
        return self._writer

    def reader(self) -> sqlite3.Connection:
        """The connection that reads. Raises StoreFailed when the database is closed."""
        if self._reader is None:
            raise StoreFailed("the database is closed", False)
        return self._reader

    def open(self) -> None:
        """Open the existing file for writing. Raises UnsafeSettings if SQLite does not take a setting."""
        self._writer = connect(self.path, "rw")
        self._configure()

    def connect_reader(self) -> None:
        """Open the reading connection, and remember which files both now work on."""
        self._reader = connect(self.path, "rw")
        self._reader.execute("PRAGMA query_only = ON")
        self._reader.execute("SELECT 1 FROM sqlite_master").fetchone()
        found, wal = os.stat(self._name), os.stat(self._wal_name)  # noqa: PTH116  the same call as in lost()
        self.size, self.wal_size = found.st_size, wal.st_size
        self._mine = (found.st_dev, found.st_ino, 1)
        self._wal_mine = (wal.st_dev, wal.st_ino, 1)

    def _configure(self) -> None:
        run = self.writer.execute
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run("PRAGMA temp_store = MEMORY")
        run(f"PRAGMA journal_size_limit = {self._wal_limit}")
        run(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_AT}")
        self.assert_safe()

    def assert_safe(self) -> None:
        """Refuse to go on if commits would not be durable."""
        for setting, wanted in _NEEDED.items():
            found = self.writer.execute(f"PRAGMA {setting}").fetchone()[0]
            if found != wanted:
                raise UnsafeSettings(setting, wanted, found)

    def extend_wal(self) -> None:
        """Write the WAL ahead once, so that a later commit's sync overwrites blocks instead of allocating them.

        The same page again and again fills frames without growing the database. Without syncs, which is harmless: everything of
        value was checkpointed before, and the checkpoint at the end is synced again.
        """
        run = self.writer.execute
        run("PRAGMA wal_checkpoint(RESTART)").fetchone()
        if os.stat(self._wal_name).st_size >= self._wal_limit:  # noqa: PTH116  as in lost()
            return
        run("PRAGMA synchronous = OFF")
        run("PRAGMA wal_autocheckpoint = 0")
        try:
            for n in range(self._wal_limit // 4_120 + 1):
                run("INSERT OR REPLACE INTO meta(key, value) VALUES ('extended', ?)", (n,))
        finally:
            run("PRAGMA synchronous = FULL")
            run(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_AT}")
        run("PRAGMA wal_checkpoint(RESTART)").fetchone()
        self.assert_safe()

    def lost(self) -> str | None:
        """Why what is written now would not be found again, or None. Two `stat` calls: cheap enough for every commit."""
        try:
            found, wal = os.stat(self._name), os.stat(self._wal_name)  # noqa: PTH116  on the commit path: a third of the time of Path.stat
        except FileNotFoundError as error:
            return f"{error.filename} was removed while in use"
        self.size, self.wal_size = found.st_size, wal.st_size
        if (found.st_dev, found.st_ino, found.st_nlink) != self._mine:
            return f"{self._name} was replaced or linked while in use"
        if (wal.st_dev, wal.st_ino, wal.st_nlink) != self._wal_mine:
            return f"{self._wal_name} was replaced or linked while in use"
        return None

    def wal_is_gone(self) -> bool:
        """Whether the database file is ours but no WAL stands beside it any more, neither ours nor another."""
        try:
            found = os.stat(self._name)  # noqa: PTH116  as in lost()
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino, found.st_nlink) == self._mine and not os.path.lexists(self._wal_name)

    def reopen(self) -> None:
        """Close both and open them anew: what is found then is what the files hold, not what this process believed."""
        if reason := self.lost():
            raise StoreFailed(reason, None)
        self.close()
        self.open()
        self.connect_reader()

    def leave(self) -> None:
        """Let go without closing: SQLite would delete the WAL at our path, and it is not ours any more."""
        import ctypes  # noqa: PLC0415  only after the files were taken away

        for connection in (self._reader, self._writer):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))  # never deallocated, so never closed
        self._reader = self._writer = None

    @property
    def is_open(self) -> bool:
        return self._writer is not None

    def close(self) -> None:
        """Close both; the last one to close writes the WAL back into the database."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
        self._reader = self._writer = None


def code_of(error: BaseException) -> int:
    """SQLite's extended result code; 0 if the error is Python's own (text that does not decode) or another's."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code


def connect(path: Path, mode: Literal["ro", "rw", "rwc", "ro&immutable=1"]) -> sqlite3.Connection:
    """A connection without implicit transactions that may be used from any one thread at a time and never waits for a lock."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False, timeout=0, cached_statements=256
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def connect_to_verify(path: Path) -> sqlite3.Connection:
    """A connection that cannot write and takes text of any bytes: one rotten row must not keep the others from being looked at."""
    # Without a WAL beside it a mere look would make one, and leave it there.
    connection = connect(path, "ro" if path.with_name(f"{path.name}-wal").exists() else "ro&immutable=1")
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return connection

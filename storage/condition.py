"""The state of the disk below us: is there room, is it writable, is that COMMIT there or not. Blocks its thread where it must look."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from storage.batch import Batch
from storage.clock import Clock
from storage.database import Database, code_of
from storage.errors import StorageError, StorageFull, StoreFailed, Unavailable
from storage.faults import translate, write_trial
from storage.limits import Limits

__all__ = ["Condition"]

_LOOK_EVERY_MS = 1_000
_MIB = 1 << 20


class Condition:
    """Looks at most once a second, and whenever something failed."""

    def __init__(self, folder: Path, database: Database, limits: Limits, clock: Clock) -> None:
        self._folder = folder
        self._database = database
        self._limits = limits
        self._clock = clock
        self._looked_ms: int | None = None
        self._free = 0

    def check(self) -> None:
        """Raises StorageFull for a disk that is nearly full, or a WAL that cannot shrink."""
        now_ms = self._clock.now_ms()
        if self._looked_ms is None or abs(now_ms - self._looked_ms) >= _LOOK_EVERY_MS:
            self._looked_ms = now_ms
            if (fault := self._look()) is not None:
                raise fault

    def _look(self) -> StorageError | None:
        found = os.statvfs(self._folder)
        self._free = found.f_bavail * found.f_frsize
        if self._free < self._limits.free_hard:
            return StorageFull(
                f"{self._folder} has {self._free / _MIB:.1f} MiB left, {self._limits.free_hard / _MIB:.1f} MiB are the least"
            )
        if self._database.wal_size > self._limits.wal_hard:
            return StorageFull(f"the WAL has {self._database.wal_size // _MIB} MiB: another process has been reading for too long")
        return None

    def translate(self, error: BaseException) -> BaseException:
        """The error for waiters whose transaction was certainly not recorded; what is no Exception stays what it is."""
        return translate(error, self._folder, self._limits.busy_ms) if isinstance(error, Exception) else error

    def trial(self) -> StorageError | None:
        """Whether writing works: None, or why not."""
        try:
            fault = self._look() or write_trial(self._folder, self._database.wal_size)
            if fault is None:
                self.write_something()
        except (sqlite3.Error, OSError) as error:
            return translate(error, self._folder, self._limits.busy_ms)
        return fault

    def write_something(self) -> None:
        """A transaction of no meaning."""
        run = self._database.writer.execute
        run("BEGIN IMMEDIATE")
        run("INSERT OR REPLACE INTO meta(key, value) VALUES ('trial', 1)")
        run("COMMIT")

    def recorded(self, batch: Batch, error: BaseException) -> bool:
        """After a COMMIT with an I/O error: whether the batch is there, read from files opened anew. Raises StoreFailed if nobody can tell.

        A no is final, for another transaction was written over the doubtful one. Raises Unavailable where the cause is known (no room,
        read-only): then the write that would have completed the transaction is the one that failed.
        """
        failed = StoreFailed(f"a COMMIT failed ({error}); whether it is recorded shows when the store is opened again", None)
        code = code_of(error)
        if code == sqlite3.SQLITE_IOERR_WRITE and isinstance(cause := write_trial(self._folder, self._database.wal_size), Unavailable):
            raise cause from error
        # After a failed sync the kernel forgets what it could not write: nothing read back now proves anything.
        if code in {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC} or batch.last is None:
            raise failed from error
        position, sum_ = batch.last
        try:
            self._database.reopen()
            row = self._database.writer.execute("SELECT sum FROM journal WHERE position = ?", (position,)).fetchone()
        except (sqlite3.Error, StorageError, OSError) as again:
            raise failed from again
        if (fault := self.trial()) is not None:
            raise failed from fault
        return row is not None and row[0] == sum_

    def info(self) -> dict[str, Any]:
        """Sizes in bytes, and warnings in words."""
        wal, free, limits = self._database.wal_size, self._free, self._limits
        warnings = []
        if wal > limits.wal_warn:
            warnings.append(f"the WAL has {wal // _MIB} MiB: another process has been reading for a long time")
        if self._looked_ms is not None and free < limits.free_warn:
            warnings.append(f"only {free // _MIB} MiB are free")
        return {"db_bytes": self._database.size, "wal_bytes": wal, "free_bytes": free, "warnings": warnings}

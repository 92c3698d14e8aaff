"""The writing side, one database transaction at a time: begin, stage, commit, conclude. Synchronous; the store decides where it runs.

A transaction counts as recorded only when `conclude` has returned: after the COMMIT, with the files still where the path leads.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from storage.anchor import Anchor
from storage.batch import Batch
from storage.clock import Clock
from storage.crashpoints import reach
from storage.database import Database
from storage.errors import Refused, StorageError, StorageFull, StoreFailed
from storage.faults import translate, write_trial
from storage.heads import Heads
from storage.limits import Limits
from storage.pace import Pace
from storage.patience import until_unlocked
from storage.records import Transaction

__all__ = ["Work", "Writer"]

Work = Transaction | Callable[[Batch], Any]
_LOOK_EVERY_MS = 1_000


class Writer:
    """Owns the writing connection. One task uses it; a COMMIT may run in another thread meanwhile, but then nothing else does."""

    def __init__(self, folder: Path, database: Database, anchor: Anchor, limits: Limits, clock: Clock) -> None:
        self.database = database
        self.anchor = anchor
        self.pace = Pace()
        self.heads = Heads(limits.streams_cached)
        self._folder = folder
        self._limits = limits
        self._clock = clock
        self._looked_ms = -_LOOK_EVERY_MS
        self.free = 0

    def begin(self) -> None:
        """Start a transaction at once; raises sqlite3.OperationalError if another process holds the lock."""
        self.database.writer.execute("BEGIN IMMEDIATE")

    def begin_patiently(self) -> None:
        """Start a transaction, waiting for another process to finish its own. Raises StorageBusy."""
        until_unlocked(self.begin, self._limits.busy_ms)

    def stage(self, works: Sequence[Work]) -> tuple[Batch, list[Any]]:
        """Put the works into the transaction; one result or Refused for each. Any other error calls for `abandon`."""
        heads, connection = self.heads, self.database.writer
        heads.refresh(connection)
        batch = Batch(connection, heads, largest_event=self._limits.event)
        results: list[Any] = []
        for work in works:
            try:
                results.append(batch.stage(work) if type(work) is Transaction else work(batch))  # type: ignore[operator]  # the other member
            except Refused as refused:
                results.append(refused)
        batch.flush()
        return batch, results

    def commit(self) -> None:
        """The one call that waits for the disk."""
        reach("commit.before")
        self.pace.time(self._commit)
        reach("commit.after")

    def _commit(self) -> None:
        self.database.writer.execute("COMMIT")

    def conclude(self) -> None:
        """Move the anchor, after a look whether the files are still ours. Raises StoreFailed, and then nothing may be acknowledged."""
        if reason := self.database.lost():
            self._rescue()
            raise StoreFailed(reason, None)
        self.anchor.write(self.heads.mark())

    def abandon(self) -> None:
        """Undo the transaction, if SQLite has not done so already."""
        self.heads.forget()
        with contextlib.suppress(sqlite3.Error):
            if self.database.writer.in_transaction:
                self.database.writer.execute("ROLLBACK")

    def _rescue(self) -> None:
        """The WAL was unlinked but nobody made another: bring what it holds into the database, so that nothing acknowledged is lost."""
        if not self.database.wal_is_gone():
            return
        with contextlib.suppress(sqlite3.Error):
            self.database.writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def applied(self, batch: Batch) -> bool:
        """After a COMMIT that failed with an I/O error: open anew and see whether the batch is there. Raises StoreFailed if that fails."""
        self.heads.forget()
        if batch.last is None:
            raise StoreFailed("a COMMIT failed, and its transaction left nothing by which it could be found again", None)
        try:
            self.database.reopen()
            position, sum_ = batch.last
            row = self.database.writer.execute("SELECT sum FROM journal WHERE position = ?", (position,)).fetchone()
            self._trial_transaction()
        except (sqlite3.Error, StorageError, OSError) as error:
            raise StoreFailed(f"a COMMIT failed, and the database cannot be opened again: {error}", None) from error
        return row is not None and row[0] == sum_

    def room(self) -> StorageError | None:
        """Why nothing more should be accepted, looked at once a second: a disk that is nearly full, a WAL that cannot shrink."""
        now_ms = self._clock.now_ms()
        if abs(now_ms - self._looked_ms) < _LOOK_EVERY_MS:
            return None
        self._looked_ms = now_ms
        return self.look()

    def look(self) -> StorageError | None:
        """The same look, now."""
        found = os.statvfs(self._folder)
        self.free = found.f_bavail * found.f_frsize
        if self.free < self._limits.free_hard:
            return StorageFull(f"{self.free >> 20} MiB are free in {self._folder}, {self._limits.free_hard >> 20} MiB are the least")
        if self.database.wal_size > self._limits.wal_hard:
            return StorageFull(f"the WAL has {self.database.wal_size >> 20} MiB: another process has been reading for too long")
        return None

    def trial(self) -> StorageError | None:
        """Whether writing works again: None, or why not."""
        try:
            fault = self.look() or write_trial(self._folder, self.database.wal_size)
            if fault is None:
                self._trial_transaction()
        except (sqlite3.Error, OSError) as error:
            self.abandon()
            return translate(error, self._folder, 0)
        return fault

    def _trial_transaction(self) -> None:
        run = self.database.writer.execute
        run("BEGIN IMMEDIATE")
        run("INSERT OR REPLACE INTO meta(key, value) VALUES ('trial', 1)")
        run("COMMIT")

    def close(self) -> None:
        """Write the last anchor durably and close the connections."""
        self.abandon()
        if self.database.lost() is None:
            self.database.close()
        else:
            self.database.leave()
        self.anchor.sync()
        self.anchor.close()

"""The writing side, one database transaction at a time: begin, stage, commit, conclude. Synchronous; the store decides where it runs.

A transaction counts as recorded only when `conclude` has returned: after the COMMIT, with the files still where the path leads.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from storage.anchor import Anchor
from storage.batch import Batch
from storage.condition import Condition
from storage.crashpoints import reach
from storage.database import Database
from storage.errors import Refused, StorageError, StorageFaltered, StoreFailed
from storage.faults import Spoiled, is_data_fault, leaves_doubt
from storage.heads import Heads
from storage.limits import Limits
from storage.pace import Pace
from storage.patience import is_busy, until_unlocked
from storage.records import Transaction
from storage.scrubbing import Scrub
from storage.upkeep import vacuum_some

__all__ = ["Work", "Writer"]

Work = Transaction | Callable[[Batch], Any]


class Writer:
    """Owns the writing connection. One task uses it; a COMMIT may run in another thread meanwhile, but then nothing else does."""

    def __init__(self, database: Database, anchor: Anchor, condition: Condition, limits: Limits, scrub: Scrub | None = None) -> None:
        self.database = database
        self.pace = Pace()
        self._anchor = anchor
        self._condition = condition
        self._heads = Heads(limits.streams_cached)
        self._limits = limits
        self._scrub = scrub

    def begin(self) -> bool:
        """Start a transaction at once; False if another process holds the lock. Raises Unavailable or StoreFailed."""
        self._condition.check()
        try:
            self.database.writer.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if is_busy(error):
                return False
            raise self._condition.translate(error) from error
        return True

    def begin_patiently(self) -> None:
        """Start a transaction, waiting for another process to finish its own. Raises StorageBusy."""
        until_unlocked(lambda: self.database.writer.execute("BEGIN IMMEDIATE"), self._limits.busy_ms)

    def stage(self, works: Sequence[Work]) -> tuple[Batch, list[Any]]:
        """Put the works into the transaction; one result or Refused for each.

        Raises Spoiled if the values of one of them cannot be written, else Unavailable or StoreFailed; then nothing is in.
        """
        heads, connection = self._heads, self.database.writer
        results: list[Any] = []
        try:
            heads.refresh(connection)
            batch = Batch(connection, heads, largest_event=self._limits.event, scrub=self._scrub)
            for work in works:
                try:
                    results.append(batch.stage(work) if isinstance(work, Transaction) else work(batch))
                except Refused as refused:
                    results.append(refused)
            batch.flush()
        except BaseException as error:
            self.abandon()
            if is_data_fault(error):
                raise Spoiled(f"{type(error).__name__}: {error}") from error
            raise self._condition.translate(error) from error
        return batch, results

    def commit(self) -> None:
        """The one call that waits for the disk."""
        reach("commit.before")
        self.pace.time(self._commit)
        reach("commit.after")

    def measure(self) -> None:
        """See how long a COMMIT takes here, before the first one that somebody waits for."""
        self.pace.time(self._condition.write_something, counted=False)

    def _commit(self) -> None:
        self.database.writer.execute("COMMIT")

    def conclude(self) -> None:
        """Move the anchor, after a look whether the files are still ours. Raises StoreFailed, and then nothing may be acknowledged."""
        if reason := self.database.lost():
            self._rescue()
            raise StoreFailed(reason, None)
        self._anchor.write(self._heads.mark())

    def abandon(self) -> None:
        """Undo the transaction, if SQLite has not done so already."""
        self._heads.forget()
        with contextlib.suppress(sqlite3.Error):
            if self.database.writer.in_transaction:
                self.database.writer.execute("ROLLBACK")

    def resolve(self, batch: Batch, error: Exception) -> None:
        """A COMMIT failed. Returns if its facts are recorded all the same; raises for the waiters if they are not, or if nobody knows."""
        if not leaves_doubt(error):
            self.abandon()
            raise self._condition.translate(error) from error
        self.abandon()
        if not self._condition.recorded(batch, error):
            raise StorageFaltered(str(error)) from error
        self._heads.refresh(self.database.writer)

    def _rescue(self) -> None:
        """The WAL was unlinked and nobody made another: bring what it holds into the database, so that nothing acknowledged is lost."""
        if self.database.wal_is_gone():
            with contextlib.suppress(sqlite3.Error):
                self.database.writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def trial(self) -> StorageError | None:
        """Whether writing works again: None, or why not."""
        fault = self._condition.trial()
        if fault is not None:
            self.abandon()
        return fault

    def checkpoint(self) -> int:
        """Bring the WAL into the database and make the anchor durable; how many pages are left because somebody reads."""
        try:
            _, pages, done = self.database.writer.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        except sqlite3.Error as error:
            raise self._condition.translate(error) from error
        self._anchor.sync()
        left: int = pages - done
        return left

    def vacuum(self, pages: int) -> int:
        """Give at most `pages` free pages back to the file system; how many it were."""
        try:
            return vacuum_some(self.database.writer, pages)
        except sqlite3.Error as error:
            raise self._condition.translate(error) from error

    def info(self) -> dict[str, Any]:
        """What is known about the writing side without asking the disk much."""
        mark = self._anchor.mark
        pace = {
            "commits": self.pace.commits,
            "commit_ms": round(self.pace.mean_s * 1e3, 3),
            "slowest_ms": round(self.pace.worst_s * 1e3, 3),
        }
        head = {"position": mark.position, "audit": mark.audit, "generation": mark.generation, "store": mark.store.hex()} if mark else {}
        return {**pace, **head, **self._condition.info()}

    def close(self) -> None:
        """Write the last anchor durably and close the connections; a second call does nothing."""
        if not self.database.is_open:
            return
        self.abandon()
        if self.database.lost() is None:
            self.database.close()
        else:
            self.database.leave()
        self._anchor.close()

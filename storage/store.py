"""The memory's one async door: many tasks commit, one writer groups what they bring into one durable transaction.

The database is written by `serve` alone; everything that reads is synchronous and sees every acknowledged commit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import trio

from storage.audit import Audit
from storage.backup import Backup, back_up
from storage.batch import Batch
from storage.blobs import Blobs
from storage.catalog import Catalog
from storage.claims import Claims, renew
from storage.clock import Clock
from storage.condition import Condition
from storage.contents import Collected, Collector
from storage.errors import StoreFailed
from storage.histories import Histories
from storage.journal import Journal
from storage.limits import Limits
from storage.opening import Opened, open_folder
from storage.pace import BOUNDS_S
from storage.receipts import Receipts
from storage.records import Committed, Transaction
from storage.scrubbing import Scrub
from storage.serving import Serving
from storage.upkeep import Upkeep, forget_receipts, note_collected, purge_some
from storage.verify import Report, verify_file
from storage.waiting import Aside
from storage.writer import Writer

__all__ = ["Store"]

T = TypeVar("T")


class Store:
    """One open folder. Use as a context manager; run `serve` in a task, then commit from any task.

    `journal`, `catalog`, `claims`, `receipts`, `audit`, `histories` and `blobs` read. `damage` lists streams found damaged at the
    start; reading them raises StreamDamaged, all others are sound.
    """

    def __init__(
        self, folder: Path, opened: Opened, limits: Limits, clock: Clock, *, inline: bool | None, scrub: Scrub | None = None
    ) -> None:
        self.folder = folder
        self.damage = opened.damage
        self.limits = limits
        self._clock = clock
        self._inline = inline
        self._opened = opened
        condition = Condition(folder, opened.database, limits, clock)
        self._writer = Writer(opened.database, opened.anchor, condition, limits, scrub)
        self._writer.measure()
        self._serving = Serving(self._writer, limits, inline=inline)
        self._readers = trio.CapacityLimiter(2)
        reader = opened.database.reader
        self.journal, self.catalog, self.claims = Journal(reader), Catalog(reader), Claims(reader)
        self.histories = Histories(reader)
        self.receipts, self.audit, self.blobs = Receipts(reader, self._serving.assert_sound), Audit(reader), Blobs(folder / "blobs")
        self.look_at_the_clock()
        self._collector = Collector(opened.database.path, self.blobs, limits.contents_ms)
        self._copies = 0

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        clock: Clock,
        inline: bool | None = None,
        limits: Limits | None = None,
        accept_rollback: bool = False,
        before: Callable[[], None] = lambda: None,
        scrub: Scrub | None = None,
    ) -> Self:
        """Open the folder, or make it. Raises an OpenRefused (nothing was written), or Unavailable.

        `inline` True never uses a thread (for tests under a mock clock), False always does for commits, None measures.
        `accept_rollback` goes on with a log that ends before its anchor, under a new generation. `before` is called under the lock, when
        the folder is found sound and before anything is written; what it raises ends the opening. `scrub` takes out of all
        texts that are recorded what must not stand there; contents are stored as they come, since their digests name them.
        """
        bounds = limits or Limits()
        opened = open_folder(folder, bounds, clock, accept_rollback=accept_rollback, before=before)
        return cls(folder, opened, bounds, clock, inline=inline, scrub=scrub)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder; a second call does nothing. What was not acknowledged by now is not recorded."""
        self._serving.fail(StoreFailed("the store is closed", False))
        self._writer.close()
        self._opened.lock.close()

    def info(self) -> dict[str, Any]:
        """Sizes in bytes, times in milliseconds, counters, and warnings in words: what a status line or a metric wants."""
        fault = self._serving.fault
        mode = "thread" if self._serving.threaded else "inline"
        state = {"writable": self.writable, "fault": fault.code if fault else None, "waiting": self._serving.waiting, "mode": mode}
        return {**state, **self._writer.info()}

    def commit_times(self) -> tuple[Sequence[float], Sequence[int], float]:
        """Bounds in seconds, how many commits took at most each of them and more than the one before (the last: longer), and their sum."""
        pace = self._writer.pace
        return BOUNDS_S, tuple(pace.counts), pace.total_s

    # Committing ----------------------------------------------------------

    async def commit(self, transaction: Transaction) -> Committed:
        """Record all of it or nothing; returns when it is durable.

        Raises VersionConflict, ClaimLost, ReceiptExists, RequestConflict, BadTransaction (nothing recorded), StorageFull,
        StorageReadOnly, StorageBusy (nothing recorded, try later) or StoreFailed (see its `applied`). Cancelled means not recorded.
        """
        return await self._serving.submit(transaction)  # type: ignore[no-any-return]  # a Transaction is answered with a Committed

    async def work(self, job: Callable[[Batch], T]) -> T:
        """Have the writer do a piece of work of `telling` as one part of its next transaction; its result, when that is durable."""
        result: T = await self._serving.submit(job)
        return result

    async def renew(self, claimant: str, lease_ms: int) -> int:
        """Move the lease of every claim that `claimant` holds to `lease_ms` from now; how many there are."""
        renewed: int = await self._serving.submit(partial(renew, claimant=claimant, until_ms=self._clock.now_ms() + lease_ms))
        return renewed

    async def put_blob(self, data: bytes) -> str:
        """Store a content; its SHA-256 in hex, when it is durable. Raises Unavailable."""
        self.look_at_the_clock()
        return await self.aside(partial(self.blobs.put, data))

    def look_at_the_clock(self) -> None:
        """Contents that are put from now on count as written now. For whoever puts them in a thread, and every turn of `collect`."""
        self.blobs.now_ms = self._clock.now_ms()

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """The single writer: runs until cancelled, or until it must stop (StoreFailed). Its end fails all who wait."""
        await self._serving.serve(task_status=task_status)

    @property
    def writable(self) -> bool:
        """Whether a commit may succeed now."""
        return self._serving.writable

    def assert_sound(self) -> None:
        """Raises StoreFailed if the store has stopped for good."""
        self._serving.assert_sound()

    async def wait_writable(self) -> None:
        """Return when commits are accepted (again); raises StoreFailed when they never will be."""
        await self._serving.wait_writable()

    # Upkeep --------------------------------------------------------------

    async def purge(self, stream: str, *, upto: int | None = None) -> None:
        """Remove a stream's events up to seq `upto`, or all with its headline and claim. Raises ClaimLost while somebody holds it."""
        while await self._serving.submit(partial(purge_some, stream=stream, upto=upto, at_ms=self._clock.now_ms())):
            pass

    async def upkeep(self, *, ended: Sequence[str] = (), pages: int = 1_000) -> Upkeep:
        """One bounded round: forget receipts that are old and whose stream has `ended`, give pages back, checkpoint, sync the anchor.

        The newest `Limits.receipts` receipts stay, however old the clock calls them.
        """
        before_ms = self._clock.now_ms() - self.limits.receipts_ms
        receipts = await self._serving.submit(
            partial(forget_receipts, before_ms=before_ms, ended=ended, newest=self.limits.receipts, most=pages)
        )
        freed = await self._serving.submit(Aside(partial(self._writer.vacuum, pages)))
        left = await self._serving.submit(Aside(self._writer.checkpoint))
        return Upkeep(receipts, freed, left)

    async def collect(self, rows: int = 100_000) -> Collected | None:
        """One bounded step towards removing contents that no log names any more; what was removed, once a round is over.

        Nothing is removed while a backup is made, or while nothing can be written: who has stored something may not have named it yet.
        """
        self.look_at_the_clock()
        if self._copies or not self.writable:
            self._collector.forget()
            return None
        try:
            done = await self.aside(partial(self._collector.step, self._clock.now_ms(), rows))
        except (sqlite3.DatabaseError, OSError):  # what cannot be read, or taken away, stays; `verify` says what is wrong
            self._collector.forget()
            return None
        if done is not None:
            await self._serving.submit(partial(note_collected, done=done, at_ms=self._clock.now_ms()))
        return done

    async def backup(self, target: Path) -> Backup:
        """Copy everything to `target` while work goes on. Raises FileExistsError, StoreDamaged, OSError."""
        self._copies += 1  # nothing that the copy of the log names may go before it is copied, too
        try:
            return await self.aside(partial(back_up, self._opened.database.path, self.blobs, target, self.limits.verify_tail))
        finally:
            self._copies -= 1

    async def verify(self) -> Report:
        """Look at everything, while work goes on."""
        return await self.aside(partial(verify_file, self._opened.database.path))

    async def aside(self, work: Callable[[], T]) -> T:
        """Do work that waits for the disk but not for the writer: in a thread, or at once where the store is `inline`."""
        if self._inline:
            await trio.lowlevel.checkpoint()
            return work()
        return await trio.to_thread.run_sync(work, limiter=self._readers)

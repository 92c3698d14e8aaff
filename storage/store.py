"""The memory's one async door: many tasks commit, one writer groups what they bring into one durable transaction.

The database is touched by `serve` alone; everything that reads is synchronous and sees every acknowledged commit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import outcome
import trio
from trio.lowlevel import Abort, RaiseCancelT, current_task, reschedule, wait_task_rescheduled

from storage.audit import Audit
from storage.batch import Batch
from storage.blobs import Blobs
from storage.catalog import Catalog
from storage.claims import Claims, renew
from storage.clock import Clock
from storage.errors import BadTransaction, Refused, StorageError, StorageFull, StorageReadOnly, StoreFailed
from storage.faults import is_data_fault, leaves_doubt, translate
from storage.journal import Journal
from storage.limits import Limits
from storage.opening import Opened, open_folder
from storage.patience import is_busy
from storage.receipts import Receipts
from storage.records import Committed, Transaction
from storage.writer import Work, Writer

__all__ = ["Store"]

T = TypeVar("T")
_PROBE_S = (0.1, 5.0)


class _Waiter:
    """One task and what it wants written. Until it is taken it can be cancelled without a trace; after that it gets its answer."""

    __slots__ = ("taken", "task", "work")

    def __init__(self, work: Work, task: trio.lowlevel.Task) -> None:
        self.work, self.task, self.taken = work, task, False

    def abort(self, _: RaiseCancelT) -> Abort:
        if self.taken:
            return Abort.FAILED
        self.taken = True
        return Abort.SUCCEEDED


class Store:
    """One open folder. Use as a context manager; run `serve` in a task, then commit from any task.

    `journal`, `catalog`, `claims`, `receipts`, `audit` and `blobs` read. `damage` lists streams found damaged at the start; reading
    them raises StreamDamaged, all others are sound.
    """

    def __init__(self, folder: Path, opened: Opened, limits: Limits, clock: Clock, *, inline: bool | None) -> None:
        self.folder = folder
        self.damage = opened.damage
        self.limits = limits
        self._clock = clock
        self._inline = inline
        self._lock = opened.lock
        self._writer = Writer(folder, opened.database, opened.anchor, limits, clock)
        self._pending: deque[_Waiter] = deque()
        self._sleeper: trio.lowlevel.Task | None = None
        self._serving = False
        self._fault: StorageError | None = None
        self._changed = trio.Event()
        self._room = trio.Event()
        self._limiter = trio.CapacityLimiter(1)
        reader = partial(getattr, opened.database, "reader")
        self.journal, self.catalog, self.claims = Journal(reader), Catalog(reader), Claims(reader)
        self.receipts, self.audit, self.blobs = Receipts(reader), Audit(reader), Blobs(folder / "blobs")

    @classmethod
    def open(
        cls, folder: Path, *, clock: Clock, inline: bool | None = None, limits: Limits | None = None, accept_rollback: bool = False
    ) -> Self:
        """Open the folder, or make it. Raises an OpenRefused (nothing written) or StorageBusy.

        `inline` True never uses a thread (for tests under a mock clock), False always does for commits, None measures.
        `accept_rollback` goes on with a log that ends before its anchor, under a new generation.
        """
        bounds = limits or Limits()
        opened = open_folder(folder, bounds, accept_rollback=accept_rollback)
        return cls(folder, opened, bounds, clock, inline=inline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder. What was not acknowledged by now is not recorded."""
        self._fail(StoreFailed("the store is closed", False))
        self._writer.close()
        self._lock.close()

    # -- committing ---------------------------------------------------------

    async def commit(self, transaction: Transaction) -> Committed:
        """Record all of it or nothing; returns when it is durable.

        Raises VersionConflict, ClaimLost, ReceiptExists, RequestConflict, BadTransaction (nothing recorded), StorageFull,
        StorageReadOnly, StorageBusy (nothing recorded, try later) or StoreFailed (see its `applied`). Cancelled means not recorded.
        """
        committed: Committed = await self._submit(transaction)
        return committed

    async def renew(self, claimant: str, lease_ms: int) -> int:
        """Move the lease of every claim that `claimant` holds to `lease_ms` from now; how many there are."""
        until_ms = self._clock.now_ms() + lease_ms

        def work(batch: Batch) -> int:
            count = renew(batch.connection, claimant, until_ms)
            batch.touched = batch.touched or count > 0
            return count

        renewed: int = await self._submit(work)
        return renewed

    async def _submit(self, work: Work) -> Any:
        while self._fault is None and self._serving and len(self._pending) >= self.limits.pending:
            await self._room.wait()
        if self._fault is not None:
            raise self._fault.again()
        if not self._serving:
            raise StoreFailed("nobody serves the store", False)
        waiter = _Waiter(work, current_task())
        self._pending.append(waiter)
        if self._sleeper is not None:
            sleeper, self._sleeper = self._sleeper, None
            reschedule(sleeper)
        return await wait_task_rescheduled(waiter.abort)

    # -- serving ------------------------------------------------------------

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """The single writer: runs until cancelled, or until it must stop (StoreFailed). Its end fails all who wait."""
        if isinstance(self._fault, StoreFailed):
            raise self._fault.again()
        self._serving = True
        task_status.started()
        try:
            while True:
                if self._fault is not None:
                    await self._until_writable()
                if not self._pending:
                    await self._sleep()
                # Every task that can run now may add to this batch.
                await trio.lowlevel.checkpoint()
                await self._turn(self._take())
        finally:
            self._serving = False
            self._answer_pending(StoreFailed("the writer stopped", False))

    async def _sleep(self) -> None:
        def abort(_: RaiseCancelT) -> Abort:
            self._sleeper = None
            return Abort.SUCCEEDED

        self._sleeper = current_task()
        await wait_task_rescheduled(abort)

    def _take(self) -> list[_Waiter]:
        taken: list[_Waiter] = []
        pending, most = self._pending, self.limits.batch
        while pending and len(taken) < most:
            waiter = pending.popleft()
            if not waiter.taken:
                waiter.taken = True
                taken.append(waiter)
        self._room.set()
        self._room = trio.Event()
        return taken

    async def _turn(self, waiters: list[_Waiter]) -> None:
        """One database transaction for all of them, and their answers."""
        if not waiters:
            return
        try:
            results = await self._write([waiter.work for waiter in waiters])
        except StorageError as error:
            for waiter in waiters:
                reschedule(waiter.task, outcome.Error(error.again()))
            if isinstance(error, StoreFailed):
                self._fail(error)
                raise
            if isinstance(error, (StorageFull, StorageReadOnly)):
                self._suspend(error)
            return
        for waiter, result in zip(waiters, results, strict=True):
            reschedule(waiter.task, outcome.Error(result) if isinstance(result, Refused) else outcome.Value(result))

    async def _write(self, works: list[Work]) -> list[Any]:
        writer = self._writer
        if (fault := writer.room()) is not None:
            raise fault
        try:
            await self._begin()
            batch, results = writer.stage(works)
        except Exception as error:
            writer.abandon()
            if not is_data_fault(error):
                raise translate(error, self.folder, self.limits.busy_ms) from error
            if len(works) == 1:
                return [BadTransaction(f"{type(error).__name__}: {error}")]
            # The values of one transaction are to blame: each alone, so that only that one fails.
            return [result for work in works for result in await self._write([work])]
        if batch.empty:
            writer.abandon()
            return results
        try:
            await self._apart(writer.commit)
        except Exception as error:  # noqa: BLE001  every failure of a COMMIT is looked into
            await self._resolve(batch, error)
        writer.conclude()
        return results

    async def _begin(self) -> None:
        try:
            self._writer.begin()
        except Exception as error:
            if not is_busy(error):
                raise
            await self._apart(self._writer.begin_patiently, always=True)

    async def _resolve(self, batch: Batch, error: Exception) -> None:
        """A COMMIT failed. Returns if its facts are recorded all the same; raises for the waiters if they are certainly not."""
        writer = self._writer
        if not leaves_doubt(error):
            writer.abandon()
            raise translate(error, self.folder, self.limits.busy_ms) from error
        if not await self._apart(partial(writer.applied, batch), always=True):
            raise translate(error, self.folder, self.limits.busy_ms) from error

    async def _apart(self, work: Callable[[], T], *, always: bool = False) -> T:
        """Run work that waits for the disk: in a thread where that pays (or `always`), but never when pinned inline."""
        if self._inline or (self._inline is None and not always and not self._writer.pace.threaded):
            return work()
        scope = trio.CancelScope(shield=True)
        with scope:
            result = await trio.to_thread.run_sync(work, limiter=self._limiter)
        return result  # noqa: RET504  for the type checker a scope may end early, this shielded one never does

    # -- faults -------------------------------------------------------------

    @property
    def writable(self) -> bool:
        """Whether a commit may succeed now."""
        return self._fault is None and self._serving

    async def wait_writable(self) -> None:
        """Return when commits are accepted; raises StoreFailed when they never will be again."""
        await trio.lowlevel.checkpoint()
        while self._fault is not None:
            if isinstance(self._fault, StoreFailed):
                raise self._fault.again()
            await self._changed.wait()

    def _suspend(self, error: StorageError) -> None:
        self._fault = error
        self._answer_pending(error)
        self._signal()

    def _fail(self, error: StoreFailed) -> None:
        if not isinstance(self._fault, StoreFailed):
            self._fault = error
        self._answer_pending(self._fault)
        self._signal()

    async def _until_writable(self) -> None:
        delay, longest = _PROBE_S
        while True:
            await trio.sleep(delay)
            delay = min(2 * delay, longest)
            fault = await self._apart(self._writer.trial, always=True)
            if isinstance(fault, StoreFailed):
                self._fail(fault)
                raise fault
            if fault is None:
                self._fault = None
                self._signal()
                return

    def _signal(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    def _answer_pending(self, error: StorageError) -> None:
        while self._pending:
            waiter = self._pending.popleft()
            if not waiter.taken:
                waiter.taken = True
                reschedule(waiter.task, outcome.Error(error.again()))
        self._room.set()
        self._room = trio.Event()

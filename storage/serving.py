"""The writer's task: takes what stands in line, makes one durable transaction of it, answers everybody, and survives the disk's moods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import trio

from storage.errors import BadTransaction, StorageError, StorageFull, StorageReadOnly, StoreFailed
from storage.faults import Spoiled
from storage.limits import Limits
from storage.waiting import Aside, Line, Waiter
from storage.writer import Work, Writer

__all__ = ["Serving"]

T = TypeVar("T")
_PROBE_S = (0.1, 5.0)


class Serving:
    """`submit` from any task while `serve` runs in one. A fault closes the door: for a while (full, read-only) or for good (failed)."""

    def __init__(self, writer: Writer, limits: Limits, *, inline: bool | None) -> None:
        self._writer = writer
        self._limits = limits
        self._inline = inline
        self._line = Line(limits.pending)
        self._serving = False
        self._changed = trio.Event()
        self._limiter = trio.CapacityLimiter(1)
        self.fault: StorageError | None = None

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._line)

    @property
    def threaded(self) -> bool:
        """Whether the next COMMIT runs in a thread."""
        return self._writer.pace.threaded if self._inline is None else not self._inline

    @property
    def writable(self) -> bool:
        return self.fault is None and self._serving

    async def submit(self, work: Work | Aside) -> Any:
        """The result of the work once it is durable."""
        while self.fault is None and self._serving and self._line.full:
            await self._line.wait_room()
        if self.fault is not None:
            raise self.fault.again()
        if not self._serving:
            raise StoreFailed("nobody serves the store", False)
        return await self._line.join(work)

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        if self._serving:
            raise RuntimeError("the store is being served by another task")
        if isinstance(self.fault, StoreFailed):
            raise self.fault.again()
        self._serving = True
        task_status.started()
        try:
            while True:
                if self.fault is not None:
                    await self._until_writable()
                await self._line.wait_joined()
                # Every task that can run now may add to this batch.
                await trio.lowlevel.checkpoint()
                await self._turn(self._line.take(self._limits.batch))
        finally:
            self._serving = False
            self._line.fail_all(self.fault or StoreFailed("the writer stopped", False))

    async def _turn(self, waiters: Sequence[Waiter]) -> None:
        """One database transaction for all of them, and their answers: nobody is left without one, whatever happens."""
        if not waiters:
            return
        try:
            results = await self._write([waiter.work for waiter in waiters])
        except Spoiled as spoiled:
            await self._one_by_one(waiters, spoiled)
        except StorageError as error:
            _refuse(waiters, error)
            self._take_note(error)
        except BaseException as error:
            _refuse(waiters, StoreFailed(f"{type(error).__name__}: {error}", None))
            raise
        else:
            for waiter, result in zip(waiters, results, strict=True):
                waiter.answer(result)

    async def _one_by_one(self, waiters: Sequence[Waiter], spoiled: Spoiled) -> None:
        """The values of one transaction are to blame: each alone, so that only that one fails."""
        if len(waiters) == 1:
            waiters[0].answer(BadTransaction(str(spoiled)))
            return
        for waiter in waiters:
            if self.fault is not None:
                waiter.fail(self.fault)
            else:
                await self._turn([waiter])

    async def _write(self, works: list[Work | Aside]) -> list[Any]:
        writer = self._writer
        if isinstance(works[0], Aside):
            return [await self._apart(works[0].run, always=True)]
        if not writer.begin():
            await self._apart(writer.begin_patiently, always=True)
        batch, results = writer.stage(cast("list[Work]", works))
        if batch.empty:
            writer.abandon()
            return results
        try:
            await self._apart(writer.commit)
        except Exception as error:  # noqa: BLE001  every failure of a COMMIT is looked into
            writer.resolve(batch, error)  # on the loop: nobody may read while the connections are exchanged
        writer.conclude()
        return results

    async def _apart(self, work: Callable[[], T], *, always: bool = False) -> T:
        """Run work that waits for the disk: in a thread where that pays (or `always`), but never when pinned inline."""
        if self._inline or not (always or self.threaded):
            return work()
        scope = trio.CancelScope(shield=True)
        with scope:
            result = await trio.to_thread.run_sync(work, limiter=self._limiter)
        return result  # noqa: RET504  for the type checker a scope may end early, this shielded one never does

    async def wait_writable(self) -> None:
        await trio.lowlevel.checkpoint()
        while self.fault is not None:
            if isinstance(self.fault, StoreFailed):
                raise self.fault.again()
            await self._changed.wait()

    def assert_sound(self) -> None:
        """Raises StoreFailed if the door is closed for good."""
        if isinstance(self.fault, StoreFailed):
            raise self.fault.again()

    def fail(self, error: StoreFailed) -> None:
        """Close the door for good; the first reason stays."""
        self._set_fault(self.fault if isinstance(self.fault, StoreFailed) else error)

    def _take_note(self, error: StorageError) -> None:
        """Stop accepting work if the next transaction would fare no better."""
        if isinstance(error, StoreFailed):
            self.fail(error)
        elif isinstance(error, (StorageFull, StorageReadOnly)):
            self._set_fault(error)

    def _set_fault(self, fault: StorageError | None) -> None:
        self.fault = fault
        self._changed.set()
        self._changed = trio.Event()
        if fault is not None:
            self._line.fail_all(fault)

    async def _until_writable(self) -> None:
        """Try to write now and then; returns when it works, raises StoreFailed when it never will."""
        delay, longest = _PROBE_S
        while self.fault is not None:
            if isinstance(self.fault, StoreFailed):
                raise self.fault.again()
            await trio.sleep(delay)
            delay = min(2 * delay, longest)
            fault = await self._apart(self._writer.trial, always=True)
            if fault is None or isinstance(fault, StoreFailed):
                self._set_fault(fault)


def _refuse(waiters: Sequence[Waiter], error: StorageError) -> None:
    for waiter in waiters:
        waiter.fail(error)

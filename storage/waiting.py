"""The line of tasks that wait for the writer, and how they are answered. No SQL and nothing that waits for a disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import trio
from attrs import frozen
from outcome import Error, Value
from trio.lowlevel import Abort, RaiseCancelT, Task, current_task, reschedule, wait_task_rescheduled

from storage.errors import Refused, StorageError
from storage.writer import Work

__all__ = ["Aside", "Line", "Waiter"]


@frozen
class Aside:
    """Work for the writer's connection outside any transaction, done alone."""

    run: Callable[[], Any]


class Waiter:
    """One task and what it wants written. Until it is taken it can be cancelled without a trace; after that it gets its answer."""

    __slots__ = ("taken", "task", "work")

    def __init__(self, work: Work | Aside, task: Task) -> None:
        self.work, self.task, self.taken = work, task, False

    def abort(self, _: RaiseCancelT) -> Abort:
        if self.taken:
            return Abort.FAILED
        self.taken = True
        return Abort.SUCCEEDED

    def answer(self, result: object) -> None:
        """Let the task go on with a result, or with a refusal raised."""
        reschedule(self.task, Error(result) if isinstance(result, Refused) else Value(result))

    def fail(self, error: StorageError) -> None:
        """Let the task raise an error of its own, equal to this one."""
        reschedule(self.task, Error(error.again()))


class Line:
    """First come, first taken; at most `most` wait at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiters: deque[Waiter] = deque()
        self._sleeper: Task | None = None
        self._room = trio.Event()

    def __len__(self) -> int:
        return len(self._waiters)

    @property
    def full(self) -> bool:
        return len(self._waiters) >= self._most

    async def wait_room(self) -> None:
        """Return when the line has moved."""
        await self._room.wait()

    async def join(self, work: Work | Aside) -> Any:
        """Stand in line; the answer, or what is raised instead. Cancelled means: never taken."""
        waiter = Waiter(work, current_task())
        self._waiters.append(waiter)
        if self._sleeper is not None:
            sleeper, self._sleeper = self._sleeper, None
            reschedule(sleeper)
        return await wait_task_rescheduled(waiter.abort)

    async def wait_joined(self) -> None:
        """Return when somebody stands in line; for one task, the writer."""
        if not self._waiters:
            self._sleeper = current_task()
            await wait_task_rescheduled(self._wake)

    def _wake(self, _: RaiseCancelT) -> Abort:
        self._sleeper = None
        return Abort.SUCCEEDED

    def take(self, most: int) -> list[Waiter]:
        """The next group: at most `most` transactions, or one Aside."""
        taken: list[Waiter] = []
        waiters = self._waiters
        while waiters and len(taken) < most:
            aside = type(waiters[0].work) is Aside
            if aside and taken:
                break
            waiter = waiters.popleft()
            if not waiter.taken:
                waiter.taken = True
                taken.append(waiter)
                if aside:
                    break
        self._moved()
        return taken

    def fail_all(self, error: StorageError) -> None:
        """Send everybody away."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.taken:
                waiter.taken = True
                waiter.fail(error)
        self._moved()

    def _moved(self) -> None:
        self._room.set()
        self._room = trio.Event()

"""All timers of a system in one heap and one task. A timer here costs no task; what it does when due must be quick and must not raise."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Protocol

import trio

__all__ = ["Alarm", "Due", "Timers"]

_TOLERATED_GARBAGE = 256


class Due(Protocol):
    """Something that can lie in the heap."""

    off: bool

    def fire(self) -> None: ...


class Alarm:
    """Calls `action` when due, unless it was discarded."""

    __slots__ = ("action", "off")

    def __init__(self, action: Callable[[], None]) -> None:
        self.action = action
        self.off = False

    def fire(self) -> None:
        self.off = True
        self.action()

    def release(self) -> None:
        """It was discarded and may lie in the heap for long: nothing is to be kept alive by that."""
        self.action = _nothing


def _nothing() -> None:
    """What a discarded alarm would do."""


class Timers:
    """Arm and discard are synchronous and cheap; entries that are due together fire in the order in which they were armed."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Due]] = []
        self._armed = 0
        self._garbage = 0
        self._next = -math.inf
        self._sleep = trio.CancelScope()

    def __len__(self) -> int:
        return len(self._heap) - self._garbage

    def arm(self, delay_s: float, entry: Due) -> None:
        deadline = trio.current_time() + delay_s
        self._armed += 1
        heapq.heappush(self._heap, (deadline, self._armed, entry))
        if deadline < self._next:
            self._next = self._sleep.deadline = deadline

    def discard(self, entry: Due) -> None:
        """Take back an entry that is armed and has not fired. It stays in the heap as garbage until enough has gathered."""
        entry.off = True
        self._garbage += 1
        if self._garbage > _TOLERATED_GARBAGE and self._garbage > len(self._heap) // 2:
            self._heap = [item for item in self._heap if not item[2].off]
            heapq.heapify(self._heap)
            self._garbage = 0

    async def run(self) -> None:
        while True:
            self._fire_due()
            with trio.CancelScope(deadline=self._next) as self._sleep:
                await trio.sleep_forever()

    def _fire_due(self) -> None:
        self._next = -math.inf  # entries armed by those that fire need not wake a task that is awake
        while self._heap:
            deadline, _, entry = self._heap[0]
            if entry.off:
                self._garbage -= 1
            elif deadline > trio.current_time():
                self._next = deadline
                return
            heapq.heappop(self._heap)
            if not entry.off:
                entry.fire()
        self._next = math.inf

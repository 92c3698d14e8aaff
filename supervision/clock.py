"""Wall clocks, and the kernel's one source of randomness. Deadlines never come from here: those are trio's."""

from __future__ import annotations

import random
import time
from typing import Protocol

import trio
from attrs import define, field

__all__ = ["Clock", "SystemClock", "TrioClock", "jitter"]


class Clock(Protocol):
    """Tells the time for people and for records: milliseconds since 1970, UTC."""

    def now_ms(self) -> int: ...


class SystemClock:
    """The machine's wall clock; it may jump."""

    __slots__ = ()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


@define
class TrioClock:
    """A wall clock that starts at `start_ms` when it is first read and then follows trio's clock: under `MockClock` it is virtual."""

    start_ms: int = 0
    _origin: float | None = field(default=None, init=False)

    def now_ms(self) -> int:
        now = trio.current_time()
        if self._origin is None:
            self._origin = now
        return self.start_ms + round((now - self._origin) * 1000)


def jitter() -> float:
    """A factor between a half and one, so that children which broke together do not come back together."""
    return random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing

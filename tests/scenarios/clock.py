"""The wall clock of a house: it follows trio's clock, and jumps when a test says so. It outlives the daemons that read it."""

from __future__ import annotations

import trio

__all__ = ["START_MS", "WallClock"]

START_MS = 1_800_000_000_000


class WallClock:
    """Milliseconds since 1970 as a person's watch shows them."""

    def __init__(self, start_ms: int = START_MS) -> None:
        self._origin = trio.current_time()
        self._start_ms = start_ms
        self.jumps: list[int] = []

    def now_ms(self) -> int:
        return self._start_ms + round((trio.current_time() - self._origin) * 1000)

    def jump(self, ms: int) -> None:
        """Set the watch forward, or back."""
        self._start_ms += ms
        self.jumps.append(ms)

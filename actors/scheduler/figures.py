"""What the scheduler counts since it began: slots given and given back, and how long runs waited for them. Pure."""

from __future__ import annotations

from collections import deque

from attrs import Factory, define

__all__ = ["Figures"]

KEPT = 1000


@define(eq=False)
class Figures:
    """`waits` are the last 1,000 times in the queue, milliseconds; a back-off is no waiting."""

    admitted: int = 0
    completed: int = 0
    waits: deque[int] = Factory(lambda: deque(maxlen=KEPT))

    def admit(self, wait_ms: int) -> None:
        """A run got its slot after so long."""
        self.admitted += 1
        self.waits.append(max(0, wait_ms))

    @property
    def average_ms(self) -> int:
        """The mean of the waits, rounded down; 0 without any."""
        return sum(self.waits) // len(self.waits) if self.waits else 0

    @property
    def p95_ms(self) -> int:
        """The wait that 95 of 100 do not exceed; 0 without any."""
        count = len(self.waits)
        return sorted(self.waits)[min((95 * count + 50) // 100, count - 1)] if count else 0

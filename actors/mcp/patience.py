"""When a server that has failed is started again. Pure: time comes in, in seconds."""

from __future__ import annotations

from typing import Final

from attrs import define

__all__ = ["Patience"]

SHORTEST_S: Final = 0.5
LONGEST_S: Final = 60.0
_MOST_DOUBLINGS: Final = 7


@define
class Patience:
    """After one failure it is started again at once, after more of them in a row ever later. A use that was answered forgives them all."""

    failures: int = 0
    until: float = 0.0

    def failed(self, now: float) -> None:
        """It has ended by itself, or was not to be had."""
        self.failures += 1
        wait = min(LONGEST_S, SHORTEST_S * 2 ** min(self.failures - 2, _MOST_DOUBLINGS)) if self.failures > 1 else 0.0
        self.until = now + wait

    def answered(self) -> None:
        """It has done what was asked of it."""
        self.failures, self.until = 0, 0.0

    def left(self, now: float) -> float:
        """Seconds until it may be started again."""
        return max(0.0, self.until - now)

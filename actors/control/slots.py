"""Requests under way at once, ordinary and reserved. Full means refused at once; nothing queues here."""

from __future__ import annotations

__all__ = ["Slots"]


class Slots:
    """Two counters with bounds. A reserved request takes an ordinary slot never, so that it cannot be crowded out."""

    def __init__(self, ordinary: int, reserved: int) -> None:
        self._bounds = (ordinary, reserved)
        self._taken = [0, 0]

    def take(self, *, reserved: bool) -> bool:
        """Take a slot of the kind; False when all are taken."""
        if self._taken[reserved] >= self._bounds[reserved]:
            return False
        self._taken[reserved] += 1
        return True

    def give_back(self, *, reserved: bool) -> None:
        """Return a slot of the kind."""
        self._taken[reserved] -= 1

    def __repr__(self) -> str:
        return f"Slots(ordinary {self._taken[0]}/{self._bounds[0]}, reserved {self._taken[1]}/{self._bounds[1]})"

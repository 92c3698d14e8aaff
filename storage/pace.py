"""How long commits take, and whether the next one should leave the loop. Measures only; runs nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from time import perf_counter

__all__ = ["BOUNDS_S", "Pace"]

BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Commits are counted by how long they took: at most so many seconds, or longer."""

_SLOW_S, _FAST_S = 0.005, 0.002
_FAST_RUN = 32
_WEIGHT = 1 / 16


class Pace:
    """A commit slower than 5 ms sends the next ones to a thread (a hop costs 76 us), 32 fast ones in a row bring them back."""

    def __init__(self) -> None:
        self.threaded = False
        self.mean_s = 0.0
        self.worst_s = 0.0
        self.commits = 0
        self.total_s = 0.0
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self._fast = 0

    def time(self, work: Callable[[], object], *, counted: bool = True) -> None:
        """Do the work and observe how long it took, unless it fails; one that is not counted is no commit of a transaction."""
        start = perf_counter()
        work()
        self.observe(perf_counter() - start, counted=counted)

    def observe(self, seconds: float, *, counted: bool = True) -> None:
        """Take note of one commit."""
        self.commits += counted
        self.counts[bisect_left(BOUNDS_S, seconds)] += counted
        self.total_s += seconds * counted
        self.worst_s = max(self.worst_s, seconds)
        self.mean_s += (seconds - self.mean_s) * (_WEIGHT if self.commits > 1 else 1)
        if seconds > _SLOW_S:
            self.threaded, self._fast = True, 0
        elif seconds < _FAST_S:
            self._fast += 1
            if self._fast >= _FAST_RUN:
                self.threaded = False
        else:
            self._fast = 0

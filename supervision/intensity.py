"""The restart budget of a supervisor, and how long a failed start waits before it is tried again. Pure: time comes in."""

from __future__ import annotations

from attrs import define, field

__all__ = ["Budget", "backoff_s"]

SHORTEST_S = 0.1
LONGEST_S = 30.0
_MOST_DOUBLINGS = 9  # 0.1 s * 2**9 is beyond the longest wait


@define
class Budget:
    """At most `intensity` restarts within any `period` seconds; a restart exactly `period` ago still counts, as in OTP."""

    intensity: int
    period: float
    _spent: list[float] = field(factory=list, init=False)

    def spend(self, now: float) -> bool:
        """Count one more restart at `now` (seconds, monotonic). False: the budget is exceeded, escalate."""
        self._spent = [at for at in self._spent if at >= now - self.period]
        self._spent.append(now)
        return len(self._spent) <= self.intensity


def backoff_s(failures: int, *, intensity: int, period: float, jitter: float) -> float:
    """Seconds before start number `failures + 1` of a child that failed to restart `failures` times in a row.

    Doubles from 0.1 s to 30 s, times `jitter` (at most 1), but never so long that a child which fails for ever could outlast the
    budget: `intensity` waits together stay below `period`, so OTP's escalation happens exactly when OTP would escalate.
    """
    doubled = SHORTEST_S * 2.0 ** min(failures - 1, _MOST_DOUBLINGS)
    return min(doubled, LONGEST_S, period / (intensity + 1)) * jitter

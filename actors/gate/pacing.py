"""How often a resolver is asked: seldom while nothing changes, never faster than is allowed (gates spec, 8). Pure."""

from __future__ import annotations

from attrs import frozen

from actors.run.retry import jitter_ms

__all__ = ["Pace", "interval_after", "next_poll_ms"]


@frozen
class Pace:
    """The first interval, by how much each is longer than the one before, the longest, and the share of jitter. Milliseconds."""

    first_ms: int = 15_000
    backoff: float = 1.5
    longest_ms: int = 300_000
    jitter: float = 0.1


def interval_after(pace: Pace, before_ms: int | None, *, same: bool) -> int:
    """The interval after an answer, milliseconds: the first one after the first answer and after one that is new."""
    if before_ms is None or not same:
        return pace.first_ms
    return max(pace.first_ms, min(pace.longest_ms, round(before_ms * pace.backoff)))


def next_poll_ms(pace: Pace, interval_ms: int, seed: str, now_ms: int, not_before_ms: int | None) -> int:
    """When to ask next, epoch milliseconds. The jitter hangs on the seed alone; whoever asked for a longer pause gets it."""
    due = now_ms + interval_ms + jitter_ms(int(interval_ms * pace.jitter), seed)
    return due if not_before_ms is None else max(due, not_before_ms)

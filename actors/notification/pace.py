"""When a notification that was not taken is tried again. tenacity's wait strategy is asked, and nobody waits here."""

from __future__ import annotations

from actors.run.retry import jitter_ms

__all__ = ["next_try_ms"]

FIRST_S, LONGEST_S = 5.0, 900.0
JITTER = 0.1


def next_try_ms(name: str, failed: int, now_ms: int, not_before_ms: int | None) -> int:
    """The time of the try after the `failed`th failure (from 1), epoch milliseconds.

    Each pause is twice the one before, from 5 s to a quarter of an hour, lengthened by up to a tenth that hangs on the name; and no
    earlier than the other side asked for.
    """
    from tenacity import RetryCallState, Retrying, wait_exponential  # noqa: PLC0415  7 ms, which only a failure costs

    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = failed
    pause_ms = round(wait_exponential(multiplier=FIRST_S, max=LONGEST_S)(state) * 1000)
    due = now_ms + pause_ms + jitter_ms(int(pause_ms * JITTER), f"{name}/{failed}")
    return due if not_before_ms is None else max(due, not_before_ms)

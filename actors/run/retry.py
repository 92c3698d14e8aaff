"""Whether a failed attempt is followed by another, and when. Pure; jitter is drawn from the attempt's own name, so it repeats."""

from __future__ import annotations

import math
from hashlib import sha256

from attrs import frozen

from actors.workflow.spec import Backoff, RetryPolicy

__all__ = ["CEILING_MS", "Retry", "backoff_ms", "decide_retry"]

CEILING_MS = 86_400_000


@frozen
class Retry:
    """`decision` is not_retryable, attempts_exhausted, retry_scheduled (with `delay_ms` above 0) or retry_allowed."""

    decision: str
    delay_ms: int = 0

    @property
    def terminal(self) -> bool:
        """Whether no attempt follows."""
        return self.decision in ("not_retryable", "attempts_exhausted")


def normalise(word: str) -> str:
    """One spelling of a failure class: trimmed, lower case, underscores."""
    return word.strip().lower().replace("-", "_").replace(" ", "_")


def _jitter(limit_ms: int, seed: str) -> int:
    return int.from_bytes(sha256(seed.encode()).digest()[:8], "big") % (limit_ms + 1) if limit_ms > 0 else 0


def backoff_ms(backoff: Backoff, attempt: int, seed: str) -> int:
    """Delay after failed attempt number `attempt` (from 1), milliseconds, at most a day."""
    if backoff.strategy == "none" or backoff.initial_ms <= 0:
        return 0
    delay = float(backoff.initial_ms)
    if backoff.strategy == "exponential":
        try:
            delay *= backoff.multiplier ** (attempt - 1)
        except OverflowError:
            delay = math.inf
    if backoff.max_ms > 0:
        delay = min(delay, float(backoff.max_ms))
    if not math.isfinite(delay):
        return CEILING_MS
    return min(CEILING_MS, math.floor(delay + 0.5) + _jitter(backoff.jitter_ms, seed))


def decide_retry(policy: RetryPolicy, spent: int, failure_class: str, seed: str) -> Retry:
    """`spent` attempts have counted so far, the failed one included."""
    classes = {normalise(word) for word in policy.classes}
    if classes and "*" not in classes and normalise(failure_class) not in classes:
        return Retry("not_retryable")
    if spent >= policy.max_attempts:
        return Retry("attempts_exhausted")
    delay = backoff_ms(policy.backoff, spent, seed)
    return Retry("retry_scheduled", delay) if delay > 0 else Retry("retry_allowed")

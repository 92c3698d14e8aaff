"""Whether a failed attempt is followed by another, and when. Pure; jitter is drawn from the attempt's own name, so it repeats."""

from __future__ import annotations

import math
from hashlib import sha256

from attrs import frozen

from actors.node.classes import normalise
from actors.workflow.spec import Backoff, RetryPolicy

__all__ = [
    "CEILING_MS",
    "DEFAULT_CLASSES",
    "PROVIDER_DEFAULT",
    "Retry",
    "attempt_cap",
    "backoff_ms",
    "decide_retry",
    "floored",
    "jitter_ms",
]

CEILING_MS = 86_400_000
MOST_ATTEMPTS = 10
DEFAULT_CLASSES = frozenset((
    "artifact_contract_unmet", "contract_miss", "execution_error", "missing_config", "provider_terminal", "provider_transient", "timeout",
    "tool_resolution", "tool_resolution_failed", "validation_error", "wait_wakeup", "webhook_delivery", "outbox_send",
))  # fmt: skip
"""The failure classes after which a policy that names none tries again."""
FLOOR = 3
FLOOR_CATEGORIES = frozenset({"provider_connect_timeout", "provider_server_error"})
FLOOR_CODES = frozenset({
    "required_output_missing", "source_identity_truncated", "upstream_artifact_unread", "connector_preview_truncated",
})  # fmt: skip
PROVIDER_DEFAULT = Backoff("exponential", 2_000, 8_000, 2.5)
"""The delays after trouble of a provider, where the policy names none."""


@frozen
class Retry:
    """`decision` is not_retryable, attempts_exhausted, elapsed_time_exhausted, retry_scheduled (`delay_ms` above 0) or retry_allowed.

    `misconfigured` is the last one of a node that could never begin: nothing that `on_fail` says mends that (flow spec 6.3).
    """

    decision: str
    delay_ms: int = 0

    @property
    def terminal(self) -> bool:
        """Whether no attempt follows."""
        return self.decision in ("not_retryable", "misconfigured", "attempts_exhausted", "elapsed_time_exhausted")


def floored(cap: int, kind: str, policy: RetryPolicy, category: str, code: str) -> int:
    """The cap that holds after trouble that is not the agent's own: at least 3, whatever its policy says (runs spec 7.2).

    Nodes of other kinds keep theirs, since nothing that has effects is repeated unasked; so do those that count interruptions.
    """
    mild = category in FLOOR_CATEGORIES or code in FLOOR_CODES
    return max(cap, FLOOR) if mild and kind == "agent" and not policy.count_interruptions else cap


def attempt_cap(kind: str, policy: RetryPolicy, validator: str | None = None, *, required_tools: bool = False) -> int:
    """How many attempts a node may spend: what its policy says, from 1 to 10; else 1, since no effect is repeated unasked.

    An agent gets 3, and 5 where its validator is `research_brief` or tools are required of it, unless it writes a `standup_update`.
    """
    if policy.max_attempts is not None:
        return min(MOST_ATTEMPTS, max(1, policy.max_attempts))
    if kind != "agent":
        return 1
    return 5 if validator == "research_brief" or (required_tools and validator != "standup_update") else 3


def jitter_ms(limit_ms: int, seed: str) -> int:
    """A whole number from 0 to `limit_ms`, the same for the same seed."""
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
    return min(CEILING_MS, math.floor(delay + 0.5) + jitter_ms(backoff.jitter_ms, seed))


def decide_retry(policy: RetryPolicy, spent: int, failure_class: str, seed: str, *, cap: int, elapsed_ms: int = 0) -> Retry:
    """`spent` of `cap` attempts have counted so far, the failed one included; the first one began `elapsed_ms` ago.

    An attempt that could begin only when `max_elapsed_ms` have passed is not made.
    """
    found = normalise(failure_class)
    classes = DEFAULT_CLASSES if policy.classes is None else {normalise(word) for word in policy.classes}
    if classes and "*" not in classes and found not in classes:
        return Retry("not_retryable")
    if spent >= cap:
        return Retry("attempts_exhausted")
    usual = found == "provider_transient" and policy.backoff.strategy == "none"
    delay = backoff_ms(PROVIDER_DEFAULT if usual else policy.backoff, spent, seed)
    if policy.max_elapsed_ms is not None and elapsed_ms + delay >= policy.max_elapsed_ms:
        return Retry("elapsed_time_exhausted")
    return Retry("retry_scheduled", delay) if delay > 0 else Retry("retry_allowed")

"""Whether a call that failed is made again, by whom, and after how long. Pure; jitter is drawn from the call's own name, so it repeats."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from attrs import frozen

from actors.agent.provider.failures import ProviderFailure

__all__ = ["LONGEST_WAIT_MS", "Next", "Patience", "next_call", "wait_ms"]

LONGEST_WAIT_MS: Final = 300_000
"""Whatever a service asks for: who waits longer has better started anew."""
_SPREAD_MS = 1_000


@frozen
class Patience:
    """`calls` of one model in all; waits of `first_ms`, times `multiplier` each time, at most `most_ms`, less up to half by chance."""

    calls: int = 3
    first_ms: int = 1_000
    multiplier: float = 2.5
    most_ms: int = 30_000


@frozen
class Next:
    """The next call: `candidate` is a place in the list of models, `wait_ms` the time before it."""

    candidate: int
    wait_ms: int = 0


def next_call(failure: ProviderFailure, candidate: int, made: int, candidates: int, patience: Patience, seed: str) -> Next | None:
    """After the `made`-th call of that candidate failed. None: there is none, and the failure stands.

    What is transient is tried again with the same model; then, and where this model or backend cannot serve at all, the next in the list
    is asked at once. A request that is at fault itself is at fault everywhere, and beside a process that lives on nobody else is asked.
    """
    if failure.failure_class == "provider_transient" and made < patience.calls:
        return Next(candidate, wait_ms(failure, made, patience, seed))
    if candidate + 1 < candidates and not _own_fault(failure):
        return Next(candidate + 1)
    return None


def wait_ms(failure: ProviderFailure, made: int, patience: Patience, seed: str) -> int:
    """What the service asked for, spread so that not all come back at once; else the usual wait."""
    chance = int.from_bytes(sha256(f"{seed}:{made}".encode()).digest()[:8], "big") / 2**64
    if failure.retry_after_ms is not None:
        return min(LONGEST_WAIT_MS, failure.retry_after_ms + round(_SPREAD_MS * chance))
    usual = min(float(patience.most_ms), patience.first_ms * patience.multiplier ** (made - 1))
    return round(usual * (1 - chance / 2))


def _own_fault(failure: ProviderFailure) -> bool:
    return failure.code in ("provider_too_large", "provider_agent_unkillable") or (
        failure.code == "provider_rejected" and failure.status != 404
    )

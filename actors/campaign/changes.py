"""How far each field may move, and the line that tells of it (optimization spec 5, the rules of text, timeout and retry). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from attrs import frozen

from actors.campaign.config import MutationPolicy
from actors.campaign.decimals import round9
from actors.campaign.declined import Declined
from actors.campaign.definition import ABSENT

__all__ = ["CHANGES", "Change", "delta_chars"]


@frozen
class Change:
    """A field of a node before and after; either may be ABSENT."""

    node_id: str
    path: str
    before: Any
    after: Any

    def no(self, code: str, **values: Any) -> Declined:
        """The refusal, with what was compared."""
        shown = {"before": None if self.before is ABSENT else self.before, "after": None if self.after is ABSENT else self.after}
        return Declined(code, node_id=self.node_id, path=self.path, **shown, **values)


def delta_chars(before: str, after: str) -> int:
    """How many characters differ between the longest common beginning and, of the rest, the longest common end."""
    start = _common(before, after)
    one, other = before[start:], after[start:]
    end = _common(one[::-1], other[::-1])
    return len(one) + len(other) - 2 * end


def _common(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _text(change: Change, policy: MutationPolicy) -> str:
    if not isinstance(change.after, str) or not change.after.strip():
        raise change.no("text_empty")
    before = change.before
    delta, length = delta_chars(before, change.after), max(1, len(before))
    if delta > policy.max_text_delta_chars:
        raise change.no("text_delta_chars_exceeded", delta=delta, allowed=policy.max_text_delta_chars)
    if Decimal(delta) > round9(policy.max_text_delta_ratio) * length:
        raise change.no("text_delta_ratio_exceeded", delta=delta, length=length, allowed=policy.max_text_delta_ratio)
    return f"{change.node_id} {change.path}: delta_chars={delta} delta_ratio={delta / length:.3f}"


def _guidance(change: Change, policy: MutationPolicy) -> str:
    if change.before is ABSENT:
        raise change.no("candidate_guidance_created")
    if change.after is ABSENT:
        raise change.no("candidate_guidance_removed")
    return _text(change, policy)


def _timeout(change: Change, policy: MutationPolicy) -> str:
    before, after = change.before, change.after
    if before is ABSENT:
        raise change.no("timeout_not_mutable")
    if after is ABSENT:
        raise change.no("timeout_removed")
    if type(after) is not int or not policy.timeout_min_ms <= after <= policy.timeout_max_ms:
        raise change.no("timeout_out_of_bounds", low=policy.timeout_min_ms, high=policy.timeout_max_ms)
    share = int((before * round9(policy.timeout_delta_percent)).to_integral_value(ROUND_CEILING))
    allowed = min(policy.timeout_delta_ms, share)
    if abs(after - before) > allowed:
        raise change.no("timeout_delta_exceeded", allowed=allowed)
    return f"{change.node_id} {change.path}: {before} -> {after} ({after - before:+d})"


def _retry(change: Change, policy: MutationPolicy) -> str:
    before, after = change.before, change.after
    if before is ABSENT:
        raise change.no("retry_not_mutable")
    if after is ABSENT:
        raise change.no("retry_removed")
    if not policy.retry_min <= after <= policy.retry_max:
        raise change.no("retry_out_of_bounds", low=policy.retry_min, high=policy.retry_max)
    if abs(after - before) > abs(policy.retry_delta):
        raise change.no("retry_delta_exceeded", allowed=abs(policy.retry_delta))
    return f"{change.node_id} {change.path}: {before} -> {after}"


CHANGES: Final[Mapping[str, Callable[[Change, MutationPolicy], str]]] = {
    "objective": _text,
    "output_contract_summary_guidance": _guidance,
    "timeout_ms": _timeout,
    "retry_policy_max_attempts": _retry,
    "retry_policy_retries": _retry,
}
"""The rule of each field: the line of an allowed change, or Declined."""

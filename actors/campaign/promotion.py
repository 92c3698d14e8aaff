"""Whether a candidate is better than its baseline (optimization spec 7). Pure."""

from __future__ import annotations

from actors.campaign.decimals import round9
from actors.campaign.records import Decision, Metrics

__all__ = ["compare"]


def compare(baseline: Metrics, candidate: Metrics) -> Decision:
    """The first rule that applies decides."""
    rate, base_rate = round9(candidate.artifact_validator_pass_rate), round9(baseline.artifact_validator_pass_rate)
    if not candidate.budget_within_limits:
        return Decision("discard", "candidate_over_budget")
    if round9(candidate.blocked_node_rate) > round9(baseline.blocked_node_rate):
        return Decision("discard", "candidate_blocked_rate_increased")
    if rate > base_rate:
        return Decision("promote", "candidate_pass_rate_improved")
    if rate == base_rate and round9(candidate.unmet_requirement_count) < round9(baseline.unmet_requirement_count):
        return Decision("promote", "candidate_unmet_count_improved")
    return Decision("discard", "candidate_not_better")

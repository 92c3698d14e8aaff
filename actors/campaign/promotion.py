"""Whether a candidate is better than its baseline (optimization spec 7), by one run or by many. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from actors.campaign.decimals import round9
from actors.campaign.measuring import means
from actors.campaign.records import Decision, Metrics, Pair
from actors.campaign.sequential import verdict

__all__ = ["compare", "decide", "pair_of"]


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


def pair_of(baseline: Metrics, candidate: Metrics) -> Pair:
    """Two runs side by side: the candidate has won by the rules above, or lost where they turn against it."""
    found = compare(baseline, candidate)
    if found.decision == "promote":
        return Pair(candidate, baseline, "won")
    turned = found.reason == "candidate_blocked_rate_increased" or compare(candidate, baseline).decision == "promote"
    return Pair(candidate, baseline, "lost" if turned else "tied")


def decide(pairs: Sequence[Pair], most: int) -> Decision | None:
    """What the pairs say, of at most so many; None: another one is to be run. Where the test decides nothing, the means do."""
    by_means = compare(means([pair.baseline for pair in pairs]), means([pair.candidate for pair in pairs]))
    if by_means.reason == "candidate_over_budget":
        return by_means
    found = verdict(sum(pair.outcome == "won" for pair in pairs), sum(pair.outcome == "lost" for pair in pairs), most)
    if found == "worse":
        return Decision("discard", "candidate_clearly_worse")
    if found == "better" and by_means.reason != "candidate_blocked_rate_increased":
        return Decision("promote", "candidate_clearly_better")
    return by_means if found is not None or len(pairs) >= most else None

"""Whether a workflow does worse since a learning is applied (learning spec 7.3). Pure."""

from __future__ import annotations

from actors.learning.policy import Policy
from actors.learning.record import Metrics, Verdict

__all__ = ["evaluate_regression"]


def evaluate_regression(baseline: Metrics, latest: Metrics, post_apply_count: int, policy: Policy) -> Verdict:
    """The first rule that fits. `post_apply_count`: runs that have ended since the baseline was computed."""
    if post_apply_count < policy.post_apply_min_sample:
        return Verdict("insufficient")
    if latest.completion_rate + policy.regression_margin < baseline.completion_rate:
        return Verdict("regressed", "completion_rate_regressed")
    if latest.validation_pass_rate + policy.regression_margin < baseline.validation_pass_rate:
        return Verdict("regressed", "validation_pass_rate_regressed")
    return Verdict("healthy")

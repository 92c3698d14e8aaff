"""Whether a learning may be applied without a person (learning spec 7.2). Pure."""

from __future__ import annotations

from actors.learning.policy import EPS, Policy
from actors.learning.record import Decision, Learning, Metrics

__all__ = ["evaluate_promotion"]


def evaluate_promotion(learning: Learning, metrics: Metrics, policy: Policy) -> Decision:
    """The first rule that fits. What changes the flow is a person's to decide, whatever the settings say."""
    if learning.kind == "graph_patch" or learning.needs_plan_bundle:
        return Decision("block", "structural_change_requires_human")
    if not policy.auto_apply:
        return Decision("require_human_review", "auto_apply_disabled")
    if learning.confidence + EPS < policy.min_confidence:
        return _review("insufficient_confidence", learning.confidence, "<", policy.min_confidence)
    if metrics.sample_size < policy.min_baseline_sample:
        return _review("insufficient_evidence", metrics.sample_size, "<", policy.min_baseline_sample)
    rate = metrics.human_intervention_count / metrics.sample_size if metrics.sample_size else 1.0
    if rate > policy.max_human_intervention_rate + EPS:
        return _review("active_human_steering", rate, ">", policy.max_human_intervention_rate)
    return Decision("auto_apply", "thresholds_met")


def _review(code: str, found: float, relation: str, bound: float) -> Decision:
    return Decision("require_human_review", code, f"{found:.3f} {relation} {bound:.3f}")

"""What the parts of a campaign's configuration may say, in the order in which it is looked at (optimization spec 4.3 to 4.6). Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, Final

from actors.campaign.config import Budget, Eval, MutationPolicy, Phase1, Scope
from actors.campaign.declined import Declined
from actors.campaign.records import KNOBS, TEXTS

__all__ = ["check_campaign_limits", "check_config"]

Rule = tuple[str, Callable[[Any], bool], str]
"""The code, whether it holds, and the names of what it looks at."""

_EVAL: Final[Sequence[Rule]] = (
    ("eval_pack_ref_required", lambda e: bool(e.pack_ref.strip()), "pack_ref"),
    ("eval_primary_metric_invalid", lambda e: e.primary_metric == "artifact_validator_pass_rate", "primary_metric"),
    ("eval_secondary_metric_invalid", lambda e: e.secondary_metric == "unmet_requirement_count", "secondary_metric"),
    (
        "eval_hard_guardrails_invalid",
        lambda e: sorted(e.hard_guardrails) == ["blocked_node_rate", "budget_ceilings"],
        "hard_guardrails",
    ),
    ("eval_campaign_start_baseline_runs_invalid", lambda e: e.campaign_start_baseline_runs == 2, "campaign_start_baseline_runs"),
    (
        "eval_baseline_replay_every_candidates_invalid",
        lambda e: e.baseline_replay_every_candidates == 5,
        "baseline_replay_every_candidates",
    ),
    ("eval_baseline_replay_every_minutes_invalid", lambda e: e.baseline_replay_every_minutes == 30, "baseline_replay_every_minutes"),
)
_POLICY: Final[Sequence[Rule]] = (
    (
        "policy_max_nodes_changed_per_candidate_invalid",
        lambda p: p.max_nodes_changed_per_candidate == 1,
        "max_nodes_changed_per_candidate",
    ),
    (
        "policy_max_field_families_changed_per_candidate_invalid",
        lambda p: p.max_field_families_changed_per_candidate == 1,
        "max_field_families_changed_per_candidate",
    ),
    (
        "policy_no_mutable_field",
        lambda p: bool(p.allowed_text_fields or p.allowed_knob_fields),
        "allowed_text_fields, allowed_knob_fields",
    ),
    ("policy_allowed_text_fields_invalid", lambda p: set(p.allowed_text_fields) <= set(TEXTS), "allowed_text_fields"),
    ("policy_allowed_knob_fields_invalid", lambda p: set(p.allowed_knob_fields) <= set(KNOBS), "allowed_knob_fields"),
    ("policy_max_text_delta_chars_out_of_bounds", lambda p: 1 <= p.max_text_delta_chars <= 300, "max_text_delta_chars"),
    ("policy_max_text_delta_ratio_out_of_bounds", lambda p: 0 < p.max_text_delta_ratio <= 0.25, "max_text_delta_ratio"),
    ("policy_timeout_delta_percent_out_of_bounds", lambda p: 0 < p.timeout_delta_percent <= 0.15, "timeout_delta_percent"),
    ("policy_timeout_delta_ms_out_of_bounds", lambda p: 1 <= p.timeout_delta_ms <= 30_000, "timeout_delta_ms"),
    (
        "policy_timeout_bounds_invalid",
        lambda p: 30_000 <= p.timeout_min_ms < p.timeout_max_ms <= 600_000,
        "timeout_min_ms, timeout_max_ms",
    ),
    ("policy_retry_delta_invalid", lambda p: p.retry_delta == 1, "retry_delta"),
    ("policy_retry_bounds_invalid", lambda p: 0 <= p.retry_min <= p.retry_max <= 3, "retry_min, retry_max"),
    ("policy_bundle_forbidden", lambda p: not p.allow_text_and_knob_bundle, "allow_text_and_knob_bundle"),
)
_SCOPE: Final[Sequence[Rule]] = (
    ("scope_candidate_snapshot_only_required", lambda s: s.candidate_snapshot_only, "candidate_snapshot_only"),
    ("scope_live_source_mutation_forbidden", lambda s: not s.allow_live_source_mutation, "allow_live_source_mutation"),
    (
        "scope_external_side_effects_forbidden",
        lambda s: not s.allow_external_side_effects_in_eval,
        "allow_external_side_effects_in_eval",
    ),
    (
        "scope_operator_approval_required",
        lambda s: s.promotion_requires_operator_approval,
        "promotion_requires_operator_approval",
    ),
)


def _positive(value: float | None) -> bool:
    return value is None or (isfinite(value) and value > 0)


_LIMITS: Final[Sequence[Rule]] = (
    ("budget_campaign_max_cost_usd_not_positive", lambda b: _positive(b.campaign_max_cost_usd), "campaign_max_cost_usd"),
    ("budget_campaign_max_tokens_not_positive", lambda b: _positive(b.campaign_max_tokens), "campaign_max_tokens"),
)
_BUDGET: Final[Sequence[Rule]] = (
    ("budget_max_experiments_out_of_bounds", lambda b: 1 <= b.max_experiments <= 100, "max_experiments"),
    ("budget_max_runtime_minutes_out_of_bounds", lambda b: 1 <= b.max_runtime_minutes <= 1440, "max_runtime_minutes"),
    ("budget_max_consecutive_failures_out_of_bounds", lambda b: 1 <= b.max_consecutive_failures <= 10, "max_consecutive_failures"),
    ("budget_max_total_cost_usd_not_positive", lambda b: _positive(b.max_total_cost_usd), "max_total_cost_usd"),
    ("budget_max_total_tokens_not_positive", lambda b: _positive(b.max_total_tokens), "max_total_tokens"),
    *_LIMITS,
)


def check_config(config: Phase1) -> None:
    """All rules, in order. Raises Declined with the code of the first that does not hold."""
    parts: tuple[tuple[Eval | MutationPolicy | Scope | Budget, Sequence[Rule]], ...] = (
        (config.eval, _EVAL), (config.mutation_policy, _POLICY), (config.scope, _SCOPE), (config.budget, _BUDGET),
    )  # fmt: skip
    for part, rules in parts:
        _check(part, rules)


def check_campaign_limits(budget: Budget) -> None:
    """The two limits of a whole campaign, which may be changed later. Raises Declined."""
    _check(budget, _LIMITS)


def _check(part: Any, rules: Sequence[Rule]) -> None:
    for code, holds, names in rules:
        if not holds(part):
            found = ", ".join(f"{name} is {getattr(part, name)!r}" for name in names.split(", "))
            raise Declined(code, found=found)

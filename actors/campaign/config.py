"""The five frozen inputs of a campaign as they are kept (optimization spec 4). Pure."""

from __future__ import annotations

from attrs import frozen

__all__ = ["LABELS", "Budget", "Eval", "MutationPolicy", "Phase1", "Scope"]

LABELS = ("objective", "eval", "mutation_policy", "scope", "budget")
"""The inputs, in the order in which they are frozen, read and checked."""


@frozen
class Eval:
    """How candidates are measured (4.3), and when the baseline is measured again."""

    pack_ref: str
    primary_metric: str
    secondary_metric: str
    campaign_start_baseline_runs: int
    baseline_replay_every_candidates: int
    baseline_replay_every_minutes: int
    hard_guardrails: tuple[str, ...] = ()


@frozen
class MutationPolicy:
    """What one candidate may change, and by how much (4.4). `timeout_delta_percent` is a fraction; times are milliseconds."""

    max_nodes_changed_per_candidate: int
    max_field_families_changed_per_candidate: int
    max_text_delta_chars: int
    max_text_delta_ratio: float
    timeout_delta_percent: float
    timeout_delta_ms: int
    timeout_min_ms: int
    timeout_max_ms: int
    retry_delta: int
    retry_min: int
    retry_max: int
    allowed_text_fields: tuple[str, ...] = ()
    allowed_knob_fields: tuple[str, ...] = ()
    allow_text_and_knob_bundle: bool = False

    def allows(self, field: str) -> bool:
        """Whether a candidate may change that field."""
        return field in self.allowed_text_fields or field in self.allowed_knob_fields


@frozen
class Scope:
    """The author's promises (4.5). `forbidden_fields` informs; everything but the mutable fields is forbidden anyway."""

    candidate_snapshot_only: bool
    allow_live_source_mutation: bool
    allow_external_side_effects_in_eval: bool
    promotion_requires_operator_approval: bool
    forbidden_fields: tuple[str, ...] = ()


@frozen
class Budget:
    """Limits (4.6): `max_runtime_minutes` and `max_total_*` of each run, the others of the campaign."""

    max_experiments: int
    max_runtime_minutes: int
    max_consecutive_failures: int
    max_total_cost_usd: float | None = None
    max_total_tokens: int | None = None
    campaign_max_cost_usd: float | None = None
    campaign_max_tokens: int | None = None


@frozen
class Phase1:
    """All of it. The word stands in records and stays; there is no other phase."""

    objective_markdown: str
    eval: Eval
    mutation_policy: MutationPolicy
    scope: Scope
    budget: Budget

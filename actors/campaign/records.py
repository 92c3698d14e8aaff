"""What campaigns write down of measurements and mutations (optimization spec 3.4 to 3.6). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import Factory, frozen

__all__ = ["FIELD_PATHS", "KNOBS", "TEXTS", "Decision", "Metrics", "MutableField", "Mutation", "Pair", "Replay", "Spend"]

MutableField = Literal["objective", "output_contract_summary_guidance", "timeout_ms", "retry_policy_max_attempts", "retry_policy_retries"]

FIELD_PATHS: Final[Mapping[str, str]] = {
    "objective": "objective",
    "output_contract_summary_guidance": "output_contract.summary_guidance",
    "timeout_ms": "timeout_ms",
    "retry_policy_max_attempts": "retry_policy.max_attempts",
    "retry_policy_retries": "retry_policy.retries",
}
"""Every field that a candidate may change, with its place in a node."""
TEXTS: Final = ("objective", "output_contract_summary_guidance")
KNOBS: Final = ("timeout_ms", "retry_policy_max_attempts", "retry_policy_retries")


@frozen
class Metrics:
    """What a run is worth: rates between 0 and 1, a count, and whether the run kept its budget. Numbers have at most 9 places."""

    artifact_validator_pass_rate: float
    unmet_requirement_count: float
    blocked_node_rate: float
    budget_within_limits: bool


@frozen
class Spend:
    """What one run or many have used; `unpriced` calls have no cost."""

    tokens: int
    cost_usd: float
    unpriced: bool = False


@frozen
class Replay:
    """A measured run of the baseline. `validator_case_outcomes` maps node ids to outcomes in lower case."""

    replay_id: str
    phase1_metrics: Metrics
    recorded_at_ms: int
    run_id: str | None = None
    validator_case_outcomes: Mapping[str, str] = Factory(dict)
    experiment_count_at_recording: int = 0


@frozen
class Pair:
    """A run of a candidate beside one of its baseline, measured, and which of them was better."""

    candidate: Metrics
    baseline: Metrics
    outcome: Literal["won", "lost", "tied"]


@frozen
class Mutation:
    """The one change of a candidate. `summary` is a line for people."""

    node_id: str
    field: MutableField
    summary: str
    before: Any
    after: Any


@frozen
class Decision:
    """What the comparison with the baseline says, and the code of the rule that said it."""

    decision: Literal["promote", "discard", "needs_operator_review"]
    reason: str

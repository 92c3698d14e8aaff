"""What a finished run is worth (optimization spec 6). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from actors.campaign.config import Budget
from actors.campaign.decimals import exact, round9
from actors.campaign.declined import Declined
from actors.campaign.records import Metrics, Spend

__all__ = ["Measured", "case_outcomes", "means", "metrics_of"]


@frozen
class Measured:
    """A finished run: `outputs` by node, `execution_ms` without the time in which it waited for people, `unpriced` calls have no cost."""

    outputs: Mapping[str, Any]
    blocked_nodes: int
    tokens: int
    cost_usd: float
    unpriced: bool
    execution_ms: int

    @property
    def spend(self) -> Spend:
        """What of it counts against the limits of a whole campaign."""
        return Spend(self.tokens, self.cost_usd, self.unpriced)


def metrics_of(run: Measured, budget: Budget, baseline_nodes: int) -> Metrics:
    """Its metrics; blocked nodes count against those of the baseline. Raises Declined where nothing was validated."""
    summaries = list(_summaries(run.outputs).values())
    if not summaries:
        raise Declined("run_without_validator_outputs")
    passed = sum(_outcome(summary) == "passed" for summary in summaries)
    unmet = sum(len(found) for summary in summaries if isinstance(found := summary.get("unmet_requirements"), list))
    return Metrics(
        artifact_validator_pass_rate=exact(Decimal(passed) / len(summaries)),
        unmet_requirement_count=float(unmet),
        blocked_node_rate=exact(Decimal(run.blocked_nodes) / max(1, baseline_nodes)),
        budget_within_limits=_within(run, budget),
    )


def means(found: Sequence[Metrics]) -> Metrics:
    """The arithmetic means; within budget where all are."""

    def mean(values: list[float]) -> float:
        return exact(sum(map(round9, values), Decimal(0)) / len(values))

    return Metrics(
        mean([one.artifact_validator_pass_rate for one in found]), mean([one.unmet_requirement_count for one in found]),
        mean([one.blocked_node_rate for one in found]), all(one.budget_within_limits for one in found),
    )  # fmt: skip


def case_outcomes(outputs: Mapping[str, Any]) -> dict[str, str]:
    """The outcome of each node that has one, trimmed and in lower case."""
    found = {node_id: _outcome(summary) for node_id, summary in _summaries(outputs).items()}
    return {node_id: outcome for node_id, outcome in found.items() if outcome}


def _summaries(outputs: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = {node_id: output.get("validator_summary") for node_id, output in outputs.items() if isinstance(output, Mapping)}
    return {node_id: summary for node_id, summary in found.items() if isinstance(summary, Mapping)}


def _outcome(summary: Mapping[str, Any]) -> str:
    outcome = summary.get("outcome")
    return outcome.strip().lower() if isinstance(outcome, str) else ""


def _within(run: Measured, budget: Budget) -> bool:
    """All limits of one run, inclusive; a call without a price breaks a limit of money."""
    tokens = budget.max_total_tokens is None or run.tokens <= budget.max_total_tokens
    money = budget.max_total_cost_usd is None or (not run.unpriced and round9(run.cost_usd) <= round9(budget.max_total_cost_usd))
    return tokens and money and run.execution_ms <= budget.max_runtime_minutes * 60_000

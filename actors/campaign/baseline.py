"""When the baseline's quality is known, and when it is to be measured again (optimization spec 8 and 9). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from actors.campaign.config import Eval
from actors.campaign.decimals import round9
from actors.campaign.declined import Declined
from actors.campaign.measuring import means
from actors.campaign.records import Metrics, Replay

__all__ = ["due", "establish", "needed"]

_MOST_SPREAD = Decimal("0.05")
_MOST_FLAKY = Decimal("0.10")


def needed(config: Eval) -> int:
    """How many replays make a baseline."""
    return max(1, config.campaign_start_baseline_runs)


def establish(replays: Sequence[Replay], config: Eval) -> Metrics:
    """The means of the last replays. Raises Declined where they are too few, too dear or too far apart."""
    wanted = needed(config)
    if len(replays) < wanted:
        raise Declined("baseline_replays_insufficient", required=wanted, found=len(replays))
    last = [replay.phase1_metrics for replay in replays[-wanted:]]
    if not all(metrics.budget_within_limits for metrics in last):
        raise Declined("baseline_over_budget")
    rates = [round9(metrics.artifact_validator_pass_rate) for metrics in last]
    blocked = [round9(metrics.blocked_node_rate) for metrics in last]
    for name, values in (("artifact_validator_pass_rate", rates), ("blocked_node_rate", blocked)):
        if (spread := max(values) - min(values)) > _MOST_SPREAD:
            raise Declined("baseline_drift_exceeded", metric=name, spread=float(spread))
    _check_flakiness(replays[-wanted:])
    return means(last)


def _check_flakiness(replays: Sequence[Replay]) -> None:
    seen: dict[str, set[str]] = {}
    for replay in replays:
        for case, outcome in replay.validator_case_outcomes.items():
            seen.setdefault(case, set()).add(outcome)
    flaky = sum(len(outcomes) > 1 for outcomes in seen.values())
    if seen and Decimal(flaky) / len(seen) > _MOST_FLAKY:
        raise Declined("baseline_flakiness_exceeded", flaky=flaky, cases=len(seen))


def due(
    replays: Sequence[Replay], pending: int, config: Eval, experiments: int, now: int
) -> Literal["initial", "candidates", "time"] | None:  # fmt: skip
    """Why the baseline is to be replayed now, or None. `now` is in milliseconds."""
    if pending > 0:
        return None
    if len(replays) < needed(config):
        return "initial"
    last = replays[-1]
    if max(0, experiments - last.experiment_count_at_recording) >= max(1, config.baseline_replay_every_candidates):
        return "candidates"
    elapsed = max(0, now - last.recorded_at_ms)
    return "time" if elapsed >= max(1, config.baseline_replay_every_minutes) * 60_000 else None

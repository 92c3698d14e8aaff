"""A person's word about a winner (optimization spec 15 and 15.1). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.campaign import events as e
from actors.campaign.declined import Declined
from actors.campaign.definition import ABSENT, nodes_of, value_at
from actors.campaign.evaluating import request_promotion
from actors.campaign.mutation import validate
from actors.campaign.promotion import compare
from actors.campaign.record import Experiment
from actors.campaign.records import FIELD_PATHS, Decision
from actors.campaign.step import Step

__all__ = ["approve_winner", "reject_winner", "the_experiment"]

_STANDING = ("draft", "running", "awaiting_promotion_approval")


def the_experiment(step: Step, experiment_id: str | None) -> Experiment:
    """The one that is meant. Raises Declined where none is named, or none is there."""
    name = (experiment_id or "").strip()
    if not name:
        raise Declined("experiment_id_required")
    found = step.campaign.experiments.get(name)
    if found is None:
        raise Declined("experiment_not_found", experiment_id=name)
    return found


def _recommended(step: Step, experiment_id: str | None) -> Experiment:
    found = the_experiment(step, experiment_id)
    if found.status != "promotion_recommended":
        raise Declined("experiment_not_recommended", experiment_id=found.experiment_id, status=found.status)
    return found


def approve_winner(step: Step, experiment_id: str | None) -> None:
    """Make it the baseline. One that is not better than the present baseline is refused by a fact, and by Declined after it."""
    campaign, one = step.campaign, _recommended(step, experiment_id)
    if one.baseline_hash != campaign.baseline_hash:
        raise Declined("baseline_snapshot_hash_mismatch", found=one.baseline_hash[:12], expected=campaign.baseline_hash[:12])
    before, after = step.world.definition(campaign.baseline_digest), step.world.definition(one.candidate_digest)
    mutation = validate(before, after, campaign.phase1.mutation_policy)
    patch = e.Patch(
        mutation.node_id, mutation.field, FIELD_PATHS[mutation.field], _value(before, mutation.node_id, mutation.field),
        _value(after, mutation.node_id, mutation.field), step.now,
    )  # fmt: skip
    decision: Decision | None = None
    if campaign.baseline_metrics is not None:
        if one.phase1_metrics is None:
            raise Declined("promotion_metrics_missing", experiment_id=one.experiment_id)
        # What pairs have decided stands: they were measured beside this very baseline.
        decision = (one.promotion_decision if one.pairs else None) or compare(campaign.baseline_metrics, one.phase1_metrics)
        if decision.decision != "promote":
            step.emit(e.PromotionRefused(by=step.by, experiment_id=one.experiment_id, decision=decision))
            raise Declined(decision.reason, experiment_id=one.experiment_id)
    for run_id in list(campaign.pending):
        step.emit(e.BaselineReplayDropped(by=step.by, run_id=run_id, code="baseline_changed", spend=step.spend(run_id)))
    step.emit(
        e.PromotionApproved(
            by=step.by, experiment_id=one.experiment_id, apply_patch=patch, mutation_summary=one.mutation_summary or mutation.summary,
            old_baseline_hash=campaign.baseline_hash, new_baseline_hash=one.candidate_hash,
            baseline_metrics=one.phase1_metrics if decision is not None else None, decision=decision,
        )
    )  # fmt: skip
    for other in list(campaign.experiments.values()):
        if other.status == "promotion_recommended" and other.baseline_hash != campaign.baseline_hash:
            step.emit(e.ExperimentSuperseded(by=step.by, experiment_id=other.experiment_id))


def _value(definition: Mapping[str, Any], node_id: str, field: str) -> Any:
    node = next(node for node in nodes_of(definition) if node["node_id"] == node_id)
    value = value_at(node, field)
    return None if value is ABSENT else value


def reject_winner(step: Step, experiment_id: str | None, reason: str | None) -> None:
    """It is not wanted. Another winner on the same baseline is the next to be looked at."""
    campaign, one = step.campaign, _recommended(step, experiment_id)
    step.emit(e.PromotionRejected(by=step.by, experiment_id=one.experiment_id, reason=(reason or "").strip() or None))
    if campaign.promotion is not None:
        return
    for other in list(campaign.experiments.values()):
        if other.status == "promotion_recommended" and other.baseline_hash == campaign.baseline_hash and other.promotion_decision:
            status = "awaiting_promotion_approval" if campaign.status in _STANDING else campaign.status
            request_promotion(step, other.experiment_id, other.promotion_decision.reason, status)
            return

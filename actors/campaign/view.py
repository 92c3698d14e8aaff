"""A campaign and its experiments as JSON (optimization spec 3.7, 3.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import asdict

from actors.campaign.record import Campaign, Experiment
from actors.campaign.spending import spend_of
from actors.campaign.step import World

__all__ = ["TARGET_KIND", "campaign_json", "experiment_json"]

TARGET_KIND = "workflow_v2_prompt_objective_optimization"


def campaign_json(campaign: Campaign, world: World, *, snapshots: bool = True) -> dict[str, Any]:
    """The whole record, with what it has spent; without `snapshots` their hashes alone."""
    created = campaign.created
    spend = spend_of(campaign, world)
    found: dict[str, Any] = {
        "campaign_id": campaign.campaign_id, "name": created.name, "target_kind": TARGET_KIND, "status": campaign.status,
        "source_workflow_id": created.source_workflow_id, "source_workflow_name": created.source_workflow_name,
        "source_workflow_snapshot_hash": created.source_hash, "baseline_snapshot_hash": campaign.baseline_hash,
        "artifacts": dict(created.artifacts), "frozen_artifacts": _plain(created.frozen_artifacts), "phase1": asdict(campaign.phase1),
        "execution_override": created.execution_override,
        "evaluations_per_candidate": created.evaluations_per_candidate, "proposer": created.proposer,
        "baseline_metrics": _maybe(campaign.baseline_metrics),
        "baseline_replays": [asdict(replay) for replay in campaign.replays], "pending_baseline_run_ids": list(campaign.pending),
        "pending_promotion_experiment_id": campaign.promotion, "started_at_ms": campaign.started_at_ms,
        "last_pause_reason": campaign.note.reason if campaign.note else None,
        "last_pause_detail": campaign.note.detail if campaign.note else None,
        "warnings": [dict(warning) for warning in created.warnings], "created_at_ms": campaign.created_at_ms,
        "updated_at_ms": campaign.updated_at_ms, "metadata": created.metadata,
        "spent_tokens": spend.tokens, "spent_cost_usd": spend.cost_usd,
    }  # fmt: skip
    if snapshots:
        found["source_workflow_snapshot"] = dict(world.definition(created.source_digest))
        found["baseline_snapshot"] = dict(world.definition(campaign.baseline_digest))
    return {name: value for name, value in found.items() if value is not None}


def experiment_json(campaign: Campaign, one: Experiment, world: World, *, snapshots: bool = True) -> dict[str, Any]:
    """The whole record of one candidate."""
    metadata: dict[str, Any] = {
        "generator": one.generator, "eval_run_id": one.eval_run_id, "mutation": asdict(one.mutation), "eval_failure": one.eval_failure,
        "apply_patch": _maybe(one.apply_patch), "applied_to_live": one.applied, "replay_run_id": one.replay_run_id,
        "pairs": [asdict(pair) for pair in one.pairs] or None,
    }  # fmt: skip
    decision = one.promotion_decision
    found: dict[str, Any] = {
        "experiment_id": one.experiment_id, "campaign_id": campaign.campaign_id, "status": one.status,
        "candidate_snapshot_hash": one.candidate_hash, "baseline_snapshot_hash": one.baseline_hash,
        "mutation_summary": one.mutation_summary, "metrics": _maybe(one.phase1_metrics), "phase1_metrics": _maybe(one.phase1_metrics),
        "baseline_metrics": _maybe(one.compared_with),
        "promotion_recommendation": decision.decision if decision else None, "promotion_decision": _maybe(decision),
        "created_at_ms": one.created_at_ms, "updated_at_ms": one.updated_at_ms, "ended_at_ms": one.ended_at_ms,
        "metadata": {name: value for name, value in metadata.items() if value is not None},
    }  # fmt: skip
    if snapshots:
        found["candidate_snapshot"] = dict(world.definition(one.candidate_digest))
    return {name: value for name, value in found.items() if value is not None}


def _maybe(record: Any) -> dict[str, Any] | None:
    return None if record is None else asdict(record)


def _plain(records: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asdict(record) for name, record in records.items()}

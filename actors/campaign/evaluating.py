"""Candidates: which one is tried next, and what the end of its run brings (optimization spec 11 and 12). Pure."""

from __future__ import annotations

from typing import Any

from actors.campaign import events as e
from actors.campaign.declined import Declined
from actors.campaign.generator import GENERATOR, candidates
from actors.campaign.promotion import compare
from actors.campaign.record import Experiment
from actors.campaign.replaying import measure
from actors.campaign.step import CANDIDATE_EVAL, RunSeen, Step

__all__ = ["WAITING_CANDIDATE", "ingest_evaluations", "queue_candidate", "request_promotion"]

WAITING_CANDIDATE = e.Note("waiting_candidate_evaluation")


def ingest_evaluations(step: Step) -> None:
    """Take in candidates whose runs have ended, oldest first; then look whether too many failed one after the other."""
    if step.campaign.baseline_metrics is None:
        return
    for experiment in list(step.campaign.experiments.values()):
        if experiment.status == "draft":
            _ingest(step, experiment)
    _check_failures(step)


def _ingest(step: Step, experiment: Experiment) -> None:
    run = step.world.run(experiment.eval_run_id)
    if run is not None and not run.terminal:
        return
    failure = _failure(step, experiment, run)
    if failure is not None or run is None:
        spend = step.spend(experiment.eval_run_id)
        step.emit(e.ExperimentFailed(by=step.by, experiment_id=experiment.experiment_id, eval_failure=failure or {}, spend=spend))
        return
    campaign, base = step.campaign, step.campaign.baseline_metrics
    assert base is not None, "nothing is compared without a baseline"
    metrics = measure(step, run)
    decision = compare(base, metrics)
    discarded = decision.decision == "discard"
    note = e.Note(decision.reason) if discarded and campaign.status == "running" else None
    step.emit(
        e.ExperimentEvaluated(
            by=step.by, experiment_id=experiment.experiment_id, phase1_metrics=metrics, decision=decision,
            status="discarded" if discarded else "promotion_recommended", note=note, spend=run.measured.spend,
        )
    )  # fmt: skip
    if not discarded and campaign.promotion is None:
        request_promotion(step, experiment.experiment_id, decision.reason)


def request_promotion(step: Step, experiment_id: str, reason: str, status: e.CampaignStatus = "awaiting_promotion_approval") -> None:
    """A person is to look at that winner."""
    step.emit(e.PromotionRequested(by=step.by, experiment_id=experiment_id, note=e.Note(reason), status=status))


def _failure(step: Step, experiment: Experiment, run: RunSeen | None) -> dict[str, Any] | None:
    """Why the run says nothing about the candidate, or None."""
    if run is None:
        return {"run_id": experiment.eval_run_id, "reason": "run_not_found"}
    told = {"run_id": run.run_id, "status": run.status}
    if run.status != "completed":
        return told
    if experiment.baseline_hash != step.campaign.baseline_hash:
        return {**told, "reason": "baseline_snapshot_hash_mismatch"}
    try:
        measure(step, run)
    except Declined as declined:
        return {**told, "reason": declined.code}
    return None


def _check_failures(step: Step) -> None:
    """Candidates that failed at the end of the row, since the campaign was started last."""
    campaign = step.campaign
    if campaign.status == "awaiting_promotion_approval":
        return
    row = [one for one in campaign.experiments.values() if not one.forgiven]
    count = 0
    for one in reversed(row):
        if one.status != "failed":
            break
        count += 1
    if count >= campaign.phase1.budget.max_consecutive_failures:
        step.emit(e.CampaignFailed(by=step.by, note=e.Note("consecutive_failures_reached", f"count={count}"), count=count))


def queue_candidate(step: Step) -> None:
    """Try the first mutation that was never tried from this baseline, or be done."""
    campaign = step.campaign
    if any(one.status == "draft" for one in campaign.experiments.values()) or campaign.promotion is not None:
        return
    count = len(campaign.experiments)
    if count >= campaign.phase1.budget.max_experiments:
        step.emit(e.CampaignCompleted(by=step.by, note=e.Note("experiment_budget_exhausted"), count=count))
        return
    seen = {one.candidate_hash for one in campaign.experiments.values()}
    for candidate in candidates(step.world.definition(campaign.baseline_digest), campaign.phase1):
        digest, hashed = step.world.name(candidate.snapshot)
        if hashed not in seen:
            step.contents.append(candidate.snapshot)
            run_id = step.want(digest, CANDIDATE_EVAL)
            step.emit(
                e.ExperimentQueued(
                    by=step.by, experiment_id=step.new_id("opt-exp"), run_id=run_id, candidate_digest=digest, candidate_hash=hashed,
                    baseline_hash=campaign.baseline_hash, mutation=candidate.mutation, generator=GENERATOR, note=WAITING_CANDIDATE,
                )
            )  # fmt: skip
            return
    step.emit(e.CampaignCompleted(by=step.by, note=e.Note("mutations_exhausted"), count=count))

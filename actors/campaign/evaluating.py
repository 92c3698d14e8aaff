"""Candidates: which one is tried next, and what the end of its run brings (optimization spec 11 and 12). Pure."""

from __future__ import annotations

from typing import Any

from actors.campaign import events as e
from actors.campaign.declined import Declined
from actors.campaign.generator import GENERATOR, Candidate, candidates
from actors.campaign.measuring import means
from actors.campaign.promotion import compare, decide, pair_of
from actors.campaign.proposing import MOST_REFUSALS, ask_for_proposal, take_proposal
from actors.campaign.record import Experiment
from actors.campaign.records import Decision, Metrics, Pair
from actors.campaign.replaying import measure
from actors.campaign.step import BASELINE_REPLAY, CANDIDATE_EVAL, RunSeen, Step

__all__ = ["WAITING_CANDIDATE", "ingest_evaluations", "queue_candidate", "request_promotion"]

WAITING_CANDIDATE = e.Note("waiting_candidate_evaluation")


def ingest_evaluations(step: Step) -> None:
    """Take in candidates whose runs have ended, oldest first; then look whether too many failed one after the other."""
    if step.campaign.baseline_metrics is None:
        return
    for experiment in list(step.campaign.experiments.values()):
        if experiment.status == "draft" and experiment.under_way:
            _ingest(step, experiment)
    _check_failures(step)


def _ingest(step: Step, experiment: Experiment) -> None:
    run_ids = [run_id for run_id in (experiment.eval_run_id, experiment.replay_run_id) if run_id is not None]
    runs = [step.world.run(run_id) for run_id in run_ids]
    if any(run is not None and not run.terminal for run in runs):
        return
    measured: list[Metrics] = []
    for run_id, run in zip(run_ids, runs, strict=True):
        found = _measured(step, experiment, run_id, run)
        if not isinstance(found, Metrics):
            _fail(step, experiment, found)
            return
        measured.append(found)
    if experiment.replay_run_id is None:
        base = step.campaign.baseline_metrics
        assert base is not None, "nothing is compared without a baseline"
        _evaluated(step, experiment, measured[0], compare(base, measured[0]))
    else:
        _pair_measured(step, experiment, pair_of(measured[1], measured[0]))


def _pair_measured(step: Step, experiment: Experiment, pair: Pair) -> None:
    """One pair more; where that decides, the candidate is evaluated by the means of all."""
    spend, replay_spend = step.spend(experiment.eval_run_id), step.spend(str(experiment.replay_run_id))
    named = experiment.experiment_id
    step.emit(e.EvaluationPairMeasured(by=step.by, experiment_id=named, pair=pair, spend=spend, replay_spend=replay_spend))
    decision = decide(experiment.pairs, step.campaign.created.evaluations_per_candidate)
    if decision is not None:
        _evaluated(step, experiment, means([one.candidate for one in experiment.pairs]), decision)


def _evaluated(step: Step, experiment: Experiment, metrics: Metrics, decision: Decision) -> None:
    campaign, discarded = step.campaign, decision.decision == "discard"
    note = e.Note(decision.reason) if discarded and campaign.status == "running" else None
    step.emit(
        e.ExperimentEvaluated(
            by=step.by, experiment_id=experiment.experiment_id, phase1_metrics=metrics, decision=decision,
            status="discarded" if discarded else "promotion_recommended", note=note, spend=step.spend(experiment.eval_run_id),
        )
    )  # fmt: skip
    if not discarded and campaign.promotion is None:
        request_promotion(step, experiment.experiment_id, decision.reason)


def request_promotion(step: Step, experiment_id: str, reason: str, status: e.CampaignStatus = "awaiting_promotion_approval") -> None:
    """A person is to look at that winner."""
    step.emit(e.PromotionRequested(by=step.by, experiment_id=experiment_id, note=e.Note(reason), status=status))


def _measured(step: Step, experiment: Experiment, run_id: str, run: RunSeen | None) -> Metrics | dict[str, Any]:
    """The run's metrics, or why it says nothing about the candidate."""
    if run is None:
        return {"run_id": run_id, "reason": "run_not_found"}
    told = {"run_id": run.run_id, "status": run.status}
    if run.status != "completed":
        return told
    if experiment.baseline_hash != step.campaign.baseline_hash:
        return {**told, "reason": "baseline_snapshot_hash_mismatch"}
    try:
        return measure(step, run)
    except Declined as declined:
        return {**told, "reason": declined.code}


def _fail(step: Step, experiment: Experiment, failure: dict[str, Any]) -> None:
    replay = experiment.replay_run_id
    step.emit(
        e.ExperimentFailed(
            by=step.by, experiment_id=experiment.experiment_id, eval_failure=failure, spend=step.spend(experiment.eval_run_id),
            replay_spend=None if replay is None else step.spend(replay),
        )
    )  # fmt: skip


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
    draft = next((one for one in campaign.experiments.values() if one.status == "draft"), None)
    if draft is not None and not draft.under_way:
        _queue_pair(step, draft)
    if draft is not None or campaign.promotion is not None:
        return
    count = len(campaign.experiments)
    if count >= campaign.phase1.budget.max_experiments:
        step.emit(e.CampaignCompleted(by=step.by, note=e.Note("experiment_budget_exhausted"), count=count))
        return
    seen = {one.candidate_hash for one in campaign.experiments.values()}
    if campaign.proposal is not None and (proposed := take_proposal(step, tuple(seen))) is not None:
        _try(step, proposed, f"persona:{campaign.created.proposer}", campaign.proposal)
    elif campaign.proposal is None and campaign.created.proposer is not None and campaign.refusals < MOST_REFUSALS:
        ask_for_proposal(step)
    elif campaign.proposal is None:
        _try_by_rule(step, seen, count)


def _try_by_rule(step: Step, seen: set[str], count: int) -> None:
    campaign = step.campaign
    for candidate in candidates(step.world.definition(campaign.baseline_digest), campaign.phase1):
        if step.world.name(candidate.snapshot)[1] not in seen:
            _try(step, candidate, GENERATOR, None)
            return
    step.emit(e.CampaignCompleted(by=step.by, note=e.Note("mutations_exhausted"), count=count))


def _try(step: Step, candidate: Candidate, generator: str, proposal: str | None) -> None:
    """Have the candidate run; `proposal` is the run that proposed it."""
    campaign = step.campaign
    digest, hashed = step.world.name(candidate.snapshot)
    step.contents.append(candidate.snapshot)
    run_id, named = step.want(digest, CANDIDATE_EVAL), step.new_id("opt-exp")
    step.emit(
        e.ExperimentQueued(
            by=step.by, experiment_id=named, run_id=run_id, candidate_digest=digest, candidate_hash=hashed,
            baseline_hash=campaign.baseline_hash, mutation=candidate.mutation, generator=generator, note=WAITING_CANDIDATE,
            proposal_run_id=proposal, proposal_spend=None if proposal is None else step.spend(proposal),
        )
    )  # fmt: skip
    if campaign.created.evaluations_per_candidate > 1:
        _queue_pair(step, campaign.experiments[named])


def _queue_pair(step: Step, experiment: Experiment) -> None:
    """One more evaluation, and a run of the baseline beside it; the evaluation of the first pair is there already."""
    if experiment.baseline_hash != step.campaign.baseline_hash:
        _fail(step, experiment, {"run_id": experiment.eval_run_id, "reason": "baseline_snapshot_hash_mismatch"})
        return
    run_id = experiment.eval_run_id if experiment.under_way else step.want(experiment.candidate_digest, CANDIDATE_EVAL)
    replay = step.want(step.campaign.baseline_digest, BASELINE_REPLAY)
    number = len(experiment.pairs) + 1
    step.emit(
        e.EvaluationPairQueued(by=step.by, experiment_id=experiment.experiment_id, number=number, run_id=run_id, replay_run_id=replay)
    )

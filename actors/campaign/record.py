"""What a campaign's log folds to: the campaign, and its experiments in the order of their creation (optimization spec 3). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import Factory, define, evolve

from actors.campaign import events as e
from actors.campaign.config import Phase1
from actors.campaign.measuring import means
from actors.campaign.records import Decision, Metrics, Mutation, Pair, Replay, Spend

__all__ = ["Campaign", "Experiment", "ExperimentStatus"]

ExperimentStatus = Literal[
    "draft", "completed", "promotion_recommended", "promotion_approved", "promotion_rejected", "discarded", "failed"
]  # fmt: skip


@define(eq=False)
class Experiment:
    """One candidate. `baseline_hash` is that of the baseline it was derived from; `ended_at_ms`: when it left `draft`.

    `approved` counts approvals of the campaign in their order, `applied` is what the live workflow knows of it. `forgiven`: it ended
    before the campaign was started last. `pairs` are those that were measured, where a candidate has several evaluations; `under_way`:
    its run has not been measured yet, nor that of the baseline beside it (`replay_run_id`). `compared_with` are the metrics
    of the baseline when it was evaluated: those of the campaign, or the means of its pairs.
    """

    experiment_id: str
    candidate_digest: str
    candidate_hash: str
    baseline_hash: str
    mutation: Mutation
    generator: str
    eval_run_id: str
    created_at_ms: int
    updated_at_ms: int
    status: ExperimentStatus = "draft"
    mutation_summary: str = ""
    phase1_metrics: Metrics | None = None
    promotion_decision: Decision | None = None
    eval_failure: Mapping[str, Any] | None = None
    apply_patch: e.Patch | None = None
    applied: Mapping[str, Any] | None = None
    ended_at_ms: int | None = None
    approved: int = 0
    forgiven: bool = False
    under_way: bool = True
    replay_run_id: str | None = None
    pairs: list[Pair] = Factory(list)
    compared_with: Metrics | None = None


@define(eq=False)
class Campaign:
    """`runs` are all runs that it ever made or recorded, each with what it had used when it was taken in; `seq` is the length of its log.

    `proposal` is the run in which a persona is asked for a candidate, `refusals` counts its proposals in a row that were of no use.
    `dropped` are runs of a baseline that was replaced while they were under way: they are asked to cancel, in the name of who
    replaced it.
    """

    campaign_id: str
    created: e.CampaignCreated
    status: e.CampaignStatus
    baseline_digest: str
    baseline_hash: str
    phase1: Phase1
    created_at_ms: int
    updated_at_ms: int
    seq: int = 1
    note: e.Note | None = None
    baseline_metrics: Metrics | None = None
    replays: list[Replay] = Factory(list)
    pending: list[str] = Factory(list)
    promotion: str | None = None
    started_at_ms: int | None = None
    experiments: dict[str, Experiment] = Factory(dict)
    runs: dict[str, Spend | None] = Factory(dict)
    dropped: dict[str, str] = Factory(dict)
    proposal: str | None = None
    refusals: int = 0
    approvals: int = 0
    deleted: bool = False

    @classmethod
    def begin(cls, campaign_id: str, fact: e.CampaignCreated, at_ms: int) -> Campaign:
        """As its first fact says."""
        return cls(campaign_id, fact, "draft", fact.baseline_digest, fact.baseline_hash, fact.phase1, at_ms, at_ms)

    @property
    def eligible(self) -> bool:
        """Whether the reconciler looks at it."""
        return not self.deleted and (self.status == "running" or (self.status == "draft" and self.started_at_ms is not None))

    @property
    def active_runs(self) -> list[str]:
        """Runs whose ends it waits for."""
        drafts = [one for one in self.experiments.values() if one.status == "draft" and one.under_way]
        asked = [] if self.proposal is None else [self.proposal]
        return self.pending + asked + [run_id for one in drafts for run_id in (one.eval_run_id, one.replay_run_id) if run_id is not None]

    def apply(self, fact: e.CampaignFact, at_ms: int) -> None:
        """One more fact."""
        self.seq += 1
        self.updated_at_ms = at_ms
        match fact:
            case e.CampaignStarted() | e.CampaignResumed():
                if isinstance(fact, e.CampaignStarted):
                    self._forgive()
                self.status, self.note, self.started_at_ms = fact.status, fact.note, fact.started_at_ms
            case e.CampaignPaused():
                self.status, self.note = fact.status, fact.note
            case e.CampaignLimitsChanged(campaign_max_tokens=tokens, campaign_max_cost_usd=cost):
                budget = evolve(self.phase1.budget, campaign_max_tokens=tokens, campaign_max_cost_usd=cost)
                self.phase1 = evolve(self.phase1, budget=budget)
            case e.CampaignNoteChanged():
                self.note = fact.note
            case e.CampaignCompleted() | e.CampaignFailed():
                self.status = "completed" if isinstance(fact, e.CampaignCompleted) else "failed"
                self.note = fact.note
            case e.CampaignDeleted():
                self.deleted = True
            case _:
                self._measured(fact, at_ms)

    def _forgive(self) -> None:
        for one in self.experiments.values():
            one.forgiven = one.forgiven or one.ended_at_ms is not None

    def _measured(self, fact: e.CampaignFact, at_ms: int) -> None:
        match fact:
            case e.BaselineReplayQueued():
                self.pending.append(fact.run_id)
                self.runs[fact.run_id] = None
                self.status, self.note = fact.status, fact.note
            case e.BaselineReplayRecorded(replay=replay):
                self.replays.append(replay)
                self._drop(str(replay.run_id), fact.spend)
            case e.BaselineReplayDropped(run_id=run_id, code=code):
                self._drop(run_id, fact.spend)
                if code == "baseline_changed":
                    self.dropped[run_id] = fact.by
            case e.BaselineEstablished():
                self.baseline_metrics = fact.baseline_metrics
                self.note = self.note if self.status == fact.status else None
                self.status = fact.status
            case e.ExperimentQueued():
                self._queued(fact, at_ms)
            case e.WinnerApplied():
                told = {"workflow_id": fact.workflow_id, "applied_at_ms": at_ms, "field": fact.field, "node_id": fact.node_id}
                self._moved(fact.experiment_id, at_ms).applied = told
            case e.BaselineRejected():
                pass  # what follows from it is a fact of its own
            case _:
                self._judged(fact, at_ms)

    def _judged(self, fact: e.CampaignFact, at_ms: int) -> None:
        match fact:
            case e.EvaluationPairQueued():
                one = self._moved(fact.experiment_id, at_ms)
                one.under_way, one.eval_run_id, one.replay_run_id = True, fact.run_id, fact.replay_run_id
                self.runs |= {fact.run_id: None, fact.replay_run_id: None}
            case e.EvaluationPairMeasured():
                one = self._moved(fact.experiment_id, at_ms)
                one.under_way = False
                one.pairs.append(fact.pair)
                self.runs |= {one.eval_run_id: fact.spend, str(one.replay_run_id): fact.replay_spend}
            case e.ExperimentEvaluated():
                one = self._moved(fact.experiment_id, at_ms)
                one.phase1_metrics, one.promotion_decision, one.ended_at_ms = fact.phase1_metrics, fact.decision, at_ms
                one.compared_with = means([pair.baseline for pair in one.pairs]) if one.pairs else self.baseline_metrics
                self.runs[one.eval_run_id] = fact.spend
                one.status = "discarded" if fact.decision.decision == "discard" else "promotion_recommended"
                self.note = fact.note or self.note
            case e.ExperimentFailed():
                one = self._moved(fact.experiment_id, at_ms)
                one.status, one.eval_failure, one.ended_at_ms = "failed", fact.eval_failure, at_ms
                self.runs[one.eval_run_id] = fact.spend
                if one.replay_run_id is not None:
                    self.runs[one.replay_run_id] = fact.replay_spend
            case e.ProposalQueued():
                self.proposal, self.note = fact.run_id, fact.note
                self.runs[fact.run_id] = None
            case e.ProposalRefused():
                self.proposal, self.refusals = None, self.refusals + 1
                self.runs[fact.run_id] = fact.spend
            case e.ExperimentSuperseded():
                self._moved(fact.experiment_id, at_ms).status = "discarded"
            case e.PromotionRequested():
                self.promotion, self.status, self.note = fact.experiment_id, fact.status, fact.note
            case e.PromotionRefused():
                self._moved(fact.experiment_id, at_ms).promotion_decision = fact.decision
            case e.PromotionRejected():
                self._rejected(fact, at_ms)
            case _:
                assert isinstance(fact, e.PromotionApproved)
                self._approved(fact, at_ms)

    def _queued(self, fact: e.ExperimentQueued, at_ms: int) -> None:
        self.experiments[fact.experiment_id] = Experiment(
            fact.experiment_id, fact.candidate_digest, fact.candidate_hash, fact.baseline_hash, fact.mutation, fact.generator, fact.run_id,
            at_ms, at_ms, mutation_summary=fact.mutation.summary,
        )  # fmt: skip
        self.runs[fact.run_id] = None
        self.note = fact.note
        if fact.proposal_run_id is not None:
            self.proposal, self.refusals = None, 0
            self.runs[fact.proposal_run_id] = fact.proposal_spend

    def _approved(self, fact: e.PromotionApproved, at_ms: int) -> None:
        one = self._moved(fact.experiment_id, at_ms)
        self.approvals += 1
        one.status, one.apply_patch, one.mutation_summary, one.approved = (
            "promotion_approved", fact.apply_patch, fact.mutation_summary, self.approvals,
        )  # fmt: skip
        one.promotion_decision = fact.decision or one.promotion_decision
        self.baseline_metrics = fact.baseline_metrics or self.baseline_metrics
        self.baseline_digest, self.baseline_hash = one.candidate_digest, one.candidate_hash
        self.replays, self.pending, self.refusals = [], [], 0
        self._settle(None)

    def _rejected(self, fact: e.PromotionRejected, at_ms: int) -> None:
        self._moved(fact.experiment_id, at_ms).status = "promotion_rejected"
        if self.promotion in {fact.experiment_id, None}:
            self._settle(e.Note("winner_rejected", fact.reason))

    def _settle(self, note: e.Note | None) -> None:
        """A person has decided: the campaign goes on, unless it stands still for another reason."""
        self.promotion = None
        if self.status in {"draft", "running", "awaiting_promotion_approval"}:
            self.status, self.note = "draft", note

    def _drop(self, run_id: str, spend: Spend | None) -> None:
        self.runs[run_id] = spend
        if run_id in self.pending:
            self.pending.remove(run_id)

    def _moved(self, experiment_id: str, at_ms: int) -> Experiment:
        one = self.experiments[experiment_id]
        one.updated_at_ms = at_ms
        return one

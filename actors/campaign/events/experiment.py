"""Candidates of a campaign, and what people make of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import Factory, frozen

from actors.campaign.events.base import CampaignFact, CampaignStatus, Note, Patch
from actors.campaign.records import Decision, Metrics, Mutation, Pair, Spend

__all__ = [
    "EvaluationPairMeasured",
    "EvaluationPairQueued",
    "ExperimentEvaluated",
    "ExperimentFailed",
    "ExperimentQueued",
    "ExperimentSuperseded",
    "PromotionApproved",
    "PromotionRefused",
    "PromotionRejected",
    "PromotionRequested",
    "ProposalQueued",
    "ProposalRefused",
    "WinnerApplied",
]


@frozen(kw_only=True)
class ExperimentQueued(CampaignFact):
    """A candidate is tried; its run was made in the same commit. `proposal_run_id`: the run that proposed it."""

    kind: ClassVar[str] = "experiment_queued"
    experiment_id: str
    run_id: str
    candidate_digest: str
    candidate_hash: str
    baseline_hash: str
    mutation: Mutation
    generator: str
    note: Note
    proposal_run_id: str | None = None
    proposal_spend: Spend | None = None


@frozen(kw_only=True)
class ProposalQueued(CampaignFact):
    """A persona is asked for a candidate; the run that asks was made in the same commit."""

    kind: ClassVar[str] = "proposal_queued"
    run_id: str
    note: Note


@frozen(kw_only=True)
class ProposalRefused(CampaignFact):
    """What was proposed is not tried: `code` says why, `values` what was compared."""

    kind: ClassVar[str] = "proposal_refused"
    run_id: str
    code: str
    values: Mapping[str, Any] = Factory(dict)
    spend: Spend | None = None


@frozen(kw_only=True)
class EvaluationPairQueued(CampaignFact):
    """One more run of the candidate, and one of its baseline beside it, were made in the same commit (of a first pair, the latter)."""

    kind: ClassVar[str] = "evaluation_pair_queued"
    experiment_id: str
    number: int
    run_id: str
    replay_run_id: str


@frozen(kw_only=True)
class EvaluationPairMeasured(CampaignFact):
    """Both runs of a pair were measured. `spend` and `replay_spend` are what they used."""

    kind: ClassVar[str] = "evaluation_pair_measured"
    experiment_id: str
    pair: Pair
    spend: Spend | None = None
    replay_spend: Spend | None = None


@frozen(kw_only=True)
class ExperimentEvaluated(CampaignFact):
    """A candidate's run was measured and compared with the baseline. `spend` is what it used."""

    kind: ClassVar[str] = "experiment_evaluated"
    experiment_id: str
    phase1_metrics: Metrics
    decision: Decision
    status: str
    note: Note | None = None
    spend: Spend | None = None


@frozen(kw_only=True)
class ExperimentFailed(CampaignFact):
    """A candidate could not be measured; `eval_failure` says why. `spend` is what its run used."""

    kind: ClassVar[str] = "experiment_failed"
    experiment_id: str
    eval_failure: Mapping[str, Any]
    spend: Spend | None = None
    replay_spend: Spend | None = None


@frozen(kw_only=True)
class ExperimentSuperseded(CampaignFact):
    """Another winner became the baseline, so this one says nothing any more."""

    kind: ClassVar[str] = "experiment_superseded"
    experiment_id: str
    code: str = "baseline_snapshot_hash_mismatch"


@frozen(kw_only=True)
class PromotionRequested(CampaignFact):
    """A person is to approve the winner or to reject it."""

    kind: ClassVar[str] = "promotion_requested"
    experiment_id: str
    note: Note
    status: CampaignStatus = "awaiting_promotion_approval"


@frozen(kw_only=True)
class PromotionRefused(CampaignFact):
    """An approval was asked for, and the candidate is no better than the present baseline."""

    kind: ClassVar[str] = "promotion_refused"
    experiment_id: str
    decision: Decision


@frozen(kw_only=True)
class PromotionApproved(CampaignFact):
    """A person made the winner the baseline. The live workflow is untouched."""

    kind: ClassVar[str] = "promotion_approved"
    experiment_id: str
    apply_patch: Patch
    mutation_summary: str
    old_baseline_hash: str
    new_baseline_hash: str
    baseline_metrics: Metrics | None = None
    decision: Decision | None = None


@frozen(kw_only=True)
class PromotionRejected(CampaignFact):
    """A person does not want the winner."""

    kind: ClassVar[str] = "promotion_rejected"
    experiment_id: str
    reason: str | None = None


@frozen(kw_only=True)
class WinnerApplied(CampaignFact):
    """An approved winner is in the live workflow, in a new version that was stored in the same commit."""

    kind: ClassVar[str] = "winner_applied"
    experiment_id: str
    node_id: str
    field: str
    previous_value: Any
    new_value: Any
    workflow_id: str
    version: int

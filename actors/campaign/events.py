"""The facts of a campaign's own log (optimization spec 19). `by` is who acted: an operator's uid, or `reconciler`. Times are epoch ms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from attrs import Factory, frozen

from actors.campaign.config import Phase1
from actors.campaign.records import Decision, Metrics, Mutation, Replay
from actors.entity import Fact

__all__ = [
    "FACTS",
    "BaselineEstablished",
    "BaselineRejected",
    "BaselineReplayDropped",
    "BaselineReplayQueued",
    "BaselineReplayRecorded",
    "CampaignCompleted",
    "CampaignCreated",
    "CampaignDeleted",
    "CampaignFact",
    "CampaignFailed",
    "CampaignLimitsChanged",
    "CampaignNoteChanged",
    "CampaignPaused",
    "CampaignResumed",
    "CampaignStarted",
    "CampaignStatus",
    "ExperimentEvaluated",
    "ExperimentFailed",
    "ExperimentQueued",
    "ExperimentSuperseded",
    "Frozen",
    "Note",
    "Patch",
    "PromotionApproved",
    "PromotionRefused",
    "PromotionRejected",
    "PromotionRequested",
    "ReplayCause",
    "WinnerApplied",
]

CampaignStatus = Literal[
    "draft", "running", "awaiting_promotion_approval", "paused_manual", "paused_budget", "paused_evaluator_unstable", "completed", "failed",
]  # fmt: skip
ReplayCause = Literal["initial", "candidates", "time", "operator"]


@frozen
class Note:
    """What is to be known of the campaign now: a code, and an operator's words or the values that the code names."""

    reason: str
    detail: str | None = None


@frozen
class Frozen:
    """One of the five inputs as it was at creation; `sha256` in lower-case hex, `size_bytes` of the file."""

    artifact_ref: str
    resolved_path: str
    sha256: str
    size_bytes: int


@frozen
class Patch:
    """What an approved winner changes in the live workflow."""

    node_id: str
    field: str
    field_path: str
    expected_before: Any
    apply_value: Any
    approved_at_ms: int


@frozen
class CampaignFact(Fact):
    """What all of them say."""

    by: str = "reconciler"


@frozen(kw_only=True)
class CampaignCreated(CampaignFact):
    """A campaign begins, as a draft. Its snapshots lie among the contents under their digests; hashes are those of spec 3.10."""

    kind: ClassVar[str] = "campaign_created"
    name: str
    source_workflow_id: str
    source_workflow_name: str
    source_version: int
    source_digest: str
    source_hash: str
    baseline_digest: str
    baseline_hash: str
    inputs: Mapping[str, Any] = Factory(dict)
    workspace_root: str = ""
    artifacts: Mapping[str, str] = Factory(dict)
    frozen_artifacts: Mapping[str, Frozen] = Factory(dict)
    phase1: Phase1
    execution_override: Mapping[str, str] | None = None
    warnings: tuple[Mapping[str, Any], ...] = ()
    metadata: Any = None


@frozen(kw_only=True)
class CampaignStarted(CampaignFact):
    """An operator began it, or began it anew: the count of consecutive failures begins at 0."""

    kind: ClassVar[str] = "campaign_started"
    status: CampaignStatus
    note: Note | None = None
    started_at_ms: int


@frozen(kw_only=True)
class CampaignResumed(CampaignFact):
    """An operator let it go on."""

    kind: ClassVar[str] = "campaign_resumed"
    status: CampaignStatus
    note: Note | None = None
    started_at_ms: int


@frozen(kw_only=True)
class CampaignPaused(CampaignFact):
    """Nothing more is begun. Runs under way go on."""

    kind: ClassVar[str] = "campaign_paused"
    status: CampaignStatus
    note: Note


@frozen(kw_only=True)
class CampaignLimitsChanged(CampaignFact):
    """Limits of the whole campaign; None takes one away."""

    kind: ClassVar[str] = "campaign_limits_changed"
    campaign_max_tokens: int | None = None
    campaign_max_cost_usd: float | None = None


@frozen(kw_only=True)
class CampaignNoteChanged(CampaignFact):
    """The note alone is another."""

    kind: ClassVar[str] = "campaign_note_changed"
    note: Note | None = None


@frozen(kw_only=True)
class BaselineReplayQueued(CampaignFact):
    """A run of the baseline was made, in the same commit."""

    kind: ClassVar[str] = "baseline_replay_queued"
    run_id: str
    cause: ReplayCause
    status: CampaignStatus
    note: Note | None = None


@frozen(kw_only=True)
class BaselineReplayRecorded(CampaignFact):
    """A run of the baseline was measured."""

    kind: ClassVar[str] = "baseline_replay_recorded"
    replay: Replay


@frozen(kw_only=True)
class BaselineReplayDropped(CampaignFact):
    """A run of the baseline is not waited for any more, and why."""

    kind: ClassVar[str] = "baseline_replay_dropped"
    run_id: str
    code: str


@frozen(kw_only=True)
class BaselineEstablished(CampaignFact):
    """The baseline's quality is known."""

    kind: ClassVar[str] = "baseline_established"
    baseline_metrics: Metrics
    replay_ids: tuple[str, ...]
    status: CampaignStatus


@frozen(kw_only=True)
class BaselineRejected(CampaignFact):
    """The measured runs do not make a baseline, and why."""

    kind: ClassVar[str] = "baseline_rejected"
    code: str
    values: Mapping[str, Any] = Factory(dict)
    replay_ids: tuple[str, ...] = ()


@frozen(kw_only=True)
class ExperimentQueued(CampaignFact):
    """A candidate is tried; its run was made in the same commit."""

    kind: ClassVar[str] = "experiment_queued"
    experiment_id: str
    run_id: str
    candidate_digest: str
    candidate_hash: str
    baseline_hash: str
    mutation: Mutation
    generator: str
    note: Note


@frozen(kw_only=True)
class ExperimentEvaluated(CampaignFact):
    """A candidate's run was measured and compared with the baseline."""

    kind: ClassVar[str] = "experiment_evaluated"
    experiment_id: str
    phase1_metrics: Metrics
    decision: Decision
    status: str
    note: Note | None = None


@frozen(kw_only=True)
class ExperimentFailed(CampaignFact):
    """A candidate could not be measured; `eval_failure` says why."""

    kind: ClassVar[str] = "experiment_failed"
    experiment_id: str
    eval_failure: Mapping[str, Any]


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


@frozen(kw_only=True)
class CampaignCompleted(CampaignFact):
    """Nothing more is to be tried."""

    kind: ClassVar[str] = "campaign_completed"
    note: Note
    count: int


@frozen(kw_only=True)
class CampaignFailed(CampaignFact):
    """Too many candidates failed one after the other."""

    kind: ClassVar[str] = "campaign_failed"
    note: Note
    count: int


@frozen(kw_only=True)
class CampaignDeleted(CampaignFact):
    """It is in no list any more; its runs and this log stay."""

    kind: ClassVar[str] = "campaign_deleted"
    cancelled: tuple[str, ...] = ()


FACTS: tuple[type[CampaignFact], ...] = (
    CampaignCreated, CampaignStarted, CampaignResumed, CampaignPaused, CampaignLimitsChanged, CampaignNoteChanged, BaselineReplayQueued,
    BaselineReplayRecorded, BaselineReplayDropped, BaselineEstablished, BaselineRejected, ExperimentQueued, ExperimentEvaluated,
    ExperimentFailed, ExperimentSuperseded, PromotionRequested, PromotionRefused, PromotionApproved, PromotionRejected, WinnerApplied,
    CampaignCompleted, CampaignFailed, CampaignDeleted,
)  # fmt: skip
"""All of them."""

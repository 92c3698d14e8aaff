"""The facts of a campaign's own log (optimization spec 19). `by` is who acted: an operator's uid, or `reconciler`. Times are epoch ms."""

from __future__ import annotations

from actors.campaign.events.base import (
    CampaignFact,
    CampaignStatus,
    Frozen,
    Note,
    Patch,
)
from actors.campaign.events.baseline import (
    BaselineEstablished,
    BaselineRejected,
    BaselineReplayDropped,
    BaselineReplayQueued,
    BaselineReplayRecorded,
    ReplayCause,
)
from actors.campaign.events.campaign import (
    CampaignCompleted,
    CampaignCreated,
    CampaignDeleted,
    CampaignFailed,
    CampaignLimitsChanged,
    CampaignNoteChanged,
    CampaignPaused,
    CampaignResumed,
    CampaignStarted,
)
from actors.campaign.events.experiment import (
    EvaluationPairMeasured,
    EvaluationPairQueued,
    ExperimentEvaluated,
    ExperimentFailed,
    ExperimentQueued,
    ExperimentSuperseded,
    PromotionApproved,
    PromotionRefused,
    PromotionRejected,
    PromotionRequested,
    ProposalQueued,
    ProposalRefused,
    WinnerApplied,
)

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
    "EvaluationPairMeasured",
    "EvaluationPairQueued",
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
    "ProposalQueued",
    "ProposalRefused",
    "ReplayCause",
    "WinnerApplied",
]

FACTS: tuple[type[CampaignFact], ...] = (
    CampaignCreated, CampaignStarted, CampaignResumed, CampaignPaused, CampaignLimitsChanged, CampaignNoteChanged, BaselineReplayQueued,
    BaselineReplayRecorded, BaselineReplayDropped, BaselineEstablished, BaselineRejected, ExperimentQueued, EvaluationPairQueued,
    EvaluationPairMeasured, ExperimentEvaluated,
    ExperimentFailed, ExperimentSuperseded, PromotionRequested,
    ProposalQueued, ProposalRefused, PromotionRefused, PromotionApproved, PromotionRejected, WinnerApplied,
    CampaignCompleted, CampaignFailed, CampaignDeleted,
)  # fmt: skip
"""All of them."""

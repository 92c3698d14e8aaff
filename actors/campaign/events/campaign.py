"""What becomes of a campaign as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import Factory, frozen

from actors.campaign.config import Phase1
from actors.campaign.events.base import CampaignFact, CampaignStatus, Frozen, Note

__all__ = [
    "CampaignCompleted",
    "CampaignCreated",
    "CampaignDeleted",
    "CampaignFailed",
    "CampaignLimitsChanged",
    "CampaignNoteChanged",
    "CampaignPaused",
    "CampaignResumed",
    "CampaignStarted",
]


@frozen(kw_only=True)
class CampaignCreated(CampaignFact):
    """A campaign begins, as a draft. Its snapshots lie among the contents under their digests; hashes are those of spec 3.10.

    `proposer`: the persona that is asked for candidates.
    """

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
    evaluations_per_candidate: int = 1
    proposer: str | None = None
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

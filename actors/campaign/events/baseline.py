"""The baseline of a campaign: its runs, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from attrs import Factory, frozen

from actors.campaign.events.base import CampaignFact, CampaignStatus, Note
from actors.campaign.records import Metrics, Replay, Spend

__all__ = [
    "BaselineEstablished",
    "BaselineRejected",
    "BaselineReplayDropped",
    "BaselineReplayQueued",
    "BaselineReplayRecorded",
    "ReplayCause",
]

ReplayCause = Literal["initial", "candidates", "time", "operator"]


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
    """A run of the baseline was measured. `spend` is what it used."""

    kind: ClassVar[str] = "baseline_replay_recorded"
    replay: Replay
    spend: Spend | None = None


@frozen(kw_only=True)
class BaselineReplayDropped(CampaignFact):
    """A run of the baseline is not waited for any more, and why. `spend` is what it had used by then."""

    kind: ClassVar[str] = "baseline_replay_dropped"
    run_id: str
    code: str
    spend: Spend | None = None


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

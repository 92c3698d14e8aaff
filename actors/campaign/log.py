"""The log of a campaign: read and folded, and what is appended to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from actors.campaign.events import FACTS, CampaignCreated, CampaignFact
from actors.campaign.record import Campaign
from storage.codec import Codec
from storage.records import Append, Headline

if TYPE_CHECKING:
    from storage.store import Store

__all__ = ["ELIGIBLE", "KIND", "appended", "begun", "campaign_codec", "campaign_stream", "read_campaign"]

KIND = "campaign"
ELIGIBLE = "campaign/eligible"
"""The key under which campaigns are found that the reconciler looks at."""


@cache
def campaign_codec() -> Codec[CampaignFact]:
    """The codec of these logs."""
    return Codec(FACTS)


def campaign_stream(campaign_id: str) -> str:
    """The name of the log."""
    return f"campaign/{campaign_id}"


def read_campaign(store: Store, campaign_id: str) -> Campaign | None:
    """What the log says; None where there is none. Raises StreamDamaged, BadRecord, UnknownKind."""
    campaign: Campaign | None = None
    for recorded in store.journal.read(campaign_stream(campaign_id)):
        fact = campaign_codec().decode(recorded)
        if campaign is None:
            assert isinstance(fact, CampaignCreated), "a log begins with campaign_created"
            campaign = Campaign.begin(campaign_id, fact, recorded.at_ms)
        else:
            campaign.apply(fact, recorded.at_ms)
    return campaign


def begun(campaign_id: str, fact: CampaignCreated, now: int) -> Append:
    """The first fact: it stands only where no campaign ever had that id."""
    return _append(Campaign.begin(campaign_id, fact, now), (fact,))


def appended(campaign: Campaign, facts: Sequence[CampaignFact]) -> Append:
    """These facts, which the campaign has already applied."""
    return _append(campaign, facts)


def _append(campaign: Campaign, facts: Sequence[CampaignFact]) -> Append:
    told = {
        "source_workflow_id": campaign.created.source_workflow_id, "experiments": len(campaign.experiments),
        "note": campaign.note.reason if campaign.note is not None else None,
    }  # fmt: skip
    line = Headline(
        campaign_stream(campaign.campaign_id), KIND, "deleted" if campaign.deleted else campaign.status, campaign.created_at_ms,
        campaign.updated_at_ms, group=campaign.created.source_workflow_id, title=campaign.created.name, facts=told,
        keys=(ELIGIBLE,) if campaign.eligible else (),
    )  # fmt: skip
    events = tuple(campaign_codec().encode(fact) for fact in facts)
    return Append(campaign_stream(campaign.campaign_id), campaign.seq - len(facts), events, headline=line)

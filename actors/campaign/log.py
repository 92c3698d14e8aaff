"""The log of a campaign: read and folded, and what is appended to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from actors.campaign.declined import Declined
from actors.campaign.events import FACTS, CampaignCreated, CampaignFact
from actors.campaign.record import Campaign
from actors.campaign.refusing import refused
from actors.refusals import Refusal
from storage.codec import BadRecord, Codec, UnknownKind
from storage.errors import StreamDamaged
from storage.records import Append, Headline

if TYPE_CHECKING:
    from storage.store import Store

__all__ = ["ELIGIBLE", "KIND", "appended", "begun", "campaign_codec", "campaign_stream", "find_campaign", "read_campaign", "unreadable"]

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
            if not isinstance(fact, CampaignCreated):
                raise BadRecord(recorded.kind, "$", "the log of a campaign begins with campaign_created")
            campaign = Campaign.begin(campaign_id, fact, recorded.at_ms)
        else:
            campaign.apply(fact, recorded.at_ms)
    return campaign


def find_campaign(store: Store, campaign_id: str) -> Campaign | Refusal:
    """The campaign, or why there is none to be had: it is unknown, taken away, or its log is damaged."""
    try:
        campaign = read_campaign(store, campaign_id)
    except (StreamDamaged, BadRecord, UnknownKind) as error:
        return unreadable(campaign_id, error)
    if campaign is None or campaign.deleted:
        return refused(Declined("campaign_not_found", campaign_id=campaign_id))
    return campaign


def unreadable(campaign_id: str, error: Exception) -> Refusal:
    """Its log is damaged."""
    text = f"{error}. Its runs and all other campaigns are unharmed; see: penstock verify"
    return Refusal("campaign_log_unreadable", text, {"campaign_id": campaign_id})


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

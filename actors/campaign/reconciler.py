"""The reconciler: has every campaign look that may go on by itself, and hands operators' wishes to the campaign that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.campaign.actor import CampaignActor
from actors.campaign.log import ELIGIBLE, find_campaign
from actors.campaign.messages import ForCampaign, Look
from actors.refusals import Refusal
from actors.services import CAMPAIGNS
from supervision import Actor, ChildSpec, Mailbox, MailboxFull

if TYPE_CHECKING:
    from actors.library import Library
    from actors.services import Services
    from supervision import Ref

__all__ = ["Reconciler"]

PAGE = 1_000


class Reconciler(Actor[Look | ForCampaign]):
    """Campaigns are opened on demand and stay open; what each is to do stands in its log."""

    mailbox = Mailbox(capacity=256)
    accepts = (Look,)

    def __init__(self, services: Services, library: Library, interval_s: float) -> None:
        self._services = services
        self._library = library
        self._interval_s = interval_s
        self._looks = 0
        self._damaged: dict[str, Refusal] = {}

    async def started(self) -> None:
        self.tick(self._interval_s, Look())

    def status(self) -> str:
        """Counts since this incarnation began, for the tree."""
        damaged = f", {len(self._damaged)} cannot be read" if self._damaged else ""
        return f"{len(self.system.dynamic(CAMPAIGNS).children())} open, {self._looks} looks{damaged}"

    async def receive(self, message: Look | ForCampaign) -> object:
        match message:
            case Look():
                self.take(Look)
                for line in self._services.store.catalog.found(ELIGIBLE, PAGE):
                    self._tell(line.stream.partition("/")[2])
            case ForCampaign(campaign_id=campaign_id):
                found = self._open(campaign_id)
                return found if isinstance(found, Refusal) else self.forward(found, message)
        return None

    def _tell(self, campaign_id: str) -> None:
        found = self._open(campaign_id)
        if isinstance(found, Refusal):
            return
        try:
            found.tell_nowait(Look())
            self._looks += 1
        except MailboxFull:
            return  # it has more to do than to look

    def _open(self, campaign_id: str) -> Ref[object] | Refusal:
        """One whose log cannot be read is left alone for as long as this daemon lives: `verify` says what is wrong with it."""
        if campaign_id in self._damaged:
            return self._damaged[campaign_id]
        path = f"{CAMPAIGNS}/{campaign_id}"
        if not self.system.alive(path):
            if isinstance(campaign := find_campaign(self._services.store, campaign_id), Refusal):
                if campaign.code == "campaign_log_unreadable":
                    self._damaged[campaign_id] = campaign
                return campaign
            services, library = self._services, self._library
            spec = ChildSpec(campaign_id, lambda: CampaignActor(services, library, campaign_id), restart="transient")
            return self.system.dynamic(CAMPAIGNS).start_soon(spec)
        return self.system.ref(path)

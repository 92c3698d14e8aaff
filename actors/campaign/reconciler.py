"""The reconciler: has every campaign look that may go on by itself, and hands operators' wishes to the campaign that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.campaign.actor import CampaignActor
from actors.campaign.declined import Declined
from actors.campaign.log import ELIGIBLE, campaign_stream
from actors.campaign.messages import ForCampaign, Look
from actors.campaign.refusing import refused
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

    async def started(self) -> None:
        self.tick(self._interval_s, Look())

    def status(self) -> str:
        """Counts since this incarnation began, for the tree."""
        return f"{len(self.system.dynamic(CAMPAIGNS).children())} open, {self._looks} looks"

    async def receive(self, message: Look | ForCampaign) -> object:
        match message:
            case Look():
                self.take(Look)
                for line in self._services.store.catalog.found(ELIGIBLE, PAGE):
                    self._tell(line.stream.partition("/")[2])
            case ForCampaign(campaign_id=campaign_id):
                known = self._services.store.catalog.get(campaign_stream(campaign_id))
                if known is None or known.status == "deleted":
                    return refused(Declined("campaign_not_found", campaign_id=campaign_id))
                return self.forward(self._open(campaign_id), message)
        return None

    def _tell(self, campaign_id: str) -> None:
        try:
            self._open(campaign_id).tell_nowait(Look())
            self._looks += 1
        except MailboxFull:
            return  # it has more to do than to look

    def _open(self, campaign_id: str) -> Ref[object]:
        path = f"{CAMPAIGNS}/{campaign_id}"
        if not self.system.alive(path):
            services, library = self._services, self._library
            spec = ChildSpec(campaign_id, lambda: CampaignActor(services, library, campaign_id), restart="transient")
            return self.system.dynamic(CAMPAIGNS).start_soon(spec)
        return self.system.ref(path)

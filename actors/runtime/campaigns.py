"""The campaign methods: made here, looked at here; what changes one goes to its actor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio
from attrs import asdict

from actors.campaign.actions import Asking
from actors.campaign.creating import Made, make
from actors.campaign.declined import Declined
from actors.campaign.log import KIND, begun, campaign_codec, campaign_stream, find_campaign, unreadable
from actors.campaign.messages import Act, Apply, Delete, ForCampaign, Operation
from actors.campaign.record import Campaign
from actors.campaign.refusing import refused
from actors.campaign.view import campaign_json, experiment_json
from actors.campaign.world import StoredWorld
from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.run.known import conflict
from actors.runtime.base import ASK_S, Answer, Base
from actors.services import RECONCILER
from actors.workflow.names import is_id
from storage import (
    BadRecord,
    Receipt,
    ReceiptExists,
    RequestConflict,
    StreamDamaged,
    Transaction,
    Unavailable,
    UnknownKind,
    VersionConflict,
)  # fmt: skip
from storage.codec import canonical
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.control import params_campaigns as c
    from actors.refusals import Principal, RequestKey
    from storage import Recorded

__all__ = ["CampaignMethods"]

LISTED = (
    "draft",
    "running",
    "awaiting_promotion_approval",
    "paused_manual",
    "paused_budget",
    "paused_evaluator_unstable",
    "completed",
    "failed",
)


class CampaignMethods(Base):
    """Optimization campaigns (optimization spec 17)."""

    async def campaign_create(self, params: c.CampaignCreate, by: Principal, request: RequestKey) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        campaign_id = params.campaign_id or self.services.ids.new("opt")
        if not is_id(campaign_id):
            return refused(Declined("campaign_id_invalid", campaign_id=campaign_id))
        if self.services.store.journal.head(campaign_stream(campaign_id)) > 0:
            return refused(Declined("campaign_exists", campaign_id=campaign_id))
        try:
            made = await self._make(params, by)
        except Declined as declined:
            return refused(declined)
        return await self._store(campaign_id, made, by, request)

    async def _make(self, params: c.CampaignCreate, by: Principal) -> Made:
        if self.inline:
            return make(self.services, self.library, params, by)
        return await trio.to_thread.run_sync(make, self.services, self.library, params, by)

    async def _store(self, campaign_id: str, made: Made, by: Principal, request: RequestKey) -> Answer:
        fact, baseline = made
        now = self.services.clock.now_ms()
        try:
            await self.services.store.put_blob(baseline)
            reply = {"campaign": self._told(Campaign.begin(campaign_id, fact, now), snapshots=False), "experiment_count": 0}
            receipt = Receipt(request.request_id, request.digest.encode(), canonical(reply))
            entry = audit_entry(str(by), "campaign.create", campaign_id, {"workflow_id": fact.source_workflow_id}, "ok")
            await self.services.store.commit(Transaction(now, (begun(campaign_id, fact, now),), receipt, (entry,)))
        except VersionConflict:
            return refused(Declined("campaign_exists", campaign_id=campaign_id))
        except (ReceiptExists, RequestConflict):
            return self.replayed(request) or conflict(request)
        except Unavailable as error:
            return Refusal(error.code, f"{error}. No campaign was made; ask again, it does no harm.")
        return reply

    async def campaign_list(self, params: c.CampaignList, by: Principal) -> Answer:
        lines = self.services.store.catalog.list(KIND, LISTED, limit=1_000)
        lines.sort(key=lambda line: (-line.updated_ms, -line.created_ms, line.stream))
        rows = [
            {
                "campaign_id": line.stream.partition("/")[2], "name": line.title, "status": line.status, "created_at_ms": line.created_ms,
                "updated_at_ms": line.updated_ms, **{name: value for name, value in line.facts.items() if value is not None},
            }
            for line in lines[: params.limit]
        ]  # fmt: skip
        return {"campaigns": rows, "count": len(lines)}

    async def campaign_get(self, params: c.CampaignOnly, by: Principal) -> Answer:
        campaign = self._campaign(params.campaign_id)
        if isinstance(campaign, Refusal):
            return campaign
        return {"campaign": self._told(campaign), "experiment_count": len(campaign.experiments)}

    async def campaign_experiments(self, params: c.CampaignOnly, by: Principal) -> Answer:
        campaign = self._campaign(params.campaign_id)
        if isinstance(campaign, Refusal):
            return campaign
        world = self._world(campaign)
        found = sorted(campaign.experiments.values(), key=lambda one: (-one.updated_at_ms, -one.created_at_ms, one.experiment_id))
        rows = [experiment_json(campaign, one, world, snapshots=False) for one in found]
        return {"campaign": self._told(campaign, snapshots=False), "experiments": rows, "count": len(rows)}

    async def campaign_experiment(self, params: c.ExperimentOnly, by: Principal) -> Answer:
        campaign = self._campaign(params.campaign_id)
        if isinstance(campaign, Refusal):
            return campaign
        one = campaign.experiments.get(params.experiment_id)
        if one is None:
            return refused(Declined("experiment_not_found", experiment_id=params.experiment_id))
        return {"campaign": self._told(campaign, snapshots=False), "experiment": experiment_json(campaign, one, self._world(campaign))}

    async def campaign_events(self, params: c.CampaignEvents, by: Principal) -> Answer:
        try:
            found = self.services.store.journal.read(campaign_stream(params.campaign_id), params.after, params.limit)
        except StreamDamaged as error:
            return unreadable(params.campaign_id, error)
        if not found and self.services.store.journal.head(campaign_stream(params.campaign_id)) == 0:
            return refused(Declined("campaign_not_found", campaign_id=params.campaign_id))
        return {"events": [_event(recorded) for recorded in found]}

    async def campaign_act(self, params: c.CampaignAct, by: Principal, request: RequestKey) -> Answer:
        asking = Asking(params.action, params.experiment_id, params.run_id, params.reason, params.limits)
        return await self._ask_campaign(params.campaign_id, Act(asking), by, request)

    async def campaign_apply(self, params: c.ExperimentOnly, by: Principal, request: RequestKey) -> Answer:
        return await self._ask_campaign(params.campaign_id, Apply(params.experiment_id), by, request)

    async def campaign_delete(self, params: c.CampaignDelete, by: Principal, request: RequestKey) -> Answer:
        return await self._ask_campaign(params.campaign_id, Delete(params.cancel_runs), by, request)

    async def _ask_campaign(self, campaign_id: str, operation: Operation, by: Principal, request: RequestKey) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        try:
            answer = await self.system.ref(RECONCILER).ask(ForCampaign(campaign_id, operation, by, request), timeout=ASK_S)
        except ActorDead as dead:
            return self.replayed(request) or Refusal("campaign_unavailable", f"The campaign does not answer: {dead}. Ask again.")
        except (AskTimeout, MailboxFull) as late:
            return Refusal("overloaded", f"The runtime has not answered in time ({late}). Ask again with the same request id.")
        return answer if isinstance(answer, Refusal) else dict(answer)

    def _campaign(self, campaign_id: str) -> Campaign | Refusal:
        return find_campaign(self.services.store, campaign_id)

    def _world(self, campaign: Campaign) -> StoredWorld:
        return StoredWorld(self.services, self.library, campaign.created.source_workflow_id)

    def _told(self, campaign: Campaign, *, snapshots: bool = True) -> dict[str, Any]:
        return campaign_json(campaign, self._world(campaign), snapshots=snapshots)


def _event(recorded: Recorded) -> dict[str, Any]:
    """One fact with all its fields; as recorded where it cannot be read."""
    head = {"seq": recorded.seq, "event": recorded.kind, "at_ms": recorded.at_ms}
    try:
        return head | asdict(campaign_codec().decode(recorded))
    except (BadRecord, UnknownKind):
        return head | {"unreadable": True}

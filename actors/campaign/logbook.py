"""One campaign's log in one hand: read it, decide on it, commit the decision together with the runs that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from actors.campaign.declined import Declined
from actors.campaign.log import appended, read_campaign
from actors.campaign.proposing import ROLE
from actors.campaign.refusing import refused
from actors.campaign.skipping import results_of_skipped
from actors.campaign.snapshots import data_of
from actors.campaign.step import Step
from actors.campaign.world import StoredWorld
from actors.run.messages import Admit, Fire, Made, Origin
from actors.services import REGISTRAR
from storage import Receipt, ReceiptExists, RequestConflict, Transaction, Unavailable, VersionConflict
from storage.codec import canonical
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.campaign.record import Campaign
    from actors.library import Library
    from actors.refusals import Refusal, RequestKey
    from actors.services import Services
    from storage import Append, AuditEntry
    from supervision import System

__all__ = ["Again", "Logbook"]

ASK_S = 30.0


class Again(Exception):
    """Nothing was recorded; it may work later. The text says why."""


class Logbook:
    """A decision that could not be committed leaves nothing behind: the campaign is read anew from its log."""

    campaign: Campaign

    def __init__(self, services: Services, library: Library, system: System, campaign_id: str) -> None:
        self._services = services
        self._system = system
        self._id = campaign_id
        self.read()
        self.world = StoredWorld(services, library, self.campaign.created.source_workflow_id)

    def read(self) -> None:
        """As the log says."""
        campaign = read_campaign(self._services.store, self._id)
        assert campaign is not None, "only campaigns that are there are opened"
        self.campaign = campaign

    def step(self, by: str) -> Step:
        """Begin a decision on the present state."""
        return Step(self.campaign, self.world, self._services.clock.now_ms(), self._services.ids.new, by)

    async def commit(
        self, step: Step, request: RequestKey | None = None, reply: Any = None, audit: tuple[AuditEntry, ...] = (),
        also: tuple[Append, ...] = (),
    ) -> Refusal | None:  # fmt: skip
        """Make the decision durable, with the runs that it wants. Answers why one of those cannot be made; nothing was recorded then.

        Raises Again when nothing could be recorded just now.
        """
        if not step.events and request is None:
            return None
        receipt = None if request is None else Receipt(request.request_id, request.digest.encode(), canonical(reply))
        appends = (appended(step.campaign, step.events), *also) if step.events else also
        try:
            for snapshot in step.contents:
                await self._services.store.put_blob(data_of(snapshot))
            denied = await self._make(step, appends, receipt, audit)
        except (VersionConflict, Unavailable, ReceiptExists, RequestConflict, ActorDead, AskTimeout, MailboxFull) as error:
            self.read()
            raise Again(str(error)) from error
        if denied is not None:
            self.read()
        return denied

    async def _make(
        self, step: Step, appends: tuple[Append, ...], receipt: Receipt | None, audit: tuple[AuditEntry, ...]
    ) -> Refusal | None:  # fmt: skip
        if not step.wanted:
            await self._services.store.commit(Transaction(step.now, appends, receipt, audit))
            return None
        created = step.campaign.created
        try:
            carried = results_of_skipped(self._services, created.source_workflow_id, step.campaign.baseline_digest)
        except Declined as declined:
            return refused(declined, campaign_id=self._id)
        admits = tuple(
            Admit(
                created.source_workflow_id, created.source_version, wanted.digest, dict(created.inputs), None, None, carried=carried,
                trigger_type=wanted.trigger, cwd=created.workspace_root, origin=Origin(wanted.run_id, campaign_id=self._id),
            )
            if wanted.inputs is None
            else Admit(
                created.source_workflow_id, created.source_version, wanted.digest, wanted.inputs, None, None, trigger_type=wanted.trigger,
                origin=Origin(wanted.run_id, campaign_id=self._id), personas={ROLE: str(created.proposer)},
            )
            for wanted in step.wanted
        )  # fmt: skip
        made = await self._system.ref(REGISTRAR).ask(Fire(admits, appends, receipt, audit), timeout=ASK_S)
        if isinstance(made, Made):
            return None if made.denied is None else evolve(made.denied, data={"campaign_id": self._id, **made.denied.data})
        raise Unavailable(made.message)

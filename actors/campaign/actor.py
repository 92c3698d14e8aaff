"""A campaign: one log with one writer. It looks when it is told to, and does what operators ask; each decision is one commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actors.campaign.actions import FOR_PEOPLE, act
from actors.campaign.applying import apply_winners, to_apply
from actors.campaign.cancelling import cancel_runs
from actors.campaign.declined import Declined
from actors.campaign.events import CampaignDeleted, PromotionRefused, WinnerApplied
from actors.campaign.logbook import Again, Logbook
from actors.campaign.messages import Act, Apply, Delete, ForCampaign, Look, Operation
from actors.campaign.reconciling import reconcile
from actors.campaign.refusing import refused
from actors.campaign.snapshots import data_of
from actors.campaign.step import Step, pause
from actors.campaign.view import campaign_json, experiment_json
from actors.refusals import Principal, Refusal
from actors.run.audits import audit_entry
from actors.run.known import replayed
from actors.workflow.canonical import decode
from actors.workflow.problems import WorkflowInvalid
from supervision import Actor, Mailbox

if TYPE_CHECKING:
    from actors.library import Library
    from actors.services import Services
    from storage import Append, AuditEntry

__all__ = ["CampaignActor"]

TRIES = 5
Reply = Mapping[str, Any] | Refusal


class CampaignActor(Actor[Look | ForCampaign]):
    """Restarted, it reads its log again: what was decided and not committed never was."""

    mailbox = Mailbox(capacity=256)
    accepts = (Look,)
    book: Logbook

    def __init__(self, services: Services, library: Library, campaign_id: str) -> None:
        self._services = services
        self._library = library
        self._id = campaign_id
        self._trouble = ""

    async def started(self) -> None:
        self.book = Logbook(self._services, self._library, self.system, self._id)

    def status(self) -> str:
        """Where it stands, for the tree."""
        return f"{self.book.campaign.status}{self._trouble}" if hasattr(self, "book") else "begins"

    async def receive(self, message: Look | ForCampaign) -> object:
        match message:
            case Look():
                self.take(Look)
                try:
                    return await self._look()
                except Exception as error:  # noqa: BLE001  an error of ours with one campaign must not stop the others
                    self.book.read()
                    self._trouble = f"; an error of Penstock's own: {type(error).__name__}: {error}"
                    return False
            case ForCampaign():
                known = replayed(self._services.store, message.request)
                return await self._operate(message) if known is None else known

    # What the reconciler asks

    async def _look(self) -> bool:
        """One pass. Whether it appended anything."""
        self._trouble = ""
        step = self.book.step("reconciler")
        reconcile(step)
        try:
            denied = await self.book.commit(step)
            if denied is not None:
                step = self.book.step("reconciler")
                pause(step, "paused_evaluator_unstable", "run_create_failed", denied.code)
                await self.book.commit(step)
        except Again as again:
            self._trouble = f"; {again}"
            return False
        await self._cancel_dropped(step)
        return bool(step.events)

    # What operators ask

    async def _operate(self, message: ForCampaign) -> Reply:
        if not message.by.human and _for_people(message.operation):
            return Refusal("human_required", "Only a person approves, rejects and applies; the process that asks is one of a step.")
        if self.book.campaign.deleted:
            return refused(Declined("campaign_not_found", campaign_id=self._id))
        for _ in range(TRIES):
            step = self.book.step(str(message.by))
            try:
                return await self._decide(step, message)
            except Declined as declined:
                return await self._declined(step, declined, message)
            except Again as again:
                self._trouble = f"; {again}"
        return Refusal(
            "unavailable", f"It cannot be recorded just now{self._trouble}. Ask again with the same request id; it does no harm."
        )

    async def _decide(self, step: Step, message: ForCampaign) -> Reply:
        match message.operation:
            case Act(asking=asking):
                act(step, asking)
                return await self._record(step, message, self._told)
            case Apply(experiment_id=experiment_id):
                return await self._apply(step, message, experiment_id)
            case Delete(cancel_runs=cancel):
                return await self._delete(step, message, cancel=cancel)

    def _told(self, step: Step) -> dict[str, Any]:
        return {
            "campaign": campaign_json(step.campaign, self.book.world, snapshots=False),
            "experiment_count": len(step.campaign.experiments),
        }

    async def _record(self, step: Step, message: ForCampaign, tell: Any, also: tuple[Append, ...] = ()) -> Reply:
        reply = tell(step)
        denied = await self.book.commit(step, message.request, reply, (_entry(message),), also)
        if denied is not None:
            return denied
        await self._cancel_dropped(step)
        return dict(reply)

    async def _declined(self, step: Step, declined: Declined, message: ForCampaign) -> Reply:
        """What was found on the way to a refusal is kept (a promotion that was refused), and nothing else."""
        if any(isinstance(fact, PromotionRefused) for fact in step.events):
            await self.book.commit(step, audit=(_entry(message, declined.code),))
        elif step.events:
            self.book.read()
        return refused(declined, campaign_id=self._id)

    async def _apply(self, step: Step, message: ForCampaign, experiment_id: str) -> Reply:
        workflow_id = step.campaign.created.source_workflow_id
        winners = to_apply(step, experiment_id)
        found = self._library.find(workflow_id)
        if isinstance(found, Refusal):
            raise Declined("source_workflow_not_found", workflow_id=workflow_id)
        applied = apply_winners(step, winners, self.book.world.definition(found.digest))
        try:
            workflow = decode(data_of(applied.definition))
        except WorkflowInvalid as wrong:
            raise Declined("live_workflow_invalid", workflow_id=workflow_id, detail=wrong.problems[0].message) from None
        version, stored = await self._library.offer(workflow, message.by)
        for one, before in zip(applied.experiments, applied.previous, strict=True):
            assert one.apply_patch is not None, "who is approved has one"
            patch = one.apply_patch
            step.emit(
                WinnerApplied(
                    by=step.by, experiment_id=one.experiment_id, node_id=patch.node_id, field=patch.field, previous_value=before,
                    new_value=patch.apply_value, workflow_id=workflow_id, version=version.version,
                )
            )  # fmt: skip
        named = {"workflow_id": workflow_id, "version": version.version, "digest": version.digest}
        last = applied.experiments[-1]
        try:
            return await self._record(
                step, message,
                lambda step: {
                    **self._told(step), "workflow": named,
                    "experiment": experiment_json(step.campaign, last, self.book.world, snapshots=False),
                },
                also=stored,
            )  # fmt: skip
        finally:
            self._library.forget(workflow_id)

    async def _delete(self, step: Step, message: ForCampaign, *, cancel: bool) -> Reply:
        active = [run_id for run_id in step.campaign.active_runs if (run := self.book.world.run(run_id)) is not None and not run.terminal]
        if active and not cancel:
            raise Declined("campaign_has_active_runs", run_ids=active)
        await cancel_runs(self.system, active, message.by)
        step.emit(CampaignDeleted(by=step.by, cancelled=tuple(active)))
        return await self._record(step, message, lambda _: {"campaign_id": self._id, "deleted": True})

    async def _cancel_dropped(self, step: Step) -> None:
        """Runs that nobody waits for any more: those of a baseline that was replaced."""
        for run_id, by in step.campaign.dropped.items():
            if self._runs_on(run_id):
                await cancel_runs(self.system, [run_id], Principal(int(by.removeprefix("uid:"))))

    def _runs_on(self, run_id: str) -> bool:
        run = self.book.world.run(run_id)
        return run is not None and not run.terminal


def _for_people(operation: Operation) -> bool:
    return isinstance(operation, Apply) or (isinstance(operation, Act) and operation.asking.action.strip().lower() in FOR_PEOPLE)


def _entry(message: ForCampaign, code: str = "ok") -> AuditEntry:
    match message.operation:
        case Act(asking=asking):
            what = {"action": asking.action, "experiment_id": asking.experiment_id, "run_id": asking.run_id, "reason": asking.reason}
            return audit_entry(str(message.by), "campaign.act", message.campaign_id, what, code)
        case Apply(experiment_id=experiment_id):
            return audit_entry(str(message.by), "campaign.apply", message.campaign_id, {"experiment_id": experiment_id}, code)
        case Delete(cancel_runs=cancel):
            return audit_entry(str(message.by), "campaign.delete", message.campaign_id, {"cancel_runs": cancel}, code)

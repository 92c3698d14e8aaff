"""The life of a workflow: it is paused with all its runs, activated with those that were held, and brought back after a removal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from actors.library import WorkflowRecord, no_such_workflow
from actors.library.steward import Settle
from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.run.known import conflict
from actors.runtime.base import TRIES, Answer, Base, changed_meanwhile
from actors.services import STEWARD
from actors.workflow.events import WorkflowActivated, WorkflowPaused, WorkflowStored
from storage import ReceiptExists, RequestConflict, Unavailable, VersionConflict
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.control import params_unattended as u
    from actors.entity import Fact
    from actors.refusals import Principal, RequestKey

__all__ = ["LifeMethods"]

RESTORABLE_MS = 7 * 86_400_000
PATIENCE_S = 20.0
Decide = Callable[[WorkflowRecord], tuple["Fact", ...] | Refusal]


class LifeMethods(Base):
    """Asking again does no harm, and goes on with what was interrupted."""

    async def workflow_pause(self, params: u.WorkflowSteer, by: Principal, request: RequestKey) -> Answer:
        def decide(record: WorkflowRecord) -> tuple[Fact, ...] | Refusal:
            if not record.there:
                return no_such_workflow(record.workflow_id)
            return () if record.paused else (WorkflowPaused(str(by), params.reason),)

        return await self._live(params.workflow_id, "workflow.pause", "paused", decide, by, request)

    async def workflow_activate(self, params: u.WorkflowSteer, by: Principal, request: RequestKey) -> Answer:
        def decide(record: WorkflowRecord) -> tuple[Fact, ...] | Refusal:
            if not record.there:
                return no_such_workflow(record.workflow_id)
            return (WorkflowActivated(str(by), params.reason),) if record.paused else ()

        return await self._live(params.workflow_id, "workflow.activate", "active", decide, by, request)

    async def workflow_restore(self, params: p.WorkflowOnly, by: Principal, request: RequestKey) -> Answer:
        now = self.services.clock.now_ms()

        def decide(record: WorkflowRecord) -> tuple[Fact, ...] | Refusal:
            if not record.deleted:
                return _not_deleted(record)
            if now - record.changed_at_ms > RESTORABLE_MS:
                return _too_late(record, now)
            last = record.versions[-1]
            return (WorkflowStored(last.version, last.digest, last.title, str(by)),)

        paused = self.library.record(params.workflow_id).paused
        return await self._live(params.workflow_id, "workflow.restore", "paused" if paused else "active", decide, by, request)

    async def _live(self, workflow_id: str, word: str, status: str, decide: Decide, by: Principal, request: RequestKey) -> Answer:
        """Record the change, then wait a while until the runs have followed it."""
        known = self.replayed(request)
        if known is None:
            reply = {"workflow_id": workflow_id, "status": status}
            known = await self._change(workflow_id, word, decide, by, request, reply)
        if not isinstance(known, Refusal) and self.library.record(workflow_id).settling:
            with contextlib.suppress(ActorDead, AskTimeout, MailboxFull):  # it goes on by itself; what was asked is recorded
                await self.system.ref(STEWARD).ask(Settle(workflow_id), timeout=PATIENCE_S)
        return known

    async def _change(
        self, workflow_id: str, word: str, decide: Decide, by: Principal, request: RequestKey, reply: dict[str, str]
    ) -> Answer:  # fmt: skip
        for _ in range(TRIES):
            record = self.library.record(workflow_id)
            events = decide(record)
            if isinstance(events, Refusal):
                return events
            entry = audit_entry(str(by), word, workflow_id, dict(reply), "ok")
            try:
                await self.library.commit(record, events, request=request, reply=reply, audit=(entry,))
            except VersionConflict:
                continue
            except (ReceiptExists, RequestConflict):
                return self.replayed(request) or conflict(request)
            except Unavailable as error:
                return Refusal(error.code, f"{error}. Nothing was changed; ask again, it does no harm.")
            return dict(reply)
        return changed_meanwhile(workflow_id)


def _not_deleted(record: WorkflowRecord) -> Refusal:
    if not record.versions:
        return no_such_workflow(record.workflow_id)
    text = f"The workflow {record.workflow_id} is {record.status}: it was not removed, so there is nothing to restore."
    return Refusal("workflow_not_deleted", text, {"workflow_id": record.workflow_id, "status": record.status})


def _too_late(record: WorkflowRecord, now: int) -> Refusal:
    days = (now - record.changed_at_ms) // 86_400_000
    text = (
        f"The workflow {record.workflow_id} was removed {days} days ago, and can be restored for 7. Its versions are still readable: "
        f"penstock workflow show {record.workflow_id} --version {record.versions[-1].version}. Store it again with: penstock workflow put"
    )
    return Refusal("workflow_restore_expired", text, {"workflow_id": record.workflow_id, "deleted_at_ms": record.changed_at_ms})

"""Reads and writes the logs of workflows; a change that meets another one is made again on top, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from actors.entity import Fact
from actors.library.record import (
    WATCHING,
    Version,
    WorkflowRecord,
    fold_workflow,
    headline_of,
    no_such_workflow,
    workflow_codec,
    workflow_stream,
)
from actors.library.rescheduling import rescheduled
from actors.plans import VersionMissing
from actors.refusals import Principal, Refusal, RequestKey
from actors.workflow.canonical import digest, encode
from actors.workflow.events import WorkflowStored
from storage import Append, Receipt, Transaction, VersionConflict
from storage.codec import canonical

if TYPE_CHECKING:
    from actors.services import Services
    from actors.workflow.spec import Workflow
    from storage import AuditEntry

__all__ = ["Library"]

TRIES = 8
KEPT = 256


def _nobody(workflow_id: str) -> None:
    """Nobody wants to hear of changes."""


def _watches(append: Append) -> bool:
    return append.headline is not None and WATCHING in (append.headline.keys or ())


class Library:
    """Every put that changes the definition makes a version; one without change makes none.

    `changed` hears, by id, of every change that may make runs begin by themselves.
    """

    def __init__(self, services: Services, changed: Callable[[str], None] = _nobody) -> None:
        self._services = services
        self.changed = changed
        self._read: dict[str, WorkflowRecord] = {}

    def record(self, workflow_id: str) -> WorkflowRecord:
        """What is known of the workflow. Not to be changed.

        Read once: nobody else in the world writes the logs of workflows while this daemon holds the folder.
        """
        known = self._read.get(workflow_id)
        if known is None:
            if len(self._read) >= KEPT:
                self._read.clear()
            log = self._services.store.journal.read(workflow_stream(workflow_id))
            known = self._read[workflow_id] = fold_workflow(workflow_id, log)
        return known

    def find(self, workflow_id: str, version: int | None = None, by_digest: str | None = None) -> Version | Refusal:
        """The version that is meant: by number, by digest, or the newest of a workflow that is there."""
        record = self.record(workflow_id)
        if not record.versions or (record.deleted and version is None and by_digest is None):
            return no_such_workflow(workflow_id)
        if version is None and by_digest is None:
            return record.versions[-1]
        for found in record.versions:
            if found.version == version or (by_digest is not None and found.digest.startswith(by_digest)):
                return found
        known = [found.version for found in record.versions]
        text = f"The workflow {workflow_id} has no such version. Versions: {', '.join(map(str, known))}."
        return Refusal("workflow_version_missing", text, {"workflow_id": workflow_id, "versions": known})

    def definition(self, version: Version) -> Workflow | None:
        """What the version says; None where that cannot be read."""
        try:
            return self._services.plans.get(version.digest).workflow
        except VersionMissing:
            return None

    async def put(
        self, workflow: Workflow, by: Principal, request: RequestKey | None = None, audit: Sequence[AuditEntry] = ()
    ) -> tuple[Version, bool]:
        """Store the definition unless it is the newest one already. Answers the version, and whether it was made now."""
        services = self._services
        data = encode(workflow)
        name = digest(workflow)
        for _ in range(TRIES):
            record = self.record(workflow.workflow_id)
            made = not (record.there and record.versions[-1].digest == name)
            if not made and request is None:
                return record.versions[-1], False
            if made:
                await services.store.put_blob(data)
            number = len(record.versions) + 1
            version = (
                Version(workflow.workflow_id, number, name, services.clock.now_ms(), workflow.name, str(by))
                if made
                else record.versions[-1]
            )
            events = (WorkflowStored(number, name, workflow.name, str(by)),) if made else ()
            reply = {"workflow_id": version.workflow_id, "version": version.version, "digest": name, "created": made}
            try:
                await self.commit(record, events, definition=workflow, request=request, reply=reply, audit=audit)
            except VersionConflict:
                continue
            return version, made
        raise VersionConflict(workflow_stream(workflow.workflow_id), -1, -1)

    async def offer(self, workflow: Workflow, by: Principal) -> tuple[Version, tuple[Append, ...]]:
        """The version that the definition is, or would be, and the appends with which somebody else stores it. Its content is stored."""
        record, name, now = self.record(workflow.workflow_id), digest(workflow), self._services.clock.now_ms()
        if record.there and record.versions[-1].digest == name:
            return record.versions[-1], ()
        await self._services.store.put_blob(encode(workflow))
        version = Version(workflow.workflow_id, len(record.versions) + 1, name, now, workflow.name, str(by))
        event = WorkflowStored(version.version, name, workflow.name, str(by))
        return version, self._appends(record, (event,), workflow, now)

    def forget(self, workflow_id: str) -> None:
        """Somebody else has written in the workflow's log."""
        self._read.pop(workflow_id, None)
        self.changed(workflow_id)

    async def commit(
        self, record: WorkflowRecord, events: Sequence[Fact], *, definition: Workflow | None = None, request: RequestKey | None = None,
        reply: Any = None, audit: Sequence[AuditEntry] = (),
    ) -> None:  # fmt: skip
        """Record what has happened to the workflow, and what follows for its schedule; without events, the receipt alone.

        `definition` is that of its newest version, when it is at hand. Raises VersionConflict when somebody changed it meanwhile.
        """
        now = self._services.clock.now_ms()
        receipt = None if request is None else Receipt(request.request_id, request.digest.encode(), canonical(reply))
        appends = self._appends(record, events, definition, now) if events else ()
        try:
            await self._services.store.commit(Transaction(now, appends, receipt, tuple(audit)))
        finally:
            self._read.pop(record.workflow_id, None)
        if any(append.stream != workflow_stream(record.workflow_id) or _watches(append) for append in appends):
            self.changed(record.workflow_id)

    def _appends(self, record: WorkflowRecord, events: Sequence[Fact], definition: Workflow | None, now: int) -> tuple[Append, ...]:
        after = evolve(record, versions=list(record.versions))
        for event in events:
            after.apply(event, now)
        before = self.definition(record.versions[-1]) if record.versions else None
        newest = definition or (self.definition(after.versions[-1]) if after.versions != record.versions else before)
        watches = newest is not None and bool(newest.triggers.watches)
        own = Append(
            workflow_stream(record.workflow_id), record.seq, tuple(workflow_codec().encode(event) for event in events),
            headline=headline_of(after, now, watches=watches),
        )  # fmt: skip
        schedule = rescheduled(self._services.store, record, before, after, newest, now)
        return (own,) if schedule is None else (own, schedule)

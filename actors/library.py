"""The stored workflows: versions by number and digest. One log for each workflow; a change that meets another one is made again on top."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import frozen

from actors.entity import Fact
from actors.refusals import Principal, Refusal, RequestKey
from actors.workflow.canonical import digest, encode
from actors.workflow.events import WorkflowDeleted, WorkflowStored
from storage import Append, Headline, Receipt, Transaction, VersionConflict
from storage.codec import Codec, canonical

if TYPE_CHECKING:
    from actors.services import Services
    from actors.workflow.spec import Workflow
    from storage import AuditEntry

__all__ = ["Library", "Version", "no_such_workflow", "workflow_stream"]

TRIES = 8
KEPT = 256


@cache
def workflow_codec() -> Codec[Fact]:
    """The codec of workflow logs."""
    return Codec((WorkflowStored, WorkflowDeleted))


def workflow_stream(workflow_id: str) -> str:
    """The name of a workflow's log."""
    return f"workflow/{workflow_id}"


def no_such_workflow(workflow_id: str) -> Refusal:
    """Nothing is stored under this id, or it was removed."""
    return Refusal(
        "workflow_not_found", f"There is no workflow {workflow_id!r}. List them with: penstock workflow ls", {"workflow_id": workflow_id}
    )


@frozen
class Version:
    """One stored version."""

    workflow_id: str
    version: int
    digest: str
    stored_at_ms: int
    title: str | None = None


class Library:
    """Reads what is stored, and stores. Every put that changes the definition makes a version; one without change makes none."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._read: dict[str, tuple[list[Version], bool, int]] = {}

    def history(self, workflow_id: str) -> tuple[list[Version], bool, int]:
        """All versions, oldest first; whether the workflow is there (not deleted); the length of its log.

        Read once: nobody else in the world writes the logs of workflows while this daemon holds the folder.
        """
        known = self._read.get(workflow_id)
        if known is None:
            if len(self._read) >= KEPT:
                self._read.clear()
            known = self._read[workflow_id] = self._history(workflow_id)
        return known

    def _history(self, workflow_id: str) -> tuple[list[Version], bool, int]:
        versions: list[Version] = []
        there, seq = False, 0
        for recorded in self._services.store.journal.read(workflow_stream(workflow_id)):
            event = workflow_codec().decode(recorded)
            seq = recorded.seq
            if isinstance(event, WorkflowStored):
                versions.append(Version(workflow_id, event.version, event.digest, recorded.at_ms, event.title))
            there = isinstance(event, WorkflowStored)
        return versions, there, seq

    def find(self, workflow_id: str, version: int | None = None, by_digest: str | None = None) -> Version | Refusal:
        """The version that is meant: by number, by digest, or the newest of a workflow that is there."""
        versions, there, _ = self.history(workflow_id)
        if not versions or (not there and version is None and by_digest is None):
            return no_such_workflow(workflow_id)
        if version is None and by_digest is None:
            return versions[-1]
        for found in versions:
            if found.version == version or (by_digest is not None and found.digest.startswith(by_digest)):
                return found
        known = [found.version for found in versions]
        text = f"The workflow {workflow_id} has no such version. Versions: {', '.join(map(str, known))}."
        return Refusal("workflow_version_missing", text, {"workflow_id": workflow_id, "versions": known})

    async def put(
        self, workflow: Workflow, by: Principal, request: RequestKey | None = None, audit: Sequence[AuditEntry] = ()
    ) -> tuple[Version, bool]:
        """Store the definition unless it is the newest one already. Answers the version, and whether it was made now."""
        services = self._services
        data = encode(workflow)
        name = digest(workflow)
        for _ in range(TRIES):
            versions, there, seq = self.history(workflow.workflow_id)
            now = services.clock.now_ms()
            if there and versions[-1].digest == name and request is None:
                return versions[-1], False
            made = not (there and versions[-1].digest == name)
            version = Version(workflow.workflow_id, len(versions) + 1, name, now, workflow.name) if made else versions[-1]
            if made:
                await services.store.put_blob(data)
            event = WorkflowStored(version.version, name, workflow.name, str(by))
            append = self._append(workflow.workflow_id, seq, event, "active", versions, now, workflow.name)
            reply = {"workflow_id": version.workflow_id, "version": version.version, "digest": name, "created": made}
            receipt = None if request is None else Receipt(request.request_id, request.digest.encode(), canonical(reply))
            try:
                await services.store.commit(Transaction(now, (append,) if made else (), receipt, tuple(audit)))
            except VersionConflict:
                continue
            finally:
                self._read.pop(workflow.workflow_id, None)
            return version, made
        raise VersionConflict(workflow_stream(workflow.workflow_id), -1, -1)

    async def delete(self, workflow_id: str, by: Principal, request: RequestKey, reply: Any, audit: Sequence[AuditEntry]) -> None:
        """Remove the workflow from lists; raises VersionConflict when somebody changes it at the same moment."""
        versions, _, seq = self.history(workflow_id)
        now = self._services.clock.now_ms()
        append = self._append(workflow_id, seq, WorkflowDeleted(str(by)), "deleted", versions, now, versions[-1].title)
        receipt = Receipt(request.request_id, request.digest.encode(), canonical(reply))
        try:
            await self._services.store.commit(Transaction(now, (append,), receipt, tuple(audit)))
        finally:
            self._read.pop(workflow_id, None)

    def _append(self, workflow_id: str, seq: int, event: Fact, status: str, versions: list[Version], now: int, title: str | None) -> Append:
        stream = workflow_stream(workflow_id)
        made = isinstance(event, WorkflowStored)
        facts = {
            "version": event.version if isinstance(event, WorkflowStored) else versions[-1].version,
            "digest": event.digest if isinstance(event, WorkflowStored) else versions[-1].digest,
        }
        created = versions[0].stored_at_ms if versions else now
        headline = Headline(stream, "workflow", status, created, now, group=workflow_id if made else None, title=title, facts=facts)
        return Append(stream, seq, (workflow_codec().encode(event),), headline=headline)

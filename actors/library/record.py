"""What a workflow's own log folds to: its versions, whether it is active, and whether its runs have followed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

from attrs import Factory, define, frozen

from actors.entity import Fact
from actors.refusals import Refusal
from actors.workflow.events import WorkflowActivated, WorkflowDeleted, WorkflowPaused, WorkflowRunsSettled, WorkflowStored
from storage.codec import Codec
from storage.records import Headline, Recorded

__all__ = [
    "UNSETTLED", "WATCHING", "Version", "WorkflowRecord", "WorkflowStatus", "fold_workflow", "headline_of", "no_such_workflow",
    "workflow_codec", "workflow_paused", "workflow_stream",
]  # fmt: skip

WorkflowStatus = Literal["absent", "active", "paused", "deleted"]
UNSETTLED = "workflow/unsettled"
"""The key under which workflows are found whose runs have still to follow a pause or an activation."""
WATCHING = "workflow/watching"
"""The key of active workflows that watch for something."""


@cache
def workflow_codec() -> Codec[Fact]:
    """The codec of workflow logs."""
    return Codec((WorkflowStored, WorkflowDeleted, WorkflowPaused, WorkflowActivated, WorkflowRunsSettled))


def workflow_stream(workflow_id: str) -> str:
    """The name of a workflow's log."""
    return f"workflow/{workflow_id}"


def no_such_workflow(workflow_id: str) -> Refusal:
    """Nothing is stored under this id, or it was removed."""
    return Refusal(
        "workflow_not_found", f"There is no workflow {workflow_id!r}. List them with: penstock workflow ls", {"workflow_id": workflow_id}
    )


def workflow_paused(workflow_id: str) -> Refusal:
    """Nothing of it starts."""
    text = f"The workflow {workflow_id} is paused, and nothing of it starts. Activate it with: penstock workflow activate {workflow_id}"
    return Refusal("workflow_paused", text, {"workflow_id": workflow_id})


@frozen
class Version:
    """One stored version, and who stored it."""

    workflow_id: str
    version: int
    digest: str
    stored_at_ms: int
    title: str | None = None
    stored_by: str | None = None


@define(eq=False)
class WorkflowRecord:
    """`versions`: all of them, oldest first. `changed_by`: who paused, activated or removed it last, and when.

    `settling`: its runs have still to follow the pause or activation.
    """

    workflow_id: str
    versions: list[Version] = Factory(list)
    deleted: bool = False
    paused: bool = False
    settling: bool = False
    changed_by: str | None = None
    changed_at_ms: int = 0
    seq: int = 0

    @property
    def status(self) -> WorkflowStatus:
        """Whether it is there, and whether something of it may start."""
        if not self.versions:
            return "absent"
        return "deleted" if self.deleted else "paused" if self.paused else "active"

    @property
    def there(self) -> bool:
        """Whether it is stored and was not removed."""
        return bool(self.versions) and not self.deleted

    def apply(self, event: Fact, at_ms: int) -> None:
        """One more fact."""
        self.seq += 1
        match event:
            case WorkflowStored(version=version, digest=digest, title=title, stored_by=stored_by):
                if version > len(self.versions):
                    self.versions.append(Version(self.workflow_id, version, digest, at_ms, title, stored_by))
                    self.paused = self.paused and not self.deleted
                self.deleted = False
            case WorkflowDeleted(by=by):
                self.deleted, self.settling, self.changed_by, self.changed_at_ms = True, False, by, at_ms
            case WorkflowPaused(by=by) | WorkflowActivated(by=by):
                self.paused, self.settling = isinstance(event, WorkflowPaused), True
                self.changed_by, self.changed_at_ms = by, at_ms
            case _:  # all its runs have followed
                self.settling = False


def fold_workflow(workflow_id: str, log: Iterable[Recorded]) -> WorkflowRecord:
    """The record that the log says."""
    record = WorkflowRecord(workflow_id)
    for recorded in log:
        record.apply(workflow_codec().decode(recorded), recorded.at_ms)
    return record


def headline_of(record: WorkflowRecord, now: int, *, watches: bool) -> Headline:
    """The workflow's line in the catalog."""
    newest = record.versions[-1]
    facts: dict[str, Any] = {"version": newest.version, "digest": newest.digest}
    keys = [key for key, there in ((UNSETTLED, record.settling), (WATCHING, watches and record.status == "active")) if there]
    return Headline(
        stream=workflow_stream(record.workflow_id), kind="workflow", status=record.status, created_ms=record.versions[0].stored_at_ms,
        updated_ms=now, group=record.workflow_id if record.there else None, title=newest.title, facts=facts, keys=tuple(keys),
    )  # fmt: skip

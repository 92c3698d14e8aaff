"""The facts of a workflow's own log: versions stored, paused, removed. The definitions themselves lie among the contents, by digest."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact

__all__ = ["WorkflowActivated", "WorkflowDeleted", "WorkflowPaused", "WorkflowRunsSettled", "WorkflowStored"]


@frozen
class WorkflowStored(Fact):
    """A version: `version` counts from 1, `digest` names the canonical definition. The last one again: a removed workflow is restored."""

    kind: ClassVar[str] = "workflow_stored"
    version: int
    digest: str
    title: str | None = None
    stored_by: str | None = None


@frozen
class WorkflowDeleted(Fact):
    """Gone from lists and not to be started any more. Its runs stay readable, and a later version brings it back."""

    kind: ClassVar[str] = "workflow_deleted"
    by: str | None = None


@frozen
class WorkflowPaused(Fact):
    """Nothing of it starts any more; its runs are held next."""

    kind: ClassVar[str] = "workflow_paused"
    by: str | None = None
    reason: str | None = None


@frozen
class WorkflowActivated(Fact):
    """It may start again; the runs that were held with it go on next."""

    kind: ClassVar[str] = "workflow_activated"
    by: str | None = None
    reason: str | None = None


@frozen
class WorkflowRunsSettled(Fact):
    """All its runs have followed the pause (or the activation); `runs` is how many there were."""

    kind: ClassVar[str] = "workflow_runs_settled"
    status: str
    runs: int = 0

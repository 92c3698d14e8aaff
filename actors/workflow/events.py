"""The facts of a workflow's own log: versions stored, removed. The definitions themselves lie among the contents, by digest."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact

__all__ = ["WorkflowDeleted", "WorkflowStored"]


@frozen
class WorkflowStored(Fact):
    """A version: `version` counts from 1, `digest` names the canonical definition."""

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

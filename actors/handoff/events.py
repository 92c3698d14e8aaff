"""The facts of a handoff that was used up: each has a log of its own, which begins with that."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact

__all__ = ["HandoffArchived", "HandoffConsumed"]


@frozen
class HandoffConsumed(Fact):
    """A run was made of it, in the same commit. `workspace` is absolute, the folders are relative to it; `file` lies in `approved`."""

    kind: ClassVar[str] = "handoff_consumed"
    handoff_id: str
    run_id: str
    workflow_id: str
    source_workflow_id: str
    artifact_type: str
    workspace: str
    approved: str
    archived: str
    file: str


@frozen
class HandoffArchived(Fact):
    """Its file was put away under that name; None: it was not there any more."""

    kind: ClassVar[str] = "handoff_archived"
    file: str | None = None

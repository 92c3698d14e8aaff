"""The stored workflows: their versions, their life from the first put to the removal, and that their runs follow a pause."""

from __future__ import annotations

from actors.library.library import Library
from actors.library.record import (
    UNSETTLED,
    WATCHING,
    Version,
    WorkflowRecord,
    no_such_workflow,
    workflow_codec,
    workflow_paused,
    workflow_stream,
)  # fmt: skip

__all__ = [
    "UNSETTLED", "WATCHING", "Library", "Version", "WorkflowRecord", "no_such_workflow", "workflow_codec", "workflow_paused",
    "workflow_stream",
]  # fmt: skip

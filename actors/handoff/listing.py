"""The handoffs of one workflow as JSON, and letting them in: what the watchman is asked, and what can be done without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from actors.handoff.files import let_in, look
from actors.handoff.rules import Found, in_scope
from actors.workflow.spec import Workflow

__all__ = ["approve_files", "list_files", "workspace_of"]


def workspace_of(workflow: Workflow) -> str | None:
    """The folder in which a workflow that watches finds its handoffs, with links resolved; None where there is none."""
    if workflow.workspace_root is None:
        return None
    path = Path(workflow.folder or "/", workflow.workspace_root.strip()).resolve()
    return str(path) if path.is_dir() else None


def list_files(workflow: Workflow) -> list[dict[str, Any]]:
    """What lies in the inbox and among what is approved, at most 256 files of each. Raises OSError, NotContained."""
    workspace, handoffs = workspace_of(workflow), workflow.triggers.handoffs
    if workspace is None:
        return []
    found = []
    for state, folder in (("inbox", handoffs.inbox), ("approved", handoffs.approved)):
        files = [one for one in look(workspace, folder, {}).found if one.handoff is not None or one.problem is not None]
        found += [_row(workflow, state, f"{workspace}/{folder}/{one.file}", one) for one in files]
    return found


def _row(workflow: Workflow, state: str, path: str, found: Found) -> dict[str, Any]:
    row: dict[str, Any] = {"workflow_id": workflow.workflow_id, "file": found.file, "state": state, "path": path}
    handoff = found.handoff
    if handoff is None:
        return row | {"problem": found.problem}
    row |= {
        "handoff_id": handoff.handoff_id, "source_workflow_id": handoff.source_workflow_id, "artifact_type": handoff.artifact_type,
        "target_workflow_id": handoff.target_workflow_id, "created_at_ms": handoff.created_at_ms,
    }  # fmt: skip
    if handoff.target_workflow_id != workflow.workflow_id:
        return row | {"problem": f"it is for {handoff.target_workflow_id}"}
    if handoff.content_path is not None and not in_scope(workflow.triggers.scope, handoff.content_path):
        return row | {"problem": "its content_path lies outside of the workflow's scope"}
    return row


def approve_files(workflow: Workflow, files: tuple[str, ...]) -> list[str]:
    """Let these files of the inbox in; their names among what is approved. Raises OSError, NotContained."""
    workspace = workspace_of(workflow)
    return [] if workspace is None else let_in(workspace, workflow.triggers.handoffs, files)

"""Reads `worktree`: where the branch of a run begins, and what it is called."""

from __future__ import annotations

from actors.workflow.form import Form
from actors.workflow.spec_worktree import DEFAULT_BRANCH, Worktree

__all__ = ["read_worktree"]


def read_worktree(form: Form, workspace: str | None) -> Worktree | None:
    """What stands there. A worktree is one of a repository, which `workspace` names."""
    inner = form.sub("worktree")
    if inner is None:
        return None
    inner.require("base")
    base, branch = inner.text("base"), inner.text("branch", default=DEFAULT_BRANCH)
    inner.close("worktree")
    if workspace is None:
        message = "A worktree is made of a repository, and nothing says of which. Name it as the workspace."
        form.report.add("worktree_without_workspace", form.at("worktree"), message, allowed=['workspace: "{{ inputs.repository }}"'])
    return Worktree(base or "", branch or DEFAULT_BRANCH)

"""Where a run is to work whose workflow asks for a worktree: found when the run is made, before anything of it exists.

What only git can say is said later, when it is asked: a run is admitted without starting a process.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.refusals import Refusal
from actors.workflow.template import TemplateError, render_text
from actors.worktree.folders import is_worktree
from actors.worktree.site import Place, branch_problem

if TYPE_CHECKING:
    from actors.workflow.spec import Workflow
    from actors.worktree.site import Site

__all__ = ["house", "worktree_problem"]


def house(
    workflow: Workflow, folder: Path, run_id: str, inputs: Mapping[str, Any], workspace: str | None, start: str | None = None
) -> tuple[str | None, Place | None] | Refusal:
    """The folder in which the run works, and its worktree; `workspace` itself, and None, where the workflow asks for none.

    `folder` is that of all worktrees, `start` a branch at which this one begins. A workspace inside the repository is the same folder
    inside the worktree.
    """
    if workflow.worktree is None:
        return workspace, None
    if workspace is None:
        text = f"The workspace {workflow.workspace_root!r} is empty for these inputs, and a worktree is made of a repository. Name one."
        return Refusal("worktree_without_workspace", text, {"path": "workspace"})
    top = _repository(Path(workspace))
    if top is None:
        text = f"{workspace} lies in no git repository, and a worktree is made of one. Run `git init` there, or leave out `worktree`."
        return Refusal("worktree_not_a_repository", text, {"workspace": workspace})
    scope = {"inputs": dict(inputs), "run": {"id": run_id, "workflow": workflow.workflow_id}}
    try:
        base, branch = (render_text(text, scope).strip() for text in (workflow.worktree.base, workflow.worktree.branch))
    except TemplateError as error:
        return Refusal(error.code, f"The worktree cannot be rendered: {error.message}", {"path": "worktree"})
    if (problem := branch_problem(branch)) is not None:
        return Refusal("worktree_branch_invalid", f"{branch!r} is no name of a branch: {problem}.", {"branch": branch})
    if not base or base.startswith("-") or not base.isprintable():
        return Refusal("worktree_base_unknown", f"{base!r} names no branch, tag or commit. Name one to begin at.", {"base": base})
    path = folder.resolve() / run_id  # as git names it
    return str(path / Path(workspace).relative_to(top)), Place(str(top), str(path), branch, base, start)


def _repository(folder: Path) -> Path | None:
    """The top of the repository in which the folder lies, as far as that can be seen without git."""
    for one in (folder, *folder.parents):
        if (one / ".git").exists() or ((one / "HEAD").is_file() and (one / "objects").is_dir() and (one / "refs").is_dir()):
            return one
    return None


def worktree_problem(site: Site) -> tuple[str, str] | None:
    """The code and the words of what is wrong with a worktree that was made: somebody has removed it."""
    if site.stage != "made" or is_worktree(site.place.path):
        return None
    place = site.place
    text = f"The worktree {place.path} is not there any more: somebody has removed it. Its commits are on the branch {place.branch}."
    return "worktree_missing", f"{text} Put it back with: git -C {place.repository} worktree add -f {place.path} {place.branch}"

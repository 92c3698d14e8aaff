"""Making a worktree, in two steps with a commit of the run's log behind each, so that a death in between leaves no doubt what is whose.

Before the first commit nothing is touched. Between the two, the folder, and a branch that is still where it began, are the run's own, and
nothing of the run has begun: what is found there is thrown away and made anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from actors.outside.trouble import Trouble
from actors.worktree.folders import is_folder, make_parent, remove_tree
from actors.worktree.messages import Existing, Planned, Wrong
from storage.crashpoints import reach

if TYPE_CHECKING:
    from actors.worktree.git import Git
    from actors.worktree.site import Site

__all__ = ["add", "plan", "sweep"]


async def plan(git: Git, site: Site, author: tuple[str, str]) -> Planned | Wrong:
    """Look whether the branch can be made, and at which commit it begins. `author` is who commits where git knows nobody."""
    try:
        return await _plan(git, site, author)
    except Trouble as trouble:
        return _wrong(trouble, site)


async def _plan(git: Git, site: Site, author: tuple[str, str]) -> Planned | Wrong:
    place = site.place
    if await git.maybe(place.repository, "rev-parse", "--git-dir") is None:
        text = f"{place.repository} is no git repository (any more), or belongs to somebody whom git does not trust there."
        return Wrong("worktree_not_a_repository", text)
    if await git.maybe(place.repository, "check-ref-format", f"refs/heads/{place.branch}") is None:
        return Wrong("worktree_branch_invalid", f"{place.branch!r} is no name of a branch, says git.")
    known = await git.branch(place.repository, place.branch)
    if known is not None and not site.left:
        text = f"The branch {place.branch} is there already, and each run makes one of its own. Let its name hold {{{{ run.id }}}}."
        return Wrong("worktree_branch_taken", text)
    start = await git.branch(place.repository, place.start) if place.start is not None else None
    commit = known or start or await git.commit_of(place.repository, place.base)
    if commit is None:
        text = f"{place.repository} has no branch, tag or commit {place.base!r} in which a worktree could begin. Name one that it has."
        return Wrong("worktree_base_unknown", text)
    named = [await git.maybe(place.repository, "config", "--get", key) for key in ("user.name", "user.email")]
    return Planned(commit, None if all(named) else (named[0] or author[0], named[1] or author[1]), existing=known is not None)


async def add(git: Git, site: Site, workspace: str) -> Existing | Wrong:
    """Make it. `workspace` is the folder in it in which the run works."""
    place = site.place
    try:
        await sweep(git, site)
        known = await git.branch(place.repository, place.branch)
        if known not in (None, site.commit):
            return Wrong("worktree_branch_taken", f"The branch {place.branch} was made by somebody else at the same moment.")
        make_parent(place.path)
        new = ("--no-track", "-b", place.branch) if known is None else ()
        at = place.branch if known is not None else str(site.commit)
        await git.ask(place.repository, "worktree", "add", "--quiet", *new, "--", place.path, at)
        reach("worktree.added")
    except Trouble as trouble:
        return _wrong(trouble, site)
    except OSError as error:
        return Wrong("worktree_not_made", f"The folder {place.path} cannot be made: {error.strerror}.")
    if not is_folder(workspace):
        inner = workspace.removeprefix(place.path).strip("/")
        return Wrong("worktree_folder_missing", f"{place.base} has no folder {inner}, where the workspace lies. Choose another base.")
    return Existing()


async def sweep(git: Git, site: Site) -> None:
    """Remove the folder and git's record of it, whatever of them there is. Raises Trouble, OSError."""
    place = site.place
    known = is_folder(place.repository)
    if is_folder(place.path):
        if known:
            await git.maybe(place.repository, "worktree", "remove", "--force", "--force", "--", place.path)
            remove_tree(place.path)  # what git has left
        else:
            await trio.to_thread.run_sync(remove_tree, place.path)
    if known and place.path in await git.worktrees(place.repository):  # its record alone
        await git.maybe(place.repository, "worktree", "remove", "--force", "--force", "--", place.path)


def _wrong(trouble: Trouble, site: Site) -> Wrong:
    if trouble.code == "program_not_started":
        return Wrong("git_missing", f"There is no git that could be started ({trouble.message}). Install it; penstock doctor looks for it.")
    if trouble.code == "program_timeout":
        return Wrong("worktree_timeout", f"{trouble.message}. worktrees.timeout says how long it may take.")
    return Wrong("worktree_not_made", f"The worktree {site.place.path} could not be made: {trouble.message}")

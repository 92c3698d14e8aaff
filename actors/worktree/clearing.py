"""What a run has left in its worktree, and its removal. Nothing that is nowhere else is lost, unless somebody says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from actors.outside.trouble import Trouble
from actors.worktree.folders import is_folder, is_locked, leads_to
from actors.worktree.making import sweep
from storage.crashpoints import reach

if TYPE_CHECKING:
    from actors.worktree.git import Git
    from actors.worktree.site import Site

__all__ = ["Found", "clear", "inspect"]

SHOWN = 50
"""Paths of changes that are named; all of them are counted."""


@frozen
class Found:
    """What lies there. `changes`: paths that no commit has, `commits`: of the branch and not in its base. `trouble`: git cannot say.

    `head` is what is checked out, a branch or a commit; None where the folder is gone.
    """

    head: str | None = None
    changes: tuple[str, ...] = ()
    changed: int = 0
    commits: int = 0
    branch: bool = False
    locked: bool = False
    trouble: str | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is kept; none: nothing would be lost."""
        words = {"unreadable": self.trouble is not None, "changes": self.changed > 0, "commits": self.commits > 0, "locked": self.locked}
        return tuple(word for word, holds in words.items() if holds)

    def facts(self) -> dict[str, Any]:
        """The same as JSON."""
        found: dict[str, Any] = {"head": self.head, "changed": self.changed, "changes": list(self.changes), "commits_ahead": self.commits}
        return found | {"locked": self.locked} | ({} if self.trouble is None else {"trouble": self.trouble})


async def inspect(git: Git, site: Site) -> Found:
    """Look at it; where git cannot say, that is what is found."""
    try:
        return await _inspect(git, site)
    except Trouble as trouble:
        return Found(trouble=trouble.message)


async def _inspect(git: Git, site: Site) -> Found:
    place = site.place
    if not is_folder(place.repository):
        gone = f"the repository {place.repository} is not there any more"
        return Found(trouble=gone) if is_folder(place.path) else Found()
    tip = await git.branch(place.repository, place.branch)
    if not is_folder(place.path):
        return Found(branch=tip is not None, commits=0 if tip is None else await _ahead(git, site, place.repository, tip))
    git_dir = await git.ask(place.repository, "rev-parse", "--git-common-dir")
    if not leads_to(place.path, place.repository, git_dir):
        return Found(branch=tip is not None, trouble=f"{place.path} is no worktree of {place.repository} any more, says its file .git")
    lines = await git.ask(place.path, "status", "--porcelain=v1", "--untracked-files=all", "--no-renames")
    changes = tuple(line[3:] for line in lines.splitlines() if line)
    head = await git.maybe(place.path, "symbolic-ref", "--quiet", "--short", "HEAD") or await git.ask(place.path, "rev-parse", "HEAD")
    ahead = await _ahead(git, site, place.path, "HEAD", *(() if tip is None else (tip,)))
    locked = is_locked(await git.ask(place.path, "rev-parse", "--absolute-git-dir"))
    return Found(head, changes[:SHOWN], len(changes), ahead, tip is not None, locked)


async def clear(git: Git, site: Site) -> bool:
    """Remove the worktree, and its branch where all of its commits are elsewhere. Whether the branch is left. Raises Trouble, OSError."""
    await sweep(git, site)
    reach("worktree.swept")
    place = site.place
    if not is_folder(place.repository):
        return False
    tip = await git.branch(place.repository, place.branch)
    if tip is None:
        return False
    if await _ahead(git, site, place.repository, tip) > 0 or place.branch in (await git.worktrees(place.repository)).values():
        return True
    left = await git.maybe(place.repository, "update-ref", "-d", f"refs/heads/{place.branch}", tip) is None
    reach("worktree.cleared")
    return left


async def _ahead(git: Git, site: Site, folder: str, *tips: str) -> int:
    """How many commits there are behind these that neither the base has, as it is now, nor what the branch was begun at.

    A fork that begins with the commits of another run answers for those, too.
    """
    base = await git.commit_of(site.place.repository, site.place.base)
    known = (*(() if base is None else (base,)), *((str(site.commit),) if site.place.start is None else ()))
    return int(await git.ask(folder, "rev-list", "--count", *tips, "--not", *known, "--"))

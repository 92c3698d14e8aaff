"""What becomes of a run's worktree: from before its first step to after its end. Facts."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact

__all__ = ["WorktreeCreated", "WorktreeKept", "WorktreePlanned", "WorktreeRemovalBegun", "WorktreeRemoved"]


@frozen
class WorktreePlanned(Fact):
    """The branch is free, and will begin at this `commit`: from here on what is found there is the run's own.

    `author`: name and address for commits of its steps, None where git is told by its own settings. `existing`: the branch is there
    already, left by the run itself.
    """

    kind: ClassVar[str] = "worktree_planned"
    commit: str
    branch: str
    author: tuple[str, str] | None = None
    existing: bool = False


@frozen
class WorktreeCreated(Fact):
    """It is there, and the run can begin."""

    kind: ClassVar[str] = "worktree_created"
    path: str
    branch: str
    commit: str


@frozen
class WorktreeKept(Fact):
    """Bookkeeping after the ending: it stays, because of what it holds. `reasons`: changes, commits, locked, unreadable."""

    kind: ClassVar[str] = "worktree_kept"
    path: str
    branch: str
    reasons: tuple[str, ...]


@frozen
class WorktreeRemovalBegun(Fact):
    """Bookkeeping after the ending: from here on nothing is to be found there. `forced`: though it held something."""

    kind: ClassVar[str] = "worktree_removal_begun"
    by: str = "system"
    forced: bool = False


@frozen
class WorktreeRemoved(Fact):
    """Bookkeeping after the ending: it is gone. `branch_left`: its branch is not, since it has commits that are nowhere else."""

    kind: ClassVar[str] = "worktree_removed"
    path: str
    branch: str
    branch_left: bool = False

"""The parameters of the methods about worktrees."""

from __future__ import annotations

from attrs import field, frozen

from actors.control import bounds

__all__ = ["WorktreeList", "WorktreeOnly", "WorktreeRemove"]


@frozen
class WorktreeList:
    """The worktrees that there are, those of the oldest runs first."""

    limit: int = field(default=100, validator=bounds.count)


@frozen
class WorktreeOnly:
    """The worktree of a run, as git sees it now."""

    run_id: str = field(validator=bounds.name)


@frozen
class WorktreeRemove:
    """Remove the worktree of a run that has ended. `force`: though it holds what is not committed, or commits that are not merged."""

    run_id: str = field(validator=bounds.name)
    force: bool = False

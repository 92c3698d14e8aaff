"""What is said about worktrees: by the maker to its run, to the keeper, and by the keeper to a run."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from actors.refusals import Principal, Refusal, RequestKey
from actors.worktree.site import Stage
from supervision import Request

__all__ = [
    "BeginRemoval", "EndRemoval", "Existing", "KeepWorktree", "LookAtWorktrees", "Planned", "RemoveWorktree", "WorktreeSaid", "Wrong",
]  # fmt: skip


@frozen
class Planned:
    """The branch can be made. Fields as in the fact."""

    commit: str
    author: tuple[str, str] | None = None
    existing: bool = False


@frozen
class Existing:
    """The worktree is there."""


@frozen
class Wrong:
    """There can be none: why, as a code and in words."""

    code: str
    message: str


@frozen
class WorktreeSaid:
    """Tell of the maker to its run: what came of the step that was to follow on `stage`."""

    stage: Stage
    verdict: Planned | Existing | Wrong


@frozen
class LookAtWorktrees:
    """Tell to the keeper: a run with a worktree may have ended."""


@frozen
class RemoveWorktree(Request[dict[str, Any] | Refusal]):
    """Remove the worktree of a run that has ended. `force`: though it holds changes that would be lost."""

    run_id: str
    force: bool
    by: Principal
    request: RequestKey


@frozen
class KeepWorktree:
    """An operation on a run: note why its worktree stays."""

    reasons: tuple[str, ...]
    by: str = "system"


@frozen
class BeginRemoval:
    """An operation on a run: its worktree is about to be removed, so nothing may begin in it any more."""

    by: str
    forced: bool = False
    reply: tuple[tuple[str, Any], ...] = ()


@frozen
class EndRemoval:
    """An operation on a run: its worktree is gone."""

    branch_left: bool = False
    by: str = "system"

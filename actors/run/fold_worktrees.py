"""How facts about its worktree change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.entity import Fact
from actors.run.state import RunState
from actors.worktree import events as worktree
from actors.worktree.site import Site

__all__ = ["WORKTREE_FOLDS", "revive_site"]


def _site(state: RunState) -> Site:
    assert state.worktree is not None, "such facts are of runs that were made with one"
    return state.worktree


def _planned(state: RunState, event: worktree.WorktreePlanned, at: int) -> None:
    site = _site(state)
    site.stage, site.commit, site.author, site.left = "planned", event.commit, event.author, event.existing


def _created(state: RunState, event: worktree.WorktreeCreated, at: int) -> None:
    _site(state).stage = "made"


def _kept(state: RunState, event: worktree.WorktreeKept, at: int) -> None:
    _site(state).kept = event.reasons


def _begun(state: RunState, event: worktree.WorktreeRemovalBegun, at: int) -> None:
    site = _site(state)
    site.stage, site.asked, site.kept = "removing", event.forced, ()


def _removed(state: RunState, event: worktree.WorktreeRemoved, at: int) -> None:
    site = _site(state)
    site.stage, site.left = "removed", event.branch_left


def revive_site(state: RunState) -> None:
    """The run has left its ending behind: what is gone is made anew, and what is there is looked at again at the next ending."""
    site = state.worktree
    if site is not None:
        site.kept = ()
        site.stage = "wanted" if site.stage == "removed" else site.stage


WORKTREE_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    worktree.WorktreePlanned: _planned,
    worktree.WorktreeCreated: _created,
    worktree.WorktreeKept: _kept,
    worktree.WorktreeRemovalBegun: _begun,
    worktree.WorktreeRemoved: _removed,
}

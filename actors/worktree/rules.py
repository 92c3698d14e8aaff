"""What the keeper of worktrees may do to those of a run, and when: never while the run may work there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actors.refusals import Refusal
from actors.worktree.events import WorktreeKept, WorktreeRemovalBegun, WorktreeRemoved
from actors.worktree.site import PRESENT

if TYPE_CHECKING:
    from actors.run.state import RunState
    from actors.run.turn import Turn
    from actors.worktree.messages import BeginRemoval, EndRemoval, KeepWorktree
    from actors.worktree.site import Site

__all__ = ["begin_removal", "end_removal", "keep", "no_worktree", "removal_refusal", "removing_refusal"]


def no_worktree(run_id: str) -> Refusal:
    """There is nothing that could be removed."""
    return Refusal(
        "worktree_not_found", f"The run {run_id} has no worktree (any more). List them: penstock worktree ls", {"run_id": run_id}
    )


def removal_refusal(state: RunState) -> Refusal | None:
    """Only what a run has left behind is removed."""
    if state.worktree is None or state.worktree.stage not in PRESENT:
        return no_worktree(state.run_id)
    if not state.terminal:
        text = f"The run {state.run_id} is {state.status}, and its worktree is where it works. Cancel it, or wait until it has ended."
        return Refusal("run_not_terminal", text, {"status": state.status})
    return None


def removing_refusal(state: RunState) -> Refusal | None:
    """Nothing is done to a run whose folder is vanishing."""
    if state.worktree is None or state.worktree.stage != "removing":
        return None
    text = f"The worktree of {state.run_id} is being removed at this moment. Ask again in a few seconds."
    return Refusal("worktree_removing", text, {"path": state.worktree.place.path})


def keep(turn: Turn, operation: KeepWorktree) -> Mapping[str, Any] | Refusal:
    """Note why it stays, once for each set of reasons."""
    site = _left_behind(turn.state)
    if isinstance(site, Refusal):
        return site
    if site.stage != "removing" and site.kept != operation.reasons:
        turn.emit(WorktreeKept(site.place.path, site.place.branch, operation.reasons))
    return {}


def begin_removal(turn: Turn, operation: BeginRemoval) -> Mapping[str, Any] | Refusal:
    """From this commit on the run cannot be brought back before all of it is gone."""
    site = _left_behind(turn.state)
    if isinstance(site, Refusal):
        return site
    if site.stage != "removing":
        turn.emit(WorktreeRemovalBegun(operation.by, operation.forced))
    return dict(operation.reply)


def end_removal(turn: Turn, operation: EndRemoval) -> Mapping[str, Any] | Refusal:
    """It is gone."""
    site = turn.state.worktree
    if site is not None and site.stage == "removing":
        turn.emit(WorktreeRemoved(site.place.path, site.place.branch, operation.branch_left))
    return {}


def _left_behind(state: RunState) -> Site | Refusal:
    refusal = removal_refusal(state)
    if refusal is not None:
        return refusal
    assert state.worktree is not None, "else it was refused"
    return state.worktree

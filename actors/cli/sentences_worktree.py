"""What becomes of a run's worktree, in words."""

from __future__ import annotations

from actors.cli.phrases import Event, Sentence, by

__all__ = ["OF_WORKTREES"]


def _planned(event: Event, _: str) -> str:
    how = "goes on" if event.get("existing") else "will begin"
    return f"worktree planned: branch {event['branch']} {how} at {event['commit'][:12]}"


def _removed(event: Event, _: str) -> str:
    left = f"; its branch {event['branch']} stays, it is not merged" if event.get("branch_left") else f", and its branch {event['branch']}"
    return f"worktree removed{left}"


OF_WORKTREES: dict[str, Sentence] = {
    "worktree_planned": _planned,
    "worktree_created": lambda event, _: f"worktree made: {event['path']} on branch {event['branch']}",
    "worktree_kept": lambda event, _: f"worktree kept for its {' and '.join(event['reasons'])}: {event['path']}",
    "worktree_removal_begun": lambda event, _: f"worktree is being removed{by(event)}{', though it holds work' if event['forced'] else ''}",
    "worktree_removed": _removed,
}

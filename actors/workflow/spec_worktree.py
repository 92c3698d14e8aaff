"""The part of the model that is about worktrees: each run works in one of its own, on a branch of its own."""

from __future__ import annotations

from attrs import frozen

__all__ = ["DEFAULT_BRANCH", "Worktree"]

DEFAULT_BRANCH = "penstock/{{ run.workflow }}/{{ run.id }}"


@frozen
class Worktree:
    """`base` is what the branch begins at (a branch, a tag, a commit), `branch` its name; both may hold templates over inputs and run."""

    base: str
    branch: str = DEFAULT_BRANCH

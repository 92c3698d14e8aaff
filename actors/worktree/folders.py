"""Looks at folders, and what is done to them without git. Each is a moment's work, but for `remove_tree`."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

__all__ = ["is_folder", "is_locked", "is_worktree", "leads_to", "make_parent", "remove_tree"]


def is_folder(path: str) -> bool:
    """Whether there is a folder."""
    return Path(path).is_dir()


def is_worktree(path: str) -> bool:
    """Whether the folder is still a worktree of some repository."""
    return Path(path, ".git").is_file()


def leads_to(path: str, repository: str, git_dir: str) -> bool:
    """Whether that worktree is still one of the repository; `git_dir` is the folder of git's in that, absolute or relative to it.

    A step could have put settings of its own where git looks for them.
    """
    pointer = Path(path, ".git")
    try:
        told = pointer.read_text() if not pointer.is_symlink() else ""
    except (OSError, ValueError):
        return False
    word, _, rest = told.strip().partition(": ")
    home = Path(repository, git_dir, "worktrees").resolve()
    return word == "gitdir" and Path(path, rest).resolve().parent == home


def is_locked(git_dir: str) -> bool:
    """Whether somebody has locked the worktree to which this folder of git's belongs."""
    return Path(git_dir, "locked").exists()


def make_parent(path: str) -> None:
    """The folder in which it is to be, for its owner alone. Raises OSError."""
    Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def remove_tree(path: str) -> None:
    """Remove the folder with all that is in it; no link is followed. Raises OSError where something is left."""
    shutil.rmtree(path, ignore_errors=True)
    if os.path.lexists(path):
        raise OSError(errno.EBUSY, "something in it cannot be removed", path)

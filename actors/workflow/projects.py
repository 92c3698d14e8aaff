"""Projects: the folders in which a user's own files for Penstock lie, below `.penstock`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

__all__ = ["MARK", "folders_of", "roots_of"]

MARK: Final = ".penstock"
"""The folder of a project in which its files for us lie."""
LONGEST_POINTER: Final = 4_096


def roots_of(folders: Iterable[str | None]) -> tuple[str, ...]:
    """The projects in which the folders lie: the nearest folder upwards that has our files, or is a repository; else the folder itself."""
    found: dict[str, None] = {}
    for folder in folders:
        if folder is not None and (path := Path(folder).resolve()).is_dir():
            found[str(next((one for one in (path, *path.parents) if _is_project(one)), path))] = None
    return tuple(found)


def folders_of(folder: str) -> tuple[Path, ...]:
    """The folders of workflow files for who works in `folder`: that of its worktree before that of its repository."""
    roots = dict.fromkeys(root for here in roots_of([folder]) for root in (here, _repository_of(here)) if root is not None)
    return tuple(Path(root) / MARK / "workflows" for root in roots)


def _repository_of(root: str) -> str | None:
    """The repository of which the folder is a linked worktree (`git worktree`); None where it is none."""
    pointer = Path(root) / ".git"
    try:
        if not pointer.is_file():
            return None
        with pointer.open("rb") as file:
            text = file.read(LONGEST_POINTER).decode()
    except (OSError, UnicodeDecodeError):
        return None
    word, _, where = text.strip().partition("gitdir: ")
    place = (Path(root) / where).resolve()
    inside = not word and place.parent.name == "worktrees" and place.parent.parent.name == ".git"
    return str(place.parent.parent.parent) if inside else None


def _is_project(folder: Path) -> bool:
    """What runs leave in their workspaces makes no project of them."""
    return (folder / ".git").exists() or any((folder / MARK / what).is_dir() for what in ("workflows", "agents", "prompts", "schemas"))

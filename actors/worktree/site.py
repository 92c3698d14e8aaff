"""A run's worktree as the run knows it: where it is to be, and how far it has come. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import define, frozen

__all__ = ["PRESENT", "Place", "Site", "Stage", "branch_problem", "is_undone", "site_facts"]

Stage = Literal["wanted", "planned", "made", "removing", "removed"]
PRESENT: Final[frozenset[str]] = frozenset({"planned", "made", "removing"})
"""In these there may be something of it on the disk."""
_NEVER: Final = (" ", "~", "^", ":", "?", "*", "[", "\\", "..", "@{", "//")


@frozen
class Place:
    """What a run is made with. `repository`: the folder in which git is asked (absolute), `path`: the worktree's own.

    `branch` is begun at `base`; of a fork at `start`, the branch of the run that it goes on from, as long as that is there.
    """

    repository: str
    path: str
    branch: str
    base: str
    start: str | None = None


@define(eq=False)
class Site:
    """How far it has come. `commit`: where the branch began. `author`: name and address for commits, where git knows none.

    `kept`: why it was left where it is when the run had ended, empty as long as nobody has looked. `left`: its branch is still there.
    `asked`: it is removed though it holds something.
    """

    place: Place
    stage: Stage = "wanted"
    commit: str | None = None
    author: tuple[str, str] | None = None
    kept: tuple[str, ...] = ()
    left: bool = False
    asked: bool = False

    def comes(self) -> bool:
        """Whether nothing of the run can begin, because it has no folder yet."""
        return self.stage in ("wanted", "planned")

    def undone(self) -> bool:
        """Whether something is to be done about it once the run has ended."""
        return is_undone({"stage": self.stage, "kept": self.kept})


def is_undone(facts: Mapping[str, Any] | None) -> bool:
    """The same, of what its run's line in the catalog says."""
    return facts is not None and (facts["stage"] == "removing" or (facts["stage"] in PRESENT and not facts.get("kept")))


def site_facts(site: Site) -> dict[str, Any]:
    """The same as JSON, for the run's record and its line in the catalog."""
    place = site.place
    found = {"stage": site.stage, "path": place.path, "branch": place.branch, "base": place.base, "repository": place.repository}
    more = {"commit": site.commit, "kept": list(site.kept) or None, "branch_left": site.left or None}
    return found | {name: value for name, value in more.items() if value is not None}


def branch_problem(name: str) -> str | None:
    """What keeps the text from being the name of a branch, in words; git itself has the last one."""
    if not name or len(name) > 200:
        return "it must have 1 to 200 characters"
    if not name.isprintable() or any(word in name for word in _NEVER):
        return "blanks, control characters, ~ ^ : ? * [ \\ and the sequences .. // @{ cannot be part of it"
    if name[0] in "-/" or name[-1] in "/." or name == "@":
        return "it cannot begin with - or /, and cannot end with / or ."
    if any(part.startswith(".") or part.endswith(".lock") for part in name.split("/")):
        return "no part of it may begin with a dot or end with .lock"
    return None

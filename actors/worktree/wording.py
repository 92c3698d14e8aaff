"""What is said of a worktree that holds something, and what to do about it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.refusals import Refusal

if TYPE_CHECKING:
    from actors.worktree.clearing import Found
    from actors.worktree.site import Site

__all__ = ["holds_work"]


def holds_work(run_id: str, site: Site, found: Found) -> Refusal:
    """Why it is not removed unless somebody insists."""
    place, parts = site.place, []
    if found.trouble is not None:
        parts.append(f"git cannot tell what it holds ({found.trouble})")
    if found.changed:
        parts.append(f"{found.changed} {'path is' if found.changed == 1 else 'paths are'} not committed ({', '.join(found.changes[:5])})")
    if found.commits:
        parts.append(f"{found.commits} {'commit is' if found.commits == 1 else 'commits are'} not in {place.base}")
    if found.locked:
        parts.append("it is locked (git worktree lock)")
    text = f"The worktree {place.path} stays: {'; '.join(parts)}. Commit and merge {place.branch}, or add --force"
    lost = "what is not committed is lost then, the branch and its commits stay" if found.commits else "what is not committed is lost then"
    return Refusal("worktree_holds_work", f"{text} ({lost}).", {"run_id": run_id, "path": place.path, **found.facts()})

"""Canonical scenarios with worktrees: one that holds nothing and goes by itself, one that is kept until somebody insists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from tests.scenarios.flows import flow, step
from tests.scenarios.gits import Repo, real_git
from tests.scenarios.harness import House
from tests.scenarios.script import write

__all__ = ["WORKTREE_TALES"]

MANY = 12
PATIENCE_S = 600


async def _worktree(house: House) -> str:
    """Whatever dies in between: each run has one worktree, on one branch, and in the end there is neither, nor any folder."""
    repo = Repo(house.folder / "repo")
    house.script.on("make", *[write("made.txt", "work")] * MANY)
    top = f"workspace: {repo.folder}\nworktree: {{base: main}}"
    with real_git():
        empty = await house.begin(flow(step("a"), top=top), request_id="empty")
        full = await house.begin(flow(step("make"), top=top, name="full"), request_id="full")
        assert await _stage(house, empty, "removed") == {"stage": "removed", "kept": None}
        assert await _stage(house, full, "made") == {"stage": "made", "kept": ["changes"]}
        [left] = repo.worktrees
        assert (left, repo.branches) == (str(house.places.data / "worktrees" / full), ["main", f"penstock/full/{full}"])
        assert (await house.refused("worktree.remove", run_id=full)).code == "worktree_holds_work"
        await house.call("worktree.remove", run_id=full, force=True, request_id="rm")
        assert await _stage(house, full, "removed") == {"stage": "removed", "kept": None}
        assert (repo.worktrees, repo.branches) == ([], ["main"])
        assert list((house.places.data / "worktrees").iterdir()) == []
    return full


async def _stage(house: House, run_id: str, wanted: str) -> dict[str, object]:
    """What became of it, once the run has ended and somebody has looked."""
    await house.run_until(run_id)
    site: dict[str, object] = {}
    for _ in range(PATIENCE_S):
        site = (await house.run(run_id))["worktree"]
        if site["stage"] == wanted and (wanted == "removed" or "kept" in site):
            break
        await trio.sleep(1)
    return {"stage": site["stage"], "kept": site.get("kept")}


WORKTREE_TALES: dict[str, Callable[[House], Awaitable[str]]] = {"worktree": _worktree}

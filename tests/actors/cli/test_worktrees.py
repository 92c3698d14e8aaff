"""`penstock worktree`, and what other commands say of a run's worktree."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actors.cli.ending import emit_worktree
from actors.cli.narrate import Narrator
from actors.cli.rehearsal import print_plan
from actors.refusals import Refusal
from tests.actors.cli.conftest import Penstock
from tests.actors.cli.world import World

SITE: dict[str, Any] = {
    "run_id": "r", "workflow_id": "w", "status": "completed", "stage": "made", "path": "/data/worktrees/r", "branch": "penstock/w/r",
    "base": "main", "repository": "/srv/repo", "commit": "ab" * 20, "kept": ["changes", "commits"],
}  # fmt: skip
HELD = {"head": "penstock/w/r", "changed": 2, "changes": ["a.txt", "b\n.txt"], "commits_ahead": 1, "locked": False, "trouble": "no git"}


@pytest.fixture
def asked(world: World) -> list[Any]:
    asked: list[Any] = []

    async def remove(params: Any, by: Any, request: Any) -> Any:
        asked.append(params)
        if not params.force:
            return Refusal("worktree_holds_work", "It stays.")
        return {"run_id": params.run_id, "status": "completed", **SITE, "branch_left": params.run_id == "left"}

    world.runtime.answers |= {"worktree_list": {"worktrees": [SITE]}, "worktree_get": {"worktree": SITE | HELD}, "worktree_remove": remove}
    return asked


def test_they_are_listed_with_what_keeps_them(penstock: Penstock, asked: list[Any]) -> None:
    assert "r    completed  penstock/w/r  changes, commits  /data/worktrees/r" in penstock("worktree", "ls").output
    assert json.loads(penstock("worktree", "ls", "--json").output) == [SITE]


def test_one_is_shown_as_git_sees_it(penstock: Penstock, asked: list[Any]) -> None:
    said = penstock("worktree", "show", "r").output
    for part in ("1 commit not in the base, 2 paths not committed", "    a.txt\n", "git cannot say: no git", "kept for: changes, commits"):
        assert part in said
    assert json.loads(penstock("worktree", "show", "r", "--json").output) == SITE | HELD


def test_each_is_removed_and_said_so_and_a_refusal_stops_no_other(penstock: Penstock, asked: list[Any]) -> None:
    result = penstock("worktree", "rm", "r", "--json")
    assert (result.exit_code, "worktree_holds_work" in result.output) == (1, True)
    said = penstock("worktree", "rm", "--force", "r", "left").output
    assert "r: removed /data/worktrees/r\nleft: removed /data/worktrees/r; the branch penstock/w/r stays" in said
    assert [(params.run_id, params.force) for params in asked] == [("r", False), ("r", True), ("left", True)]


def test_a_run_says_what_became_of_its_worktree(world: World, penstock: Penstock, capsys: pytest.CaptureFixture[str]) -> None:
    world.run["worktree"] = SITE
    assert "worktree: made, kept for its changes and commits; branch penstock/w/r, base main of /srv/repo" in penstock("show", "r").output
    for site in (SITE, {**SITE, "stage": "removed"}, {**SITE, "stage": "wanted"}):
        emit_worktree({"run_id": "r", "worktree": site})
    emit_worktree({"run_id": "r"})
    first, second = capsys.readouterr().out.splitlines()[-2:]
    assert "kept for its changes and commits   (penstock worktree show r)" in first
    assert "removed, it held nothing" in second


def test_a_plan_names_the_branch(capsys: pytest.CaptureFixture[str]) -> None:
    plan = {"workspace": "/data/worktrees/r", "worktree": SITE, "nodes": [], "problems": []}
    print_plan({"run_id": "r", "workflow_id": "w", "version": 1, "output": {"plan": plan}})
    assert "worktree: a new branch penstock/w/r at main of /srv/repo" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"event": "worktree_planned", "branch": "b", "commit": "ab" * 20, "existing": True}, "branch b goes on at abababababab"),
        ({"event": "worktree_removal_begun", "by": "uid:1", "forced": True}, "being removed by uid:1, though it holds work"),
        ({"event": "worktree_removed", "branch": "b", "branch_left": True}, "its branch b stays"),
    ],
    ids=["planned", "begun", "removed"],
)
def test_its_events_are_told(event: dict[str, Any], words: str) -> None:
    assert words in Narrator().words(event)

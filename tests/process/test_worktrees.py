"""Worktrees with real git under real daemons that are killed: between git and its fact, and in the middle of a checkout."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.process.house import House, living, until

pytestmark = pytest.mark.slow
STEP = "  - {id: make, command: [sh, -c, 'echo x > made.txt && git add made.txt && git commit -q -m made && git log -1 --format=%an']}\n"


def _git(folder: Path, *words: str) -> str:
    named = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return subprocess.run(["git", "-C", str(folder), *named, *words], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repo(house: House) -> Path:
    """A repository whose hooks would tell of every checkout, and which has slow files."""
    folder = house.folder / "repo"
    folder.mkdir()
    _git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "a.txt").write_text("one\n")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message=first")
    for name in ("post-checkout", "post-index-change", "reference-transaction"):
        hook = folder / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {house.folder}/hooked\n")
        hook.chmod(0o700)
    _git(folder, "config", "core.fsmonitor", f"touch {house.folder}/hooked; false")
    (house.folder / "hooked").unlink(missing_ok=True)
    return folder


def _ends(house: House, run_id: str) -> dict[str, Any]:
    house.reach(run_id)
    return until(lambda: (run := house.look(run_id))["worktree"].get("kept") and run, 10.0, lambda: house.look(run_id))


def _one_worktree(house: House, repo: Path, run: dict[str, Any]) -> None:
    """It is there once, on its branch, with the step's commit; nobody has run a hook."""
    path, branch = house.data / "worktrees" / run["run_id"], run["worktree"]["branch"]
    assert (run["status"], run["worktree"]["path"], run["worktree"]["kept"]) == ("completed", str(path), ["commits"])
    assert _git(repo, "worktree", "list", "--porcelain").count("worktree ") == 2
    assert _git(repo, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines() == ["main", branch]
    assert _git(path, "log", "--format=%s") == "made\nfirst"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_death_between_git_and_its_fact_leaves_one_worktree(house: House, repo: Path) -> None:
    misled = {"GIT_DIR": str(house.folder), "GIT_WORK_TREE": "/", "GIT_INDEX_FILE": "/nonexistent", "HOME": str(house.folder)}
    daemon = house.start(env={"PENSTOCK_CRASH_AT": "worktree.added:1", **misled})
    run_id = house.run(STEP, head=f"workspace: {repo}\nworktree: {{base: main}}\n")
    assert daemon.wait(10) == -9
    assert not (house.folder / "hooked").exists()
    house.start(env=misled)
    run = _ends(house, run_id)
    assert house.node(run_id, "make")["output"] == "Penstock"
    assert "worktree_planned" in house.kinds(run_id)
    _one_worktree(house, repo, run)
    house.end()


def test_a_death_in_the_middle_of_a_checkout_is_made_good(house: House, repo: Path) -> None:
    begun, gate = house.folder / "begun", house.folder / "gate"
    os.mkfifo(gate)
    (repo / ".gitattributes").write_text("slow.txt filter=slow\n")
    (repo / "slow.txt").write_text("slow\n")
    _git(repo, "add", "--all")
    _git(repo, "commit", "--quiet", "--amend", "--message=first")
    _git(repo, "config", "filter.slow.smudge", f"touch {begun}; cat {gate}; cat")
    house.start()
    run_id = house.run(STEP, head=f"workspace: {repo}\nworktree: {{base: main}}\n")
    until(begun.exists, 10.0, lambda: house.look(run_id))
    assert (house.data / "worktrees" / run_id / ".git").exists()
    assert living(f"{run_id}/worktree")
    house.kill()
    until(lambda: not living(f"{run_id}/worktree"), 5.0, "git goes with its daemon")
    _git(repo, "config", "filter.slow.smudge", "cat")
    house.start()
    run = _ends(house, run_id)
    assert house.kinds(run_id).count("worktree_created") == 1
    _one_worktree(house, repo, run)
    house.end()

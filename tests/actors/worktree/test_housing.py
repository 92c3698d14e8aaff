"""Where a run is to work: found without git, before the run exists; and what is said of a worktree that is gone, or holds something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.refusals import Refusal
from actors.workflow.spec import Workflow
from actors.workflow.spec_worktree import Worktree
from actors.worktree.clearing import Found
from actors.worktree.housing import house, worktree_problem
from actors.worktree.site import Place, Site
from actors.worktree.wording import holds_work


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / ".git").mkdir(parents=True)
    (folder / "inner").mkdir()
    return folder


def found(workspace: Path | None, base: str = "main", branch: str = "b/{{ run.id }}", **inputs: Any) -> Any:
    """Folder and place, or the code of the refusal."""
    workflow = Workflow("w", (), worktree=Worktree(base, branch), workspace_root="x")
    told = house(workflow, Path("/data/worktrees"), "run-1", inputs, None if workspace is None else str(workspace), "old")
    return told.code if isinstance(told, Refusal) else told


def test_a_worktree_lies_below_the_folder_of_all_of_them(repo: Path) -> None:
    place = Place(str(repo), "/data/worktrees/run-1", "b/run-1", "main", "old")
    assert found(repo) == ("/data/worktrees/run-1", place)
    assert found(repo / "inner") == ("/data/worktrees/run-1/inner", place)
    _, next_one = found(repo, "{{ inputs.onto }}", onto="next")
    assert next_one.base == "next"


def test_a_bare_repository_is_one_and_a_workflow_without_a_worktree_wants_none(tmp_path: Path) -> None:
    for name in ("objects", "refs"):
        (tmp_path / name).mkdir()
    assert found(tmp_path) == "worktree_not_a_repository"
    (tmp_path / "HEAD").write_text("ref: refs/heads/main\n")
    assert found(tmp_path)[0] == "/data/worktrees/run-1"
    assert house(Workflow("w", ()), tmp_path, "run-1", {}, "/srv") == ("/srv", None)


@pytest.mark.parametrize(
    ("base", "branch", "code"),
    [
        ("--upload-pack=x", "b", "worktree_base_unknown"),
        ("{{ inputs.none }}", "b", "reference_unknown"), (" ", "b", "worktree_base_unknown"),
        ("main", "a b", "worktree_branch_invalid"), ("main", "{{ inputs.empty }}", "worktree_branch_invalid"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(repo: Path, base: str, branch: str, code: str) -> None:
    assert found(repo, base, branch, empty="") == code


def test_a_workspace_that_is_empty_is_refused() -> None:
    assert found(None) == "worktree_without_workspace"


def test_only_one_that_was_made_can_be_missing(tmp_path: Path) -> None:
    site = Site(Place("/srv/repo", str(tmp_path), "b", "main"))
    assert worktree_problem(site) is None
    site.stage = "made"
    problem = worktree_problem(site)
    assert problem is not None
    assert problem[0] == "worktree_missing"
    (tmp_path / ".git").write_text("gitdir: x\n")
    assert worktree_problem(site) is None


@pytest.mark.parametrize(
    ("holds", "words"),
    [
        (Found(changed=1, changes=("a",)), ["1 path is not committed (a)"]), (Found(changed=2, commits=1), ["2 paths", "1 commit is"]),
        (Found(commits=2, locked=True), ["2 commits are not in main", "locked"]), (Found(trouble="no git"), ["no git"]),
    ],
    ids=["a change", "both", "commits", "trouble"],
)  # fmt: skip
def test_what_it_holds_is_said_in_words_and_in_data(holds: Found, words: list[str]) -> None:
    refusal = holds_work("run-1", Site(Place("/srv/repo", "/w", "b", "main")), holds)
    assert refusal.code == "worktree_holds_work"
    assert all(word in refusal.message for word in words)
    assert refusal.data["commits_ahead"] == holds.commits

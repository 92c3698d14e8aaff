"""What a run knows of its worktree: names of branches, and whether something is left to do."""

from __future__ import annotations

import subprocess

import pytest

from actors.worktree.site import Place, Site, Stage, branch_problem, is_undone, site_facts

GOOD = ("a", "penstock/flow/run-1", "feature/ü", "a-b_c.d", "a/b@c")
BAD = (
    "", "a b", "a~", "a^b", "a:b", "a?", "a*", "a[b", "a\\b", "a..b", "a@{b", "a//b", "-a", "/a", "a/", "a.", ".a", "a/.b", "a.lock",
    "a.lock/b", "a\tb", "a\x7f",
)  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_names_of_branches_are_those_of_git(name: str) -> None:
    assert branch_problem(name) is None
    assert subprocess.run(["git", "check-ref-format", f"refs/heads/{name}"], check=False).returncode == 0


@pytest.mark.parametrize("name", BAD, ids=range(len(BAD)))
def test_what_git_takes_for_no_branch_is_said_before_git_is_asked(name: str) -> None:
    assert branch_problem(name) is not None
    assert subprocess.run(["git", "check-ref-format", "--branch", name], check=False, capture_output=True).returncode != 0


def test_a_name_has_its_length() -> None:
    assert branch_problem("a" * 200) is None
    assert branch_problem("a" * 201) is not None
    assert branch_problem("@") is not None  # another name of HEAD


@pytest.mark.parametrize(
    ("stage", "kept", "comes", "undone"),
    [
        ("wanted", (), True, False), ("planned", (), True, True), ("planned", ("changes",), True, False), ("made", (), False, True),
        ("made", ("commits",), False, False), ("removing", (), False, True), ("removed", (), False, False),
    ],
)  # fmt: skip
def test_what_comes_and_what_is_left_to_do(stage: Stage, kept: tuple[str, ...], comes: bool, undone: bool) -> None:
    site = Site(Place("/srv/repo", "/data/worktrees/r", "penstock/r", "main"), stage, "ab" * 20, kept=kept)
    assert (site.comes(), site.undone(), is_undone(site_facts(site))) == (comes, undone, undone)


def test_a_run_without_one_has_nothing_left_to_do() -> None:
    assert not is_undone(None)

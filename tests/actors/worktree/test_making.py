"""Git that is not there, takes too long, or says no; folders in the way, and pointers that lead elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from actors.outside.trouble import Trouble
from actors.services import Services
from actors.worktree.clearing import clear, inspect
from actors.worktree.folders import leads_to, remove_tree
from actors.worktree.git import Git
from actors.worktree.making import add, plan
from actors.worktree.messages import Planned, Wrong
from actors.worktree.site import Place, Site

AUTHOR = ("Penstock", "penstock@localhost")
CODES = [
    ("program_not_started", "git_missing"), ("program_timeout", "worktree_timeout"), ("program_output_too_large", "worktree_not_made"),
]  # fmt: skip


class Scripted(Git):
    """Says what it is told to say to commands that begin with these words; to all others it says no, or fails with the code `…`."""

    says: dict[str, str]

    async def ask(self, folder: str, *words: str) -> str:
        line = " ".join(words)
        for begin, said in self.says.items():
            if line.startswith(begin):
                return said
        raise Trouble(self.says.get("…", "program_failed"), "words of git")


def git(**says: str) -> Git:
    told = Scripted(cast("Services", None), "run-1/worktree/1/1")
    object.__setattr__(told, "says", says)
    return told


def site(folder: Path, stage: str = "planned") -> Site:
    made = Site(Place(str(folder), str(folder / "trees" / "run-1"), "b", "main"), commit="ab" * 20)
    made.stage = "planned" if stage == "planned" else "wanted"
    return made


@pytest.mark.parametrize(("trouble", "code"), CODES, ids=[code for _, code in CODES])
async def test_trouble_with_git_ends_each_step_with_a_code(tmp_path: Path, trouble: str, code: str) -> None:
    for verdict in (await plan(git(**{"…": trouble}), site(tmp_path), AUTHOR), await add(git(**{"…": trouble}), site(tmp_path), "/x")):
        assert isinstance(verdict, Wrong)
        assert verdict.code == code
    assert (await inspect(git(**{"…": trouble}), site(tmp_path))).reasons == ("unreadable",)


async def test_each_thing_that_git_denies_has_its_code(tmp_path: Path) -> None:
    known: dict[str, str] = {}
    for more, code in (
        ({}, "worktree_not_a_repository"), ({"rev-parse --git-dir": ".git"}, "worktree_branch_invalid"),
        ({"check-ref-format": ""}, "worktree_base_unknown"),
    ):  # fmt: skip
        known |= more
        verdict = await plan(git(**known), site(tmp_path), AUTHOR)
        assert isinstance(verdict, Wrong)
        assert verdict.code == code
    known |= {"rev-parse --verify --quiet --end-of-options main": "cd" * 20, "config --get user.name": "Ada"}
    assert await plan(git(**known), site(tmp_path), AUTHOR) == Planned("cd" * 20, ("Ada", "penstock@localhost"))
    named = git(**known, **{"config --get user.email": "ada@example.org"})
    assert await plan(named, site(tmp_path), AUTHOR) == Planned("cd" * 20)


async def test_a_branch_that_somebody_made_in_between_and_a_folder_in_the_way(tmp_path: Path) -> None:
    answers = {"worktree list": "worktree /elsewhere", "rev-parse --verify": "ef" * 20}
    verdict = await add(git(**answers), site(tmp_path), "/x")
    assert isinstance(verdict, Wrong)
    assert verdict.code == "worktree_branch_taken"
    (tmp_path / "trees").write_text("a file")
    verdict = await add(git(**{"worktree list": ""}), site(tmp_path), "/x")
    assert isinstance(verdict, Wrong)
    assert verdict.code == "worktree_not_made"


async def test_of_a_repository_that_is_gone_the_folder_alone_is_removed(tmp_path: Path) -> None:
    gone = site(tmp_path / "gone")
    assert (await inspect(git(), gone)).reasons == ()
    assert not await clear(git(), gone)


def test_a_pointer_leads_to_its_repository_or_it_does_not(tmp_path: Path) -> None:
    home = tmp_path / "repo" / ".git" / "worktrees" / "run-1"
    home.mkdir(parents=True)
    tree = tmp_path / "tree"
    tree.mkdir()
    pointer = tree / ".git"
    assert not leads_to(str(tree), str(tmp_path / "repo"), ".git")
    for text, leads in (
        (f"gitdir: {home}\n", True),
        ("gitdir: ../repo/.git/worktrees/run-1\n", True),
        ("gitdir: /x\n", False),
        ("", False),
    ):
        pointer.write_text(text)
        assert leads_to(str(tree), str(tmp_path / "repo"), ".git") is leads
    pointer.unlink()
    pointer.symlink_to(home)
    assert not leads_to(str(tree), str(tmp_path / "repo"), ".git")


def test_what_cannot_be_removed_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="cannot be removed"):
        remove_tree(str(tmp_path / "file"))

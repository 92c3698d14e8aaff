"""The workflow files of a project: which there are, which of two counts, and what is said of those that are left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.workflow.discovery import NotDiscovered, discover, file_of
from actors.workflow.projects import folders_of


def write(folder: Path, name: str, text: str | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    stem = file.stem
    file.write_text(
        text
        or (
            f'workflow {stem} {{ script s {{ run = "true" }} }}'
            if file.suffix == ".wf"
            else f"penstock: 1\nworkflow: {stem}\nnodes: [{{shell: 'true'}}]\n"
        )
    )
    return file


def test_all_files_of_both_folders_are_found_and_the_worktrees_win(tmp_path: Path) -> None:
    tree, repository = tmp_path / "tree", tmp_path / "repository"
    theirs, ours = write(repository, "same.wf"), write(tree, "same.wf")
    other = write(repository, "Other.yaml", "penstock: 1\nworkflow: other\nlabel: Other\nnodes: [{shell: 'true'}]\n")
    for name in ("notes.txt", ".hidden.wf"):
        write(tree, name, "x")
    found = discover((tree, repository))
    assert [(one.name, one.file) for one in found.found] == [("Other", other), ("same", ours)]
    assert (found.remarks, theirs.exists()) == ((), True)
    assert discover((tmp_path / "none",)).found == ()


def test_a_broken_file_stops_nothing_and_is_remarked_on_once(tmp_path: Path) -> None:
    tree, repository = tmp_path / "tree", tmp_path / "repository"
    write(repository, "broken.wf", "workflow broken {")
    broken = write(tree, "broken.wf", "workflow broken { cal }")
    write(tree, "fine.yml")
    found = discover((tree, repository))
    assert [one.name for one in found.found] == ["fine"]
    assert [(one.file, one.code) for one in found.remarks] == [(str(broken), "wf_expected_node")]


def test_two_files_of_one_name_are_both_left_out(tmp_path: Path) -> None:
    one, two = (
        write(tmp_path, "a.wf", 'workflow w { script s { run = "true" } }'),
        write(tmp_path, "b.yaml", "penstock: 1\nworkflow: w\nnodes: [{shell: x}]\n"),
    )
    found = discover((tmp_path,))
    assert (found.found, [remark.code for remark in found.remarks]) == ((), ["workflow_name_duplicate"] * 2)
    assert all(str(one) in remark.message and str(two) in remark.message for remark in found.remarks)


def test_a_file_is_found_by_its_name_and_by_the_id_that_it_becomes(tmp_path: Path) -> None:
    tree, repository = tmp_path / "tree", tmp_path / "repository"
    big, small = write(repository, "Big_One.wf"), write(tree, "small.json", "{}")
    write(tree, "small.yaml")
    folders = (tree, repository)
    assert [file_of(name, folders) for name in ("Big_One", "big_one", "small")] == [big, big, small.with_suffix(".yaml")]


@pytest.mark.parametrize(("name", "code"), [
    ("", "workflow_name_required"), (".x", "workflow_name_invalid"), ("a/b", "workflow_name_invalid"), ("ü", "workflow_name_invalid"),
    ("absent", "workflow_not_found"),
])  # fmt: skip
def test_what_is_no_name_or_not_there(tmp_path: Path, name: str, code: str) -> None:
    with pytest.raises(NotDiscovered) as caught:
        file_of(name, (tmp_path,))
    assert (caught.value.code, code != "workflow_not_found" or str(tmp_path) in str(caught.value)) == (code, True)


def test_a_linked_worktree_has_its_repositorys_files_behind_its_own(tmp_path: Path) -> None:
    tree, repository = tmp_path / "tree", tmp_path / "repository"
    (repository / ".git" / "worktrees" / "tree").mkdir(parents=True)
    (tree / "deep").mkdir(parents=True)
    (tree / ".git").write_text(f"gitdir: {repository}/.git/worktrees/tree\n")
    ours, theirs = (root / ".penstock" / "workflows" for root in (tree, repository))
    assert folders_of(str(tree / "deep")) == (ours, theirs)
    assert folders_of(str(repository)) == (theirs,)
    (tree / ".git").write_text("gitdir: ../elsewhere\n")
    assert folders_of(str(tree)) == (ours,)
    (tree / ".git").write_bytes(b"\xff")
    assert folders_of(str(tree)) == (ours,)

"""Whether the scripts of a workflow are there, can be run, and where they are looked for (flow spec 2.9 and 4.2)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from actors.workflow.check_scripts import Searched, programs_in, unfit_scripts
from actors.workflow.script_words import program_of
from actors.workflow.spec import Group, Node, Shell, Workflow

BIN = "/usr/bin:/bin"
BEGINNINGS = {
    "word": ("make all", "make"), "path": ("./x.sh {{", None), "alone": ("./x.sh", "./x.sh"), "end": ("/a/b;c", "/a/b"),
    "pipe": ("a|b", "a"), "lines": ("\n\n  # why\n\t# not\n  go on", "go"), "comment": ("# nothing", None), "empty": ("", None),
    "builtin": ("cd x && ./y", None), "keyword": ("if true; then x; fi", None), "assignment": ("A=b c", None),
    "function": ("f() { x; }", None), "quoted": ('"./x y" z', None), "variable": ("$X/y", None), "pattern": ("./*.sh", None),
    "subshell": ("(x)", None), "redirection": ("2>x y", None), "home": ("~/x", None), "escape": ("x\\ y", None), "dot": (". ./x", None),
}  # fmt: skip


def of(*runs: str, root: str | None = None) -> Workflow:
    return Workflow("w", tuple(Node(f"s{n}", Shell(run)) for n, run in enumerate(runs, 1)), workspace_root=root)


def codes(workflow: Workflow, *folders: Path, path: str = BIN, skills: Path | None = None) -> tuple[list[str], list[str]]:
    searched = Searched(tuple(map(str, folders)), None if skills is None else str(skills), path)
    wrong, remarks = unfit_scripts(workflow, searched)
    return [one.code for one in wrong], [one.code for one in remarks]


def make(file: Path, mode: int = 0o755) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(mode)
    return file


@pytest.mark.parametrize(("run", "word"), BEGINNINGS.values(), ids=BEGINNINGS)
def test_the_first_word_is_a_program_where_the_text_says_so_plainly(run: str, word: str | None) -> None:
    assert program_of(run) == word


def test_fl26_a_script_with_a_placeholder_is_not_looked_for() -> None:
    assert codes(of("{{scripts_dir}}/check.sh", "/no/such {{x}}")) == ([], [])


def test_fl27_each_missing_path_is_one_error() -> None:
    inner = Node("inner", Shell("/no/such/second.sh; /no/such/third.sh"))
    workflow = Workflow("w", (Node("first", Shell("/no/such/first.sh")), Node("block", Group((inner,)))))
    places = {("nodes", 0, "shell"): (3, 5), ("flow", "nodes", 1, "nodes", 0, "run"): (7, 9)}
    wrong, remarks = unfit_scripts(workflow, Searched(), places, "w.wf")
    assert [(one.code, one.path, one.line, one.column, one.file) for one in wrong] == [
        ("script_not_found", "nodes[0].shell", 3, 5, "w.wf"), ("script_not_found", "nodes[1].nodes[0].run", 7, 9, "w.wf"),
    ]  # fmt: skip
    assert (wrong[0].found, remarks) == ('"/no/such/first.sh"', ())
    assert "'first' begins with '/no/such/first.sh'" in wrong[0].message


def test_a_whole_path_is_a_file_that_can_be_run(tmp_path: Path) -> None:
    good, bad = make(tmp_path / "good.sh"), make(tmp_path / "bad.sh", 0o640)
    runs = (f"{good} x", str(bad), str(tmp_path), f"{good}/x", "/" + "x" * 300)
    found, _ = unfit_scripts(of(*runs), Searched())
    assert [one.code for one in found] == ["script_not_executable", "script_not_found", "script_not_found", "script_unreadable"]
    assert ("0640" in found[0].message, f"chmod +x {bad}" in found[0].message) == (True, True)


def test_a_relative_name_is_looked_for_where_a_run_may_work(tmp_path: Path) -> None:
    repository, skills = tmp_path / "repo", tmp_path / "skills"
    flows = repository / ".penstock" / "workflows"
    for file in (flows / "a.sh", repository / "tools" / "b.sh", repository / ".penstock" / "scripts" / "c.sh", skills / "d.sh"):
        make(file)
    found = of("./a.sh", "tools/b.sh", "./c.sh x", "./d.sh", "c.sh")
    assert codes(found, flows, skills=skills) == ([], [])
    assert codes(found, flows) == ([], ["script_not_found"])
    assert codes(of("./gone.sh")) == ([], [])  # nobody has said from where
    (remark,) = unfit_scripts(of("./gone.sh"), Searched((str(flows),)))[1]
    places = flows, flows / ".penstock/scripts", repository, repository / ".penstock/scripts"
    assert f"Searched: {', '.join(map(str, places))}. " in remark.message


def test_the_working_folder_of_the_workflow_is_looked_through(tmp_path: Path) -> None:
    make(tmp_path / "place" / "x.sh")
    (tmp_path / ".git").mkdir()
    assert codes(of("./x.sh", root="place"), tmp_path) == ([], [])
    assert codes(of("./x.sh", root=str(tmp_path / "place")), Path("/")) == ([], [])
    assert codes(of("./x.sh", root="{{ inputs.place }}"), tmp_path) == ([], ["script_not_found"])


def test_nothing_is_found_outside_of_its_folder(tmp_path: Path) -> None:
    home, scripts = tmp_path / "home", tmp_path / "home" / ".penstock" / "scripts"
    outside = make(tmp_path / "x.sh")
    scripts.mkdir(parents=True)
    (home / "link.sh").symlink_to(outside)
    (scripts / "shared.sh").symlink_to(outside)
    assert codes(of("../x.sh", "./link.sh", "./shared.sh"), home) == ([], ["script_not_found"] * 2)


def test_a_bare_word_is_a_command_and_else_looked_for(tmp_path: Path) -> None:
    make(tmp_path / "mine", 0o600)
    (tmp_path / "sh").mkdir()  # a folder of the name of a program is in nobody's way
    assert codes(of("sh -c x", "no-such-program-at-all", "mine"), tmp_path) == ([], ["script_not_found", "script_not_executable"])
    assert codes(of("no-such-program-at-all"), tmp_path, path="") == ([], [])


def test_programs_of_an_identity_are_found(tmp_path: Path) -> None:
    make(tmp_path / "own")
    node = Node("a", Shell("own"), as_identity="bot")
    searched = Searched(path=BIN, paths={"bot": (str(tmp_path),)})
    assert unfit_scripts(Workflow("w", (node,)), searched) == ((), ())
    assert [one.code for one in unfit_scripts(of("own"), searched)[1]] == ["script_not_found"]


def test_the_programs_of_a_workflow_are_told() -> None:
    assert programs_in(of("make x", "./x", "cd /a", "/a/b; c")) == ("make", "./x", "/a/b")


def test_a_folder_that_cannot_be_looked_into_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    assert codes(of("/a/b", "./c"), tmp_path) == (["script_unreadable"], ["script_unreadable"])

"""Files: which are read, how, and what of them reaches the report."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from actors.workflow import Problem, WorkflowInvalid, load_file, load_text
from actors.workflow.problems import field_path, shown
from actors.workflow.tree import MAX_BYTES
from tests.actors.workflow.samples import problems

GOOD = "workflow: w\nnodes: [{id: a, command: [x]}]\n"


def codes(path: Path) -> list[tuple[str, str]]:
    with pytest.raises(WorkflowInvalid) as caught:
        load_file(path)
    return [(problem.code, problem.path) for problem in caught.value.problems]


def written(folder: Path, text: str | bytes, name: str = "w.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("name", ["w.yaml", "w.yml", "W.YAML"])
def test_a_yaml_file_is_read_by_its_ending(tmp_path: Path, name: str) -> None:
    assert load_file(written(tmp_path, GOOD, name)).workflow.workflow_id == "w"


def test_both_notations_make_one_workflow(tmp_path: Path) -> None:
    text = json.dumps({"workflow": "w", "nodes": [{"id": "a", "command": ["x"]}]})
    assert load_file(str(written(tmp_path, text, "w.json"))) == load_file(written(tmp_path, GOOD))


def test_another_ending_is_refused(tmp_path: Path) -> None:
    assert codes(written(tmp_path, GOOD, "w.txt")) == [("notation_unknown", "")]


@pytest.mark.parametrize("data", [b"workflow: \xff", b"\xfe\xff\x00w"])
def test_what_is_not_utf_8_is_refused(tmp_path: Path, data: bytes) -> None:
    assert codes(written(tmp_path, data)) == [("text_invalid", "")]


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    assert codes(tmp_path / "none.yaml") == [("file_unreadable", "")]
    (tmp_path / "folder.yaml").mkdir()
    assert codes(tmp_path / "folder.yaml") == [("file_unreadable", "")]
    assert codes(tmp_path / "nul\0.yaml") == [("file_unreadable", "")]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert codes(tmp_path / "pipe.yaml") == [("file_unreadable", "")]


def test_a_file_at_the_bound_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    text = GOOD + "#" * (MAX_BYTES - len(GOOD) - 1) + "\n"
    assert [warning.code for warning in load_file(written(tmp_path, text)).warnings] == ["file_large"]
    assert codes(written(tmp_path, text + "#")) == [("file_too_large", "")]
    assert codes(written(tmp_path, "é" * MAX_BYTES)) == [("file_too_large", "")]


def test_a_schema_in_a_file_is_pinned_into_the_workflow(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    written(tmp_path / "schemas", '{"type": "object"}', "a.json")
    written(tmp_path / "schemas", "type: array", "b.yaml")
    text = GOOD + "schemas: {a: schemas/a.json, b: ./schemas/b.yaml}\n"
    assert load_file(written(tmp_path, text)).workflow.schemas == {"a": {"type": "object"}, "b": {"type": "array"}}


def test_a_schema_is_read_from_below_the_folder_only(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    written(tmp_path, "{}", "a.json")
    (inner / "link.json").symlink_to(tmp_path / "a.json")
    (inner / "w.yaml").write_text(GOOD + 'schemas: {a: ../a.json, b: /etc/hostname, c: link.json, d: "x\\x01", e: "."}\n')
    assert codes(inner / "w.yaml") == [
        ("schema_path_escapes", "schemas.a"), ("schema_path_escapes", "schemas.b"), ("schema_path_escapes", "schemas.c"),
        ("file_unreadable", "schemas.d"), ("file_unreadable", "schemas.e"),
    ]  # fmt: skip


def test_a_wrong_schema_file_is_reported_with_its_own_place(tmp_path: Path) -> None:
    written(tmp_path, '{\n "type": }', "a.json")
    written(tmp_path, "", "b.yaml")
    written(tmp_path, "type: nope", "c.yaml")
    with pytest.raises(WorkflowInvalid) as caught:
        load_file(written(tmp_path, GOOD + "schemas:\n  a: a.json\n  b: b.yaml\n  c: c.yaml\n"))
    found = {problem.code: problem for problem in caught.value.problems}
    assert (found["json_syntax"].file, found["json_syntax"].line) == (str(tmp_path / "a.json"), 2)
    assert sorted(problem.path for problem in caught.value.problems if problem.code == "schema_invalid") == ["schemas.b", "schemas.c"]


def test_all_schema_files_together_are_bounded(tmp_path: Path) -> None:
    written(tmp_path, json.dumps({"description": "x" * (MAX_BYTES // 2)}), "a.json")
    text = GOOD + "schemas: {a: a.json, b: a.json}\n"
    assert codes(written(tmp_path, text)) == [("schema_invalid", "schemas.b")]


def test_a_text_without_a_folder_reads_no_schema() -> None:
    assert [problem.code for problem in problems(GOOD + "schemas: {a: a.json}\n", folder=None)] == ["schema_invalid"]
    assert load_text(GOOD, notation="yaml", source="w", folder=None).workflow.folder is None


def test_the_folder_of_a_file_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "workflow: w\nnodes: [{id: a, python: 'm:f'}]\n")
    monkeypatch.chdir(tmp_path)
    assert load_file("w.yaml").workflow.folder == str(tmp_path)


def test_a_problem_reads_like_a_compiler_message() -> None:
    assert str(Problem("c", "wrong", "f", 1, 2, "a.b")) == "f:1:2: a.b: wrong [c]"
    assert str(Problem("c", "wrong", "f")) == "f: wrong [c]"
    assert str(WorkflowInvalid([Problem("c", "wrong", "f")])) == "f: wrong [c]"


def test_paths_and_values_are_shown_short() -> None:
    assert field_path(("nodes", 0, "retry", "on")) == "nodes[0].retry.on"
    assert field_path((0, "a")) == "[0].a"
    assert shown({"a": 1}) == "(a mapping or list of 1 entry)"
    assert shown([1, 2]) == "(a mapping or list of 2 entries)"
    assert len(shown("x" * 500)) == 78
    assert shown(None) == "null"


def test_of_a_hopeless_file_the_first_500_errors_are_kept() -> None:
    assert len(problems("workflow: w\nnodes: []\n" + "".join(f"k{i}: 1\n" for i in range(600)))) == 500
    assert len(problems("a: 1\n" * 10_000)) == 500
    assert len(problems("workflow: w\nnodes:\n" + "- {command: [x], needs: [no]}\n" * 600)) == 500

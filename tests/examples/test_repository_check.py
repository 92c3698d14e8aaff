"""The python nodes of the repository check, over what the real git prints for real repositories."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from actors.workflow import load_file
from tests.examples.conftest import COLLECT, EXAMPLES, Repository

HERE = Path()
CONTEXT = SimpleNamespace(workdir=".")


def _definition() -> dict[str, Any]:
    definition: dict[str, Any] = YAML(typ="safe", pure=True).load(EXAMPLES / "repository-check.yaml")
    return definition


def _findings(check: ModuleType, repository: Repository, feedback: str = "") -> dict[str, Any]:
    """Collect and compute as the workflow does; the document that `findings.json` holds."""
    repository.collect(HERE)
    hot = check.hot_files(CONTEXT, "history.txt", "sizes.txt", feedback)
    size = check.weight(CONTEXT, "sizes.txt", "marks.txt", feedback)
    check.findings(CONTEXT, str(repository.folder), hot, check.people(CONTEXT, "history.txt"), size, ["v1"])
    document: dict[str, Any] = json.loads(Path("findings.json").read_text())
    jsonschema_rs.validator_for(_definition()["schemas"]["findings"]).validate(document)
    return document


def _codes(document: dict[str, Any]) -> list[str]:
    return [one["code"] for one in document["findings"]]


def test_the_commands_of_the_workflow_are_the_ones_tested_here() -> None:
    scripts = " ".join(node["shell"].replace("\\\n", " ") for node in _definition()["nodes"] if "shell" in node)
    said = scripts.split()
    for words in COLLECT.values():
        assert [word for word in words if word not in said] == []


def test_the_workflow_loads_without_a_remark() -> None:
    loaded = load_file(EXAMPLES / "repository-check.yaml")
    assert loaded.warnings == ()
    assert loaded.workflow.execution.max_parallel == 4


def test_a_repository_without_a_commit_yields_a_valid_document_and_says_so(check: ModuleType, repository: Repository) -> None:
    document = _findings(check, repository)
    assert _codes(document) == ["no_history"]
    assert (document["people"]["commits"], document["people"]["bus_factor"], document["weight"]["files"]) == (0, 0, 0)


def test_a_repository_with_one_commit_has_no_hot_file(check: ModuleType, repository: Repository) -> None:
    repository.commit({"a.txt": b"one\n"})
    document = _findings(check, repository)
    assert (document["findings"], document["hot_files"]) == ([], [])
    assert document["people"]["first_day"] == document["people"]["last_day"] == "2023-11-15"


def test_odd_file_names_are_kept_whole_and_shown_on_one_line(check: ModuleType, repository: Repository) -> None:
    names: list[str | bytes] = ['new\nline\ttab"q|`.txt', "é ü.txt", b"bad\xff.txt", "-rf", "\x1b[31mred"]
    repository.commit(dict.fromkeys(names, b"TODO\n"))
    repository.commit(dict.fromkeys(names, b"TODO TODO\n"))
    document = _findings(check, repository)
    found = {row["path"] for row in document["hot_files"]}
    assert found == {'new\nline\ttab"q|`.txt', "é ü.txt", r"bad\xff.txt", "-rf", "\x1b[31mred"}
    assert document["weight"]["marks"] == 5
    check.report(CONTEXT, "findings.json", None)
    text = Path("report.md").read_text()
    assert "\x1b" not in text
    assert r"`new\nline\ttab" in text


def test_the_hottest_file_is_large_and_often_changed(check: ModuleType, repository: Repository) -> None:
    for turn in range(12):
        repository.commit({"core.py": b"x" * (20_000 + turn), "small.py": b"%d" % turn}, author=f"A{turn % 3} <a{turn % 3}@x>")
    repository.commit({"big-but-still.py": b"x" * 90_000})
    document = _findings(check, repository)
    first = document["hot_files"][0]
    assert (first["path"], first["changes"], first["bytes"], first["authors"]) == ("core.py", 12, 20_011, 3)
    assert [row["path"] for row in document["hot_files"]] == ["core.py", "small.py"]
    assert _codes(document) == ["hot_file"]


def test_a_file_that_is_gone_is_not_hot(check: ModuleType, repository: Repository) -> None:
    for turn in range(3):
        repository.commit({"old.py": b"%d" % turn})
    (repository.folder / "old.py").unlink()
    repository.commit({"new.py": b"1"})
    assert _findings(check, repository)["hot_files"] == []


def test_a_large_file_is_a_warning_and_stands_first(check: ModuleType, repository: Repository) -> None:
    repository.commit({"blob.bin": b"\0" * (1 << 20)})
    repository.commit({"todo.txt": b"TODO\n" * 400}, days=400)
    document = _findings(check, repository)
    assert [(one["severity"], one["code"]) for one in document["findings"]] == [
        ("warning", "large_file"),
        ("notice", "silence"),
        ("notice", "todo_density"),
    ]


@pytest.mark.parametrize(("counts", "factor"), [([], 0), ([1], 1), ([1, 1], 2), ([5, 4], 1), ([2, 1, 1], 2), ([1] * 9, 5)])
def test_the_bus_factor_is_the_fewest_who_made_more_than_half(check: ModuleType, counts: list[int], factor: int) -> None:
    assert check.bus_factor(counts) == factor


def test_twenty_commits_of_one_person_are_a_warning(check: ModuleType, repository: Repository) -> None:
    for turn in range(20):
        repository.commit({"a": b"%d" % turn}, author="Ada <ADA@example.org>" if turn % 2 else "Ada <ada@example.org>")
    document = _findings(check, repository)
    assert _codes(document) == ["bus_factor"]
    assert document["people"]["author_count"] == 1


def test_what_a_reviewer_asks_to_ignore_is_left_out(check: ModuleType, repository: Repository) -> None:
    for turn in range(2):
        repository.commit({"vendor/lib.js": b"TODO %d" % turn, "src/a.py": b"%d" % turn})
    document = _findings(check, repository, "please\nIgnore: vendor/ docs/")
    assert [row["path"] for row in document["hot_files"]] == ["src/a.py"]
    assert (document["weight"]["files"], document["weight"]["marks"]) == (1, 0)


def test_links_and_submodules_are_no_files(check: ModuleType, repository: Repository) -> None:
    repository.commit({"a": b"1"})
    (repository.folder / "link").symlink_to("a")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    repository.commit({})
    repository.collect(HERE)
    assert check.read_sizes(Path("sizes.txt").read_text()) == {"a": 1}


def test_a_commit_of_an_absurd_date_does_no_harm(check: ModuleType, repository: Repository) -> None:
    Path("history.txt").write_bytes(b"commit\x1fabc\x1f99999999999999\x1fA@x\x1fA\0commit\x1fdef\x1f\x1fb@x\x1fB\0")
    who = check.people(CONTEXT, "history.txt")
    assert (who["commits"], who["first_day"], who["last_day"]) == (2, "1970-01-01", "9999-12-31")


def test_the_question_to_a_person_says_the_essentials(check: ModuleType, repository: Repository) -> None:
    repository.commit({"a.py": b"1"})
    repository.collect(HERE)
    size = check.weight(CONTEXT, "sizes.txt", "marks.txt")
    said = check.findings(CONTEXT, "/srv/r", [], check.people(CONTEXT, "history.txt"), size, [])["summary"]
    assert said.splitlines() == ["1 commit by 1 author, bus factor 1", "1 file, 1 byte, 0 lines marked as left to do", "no findings"]


def test_the_report_holds_findings_tables_and_the_note_of_the_approver(check: ModuleType, repository: Repository) -> None:
    for turn in range(2):
        repository.commit({"a.py": b"%d" % turn})
    _findings(check, repository)
    told = check.report(CONTEXT, "findings.json", "looks good\nsecond line")
    text = Path(told["path"]).read_text()
    assert text.count("\n") == told["lines"]
    assert "> looks good\n> second line" in text
    assert "| `a.py` | 2 | 1 byte | 1 |" in text
    assert "Newest tags: `v1`" in text
    assert "| Ada | 2 |" in text

"""The whole story as a newcomer sees it: the command line, an embedded daemon, real git, and a report in the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.sources import ROOT
from tests.examples.conftest import Repository

pytestmark = pytest.mark.slow


def _penstock(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PENSTOCK_HOME": str(home)}
    argv = [sys.executable, str(ROOT / "bin/penstock"), *words]
    return subprocess.run(argv, check=False, capture_output=True, text=True, env=env, timeout=120)


def _run(home: Path, repository: Path, *more: str) -> tuple[int, dict[str, Any]]:
    workflow = str(ROOT / "examples/repository-check.yaml")
    done = _penstock(home, "run", workflow, "-i", f"repository={repository}", "--json", *more)
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return done.returncode, result


def test_an_approved_check_ends_with_a_report(tmp_path: Path, repository: Repository) -> None:
    repository.commit({"a.txt": b"one\n", 'odd\n|"name.txt': b"two\n"})
    code, run = _run(tmp_path / "home", repository.folder, "--yes")
    assert (code, run["status"]) == (0, "completed")
    assert Path(run["output"]["report_file"]).read_text().startswith(f"# Check of {repository.folder}\n")
    assert Path(run["report_path"]).is_file()


def test_a_repository_without_a_commit_is_checked_too(tmp_path: Path, repository: Repository) -> None:
    code, run = _run(tmp_path / "home", repository.folder, "--yes")
    assert (code, run["output"]["findings"]) == (0, 1)


def test_what_git_wrote_is_removed_and_the_repository_is_left_alone(tmp_path: Path, repository: Repository) -> None:
    repository.commit({"a.txt": b"one\n"})
    _, run = _run(tmp_path / "home", repository.folder, "--yes")
    left = {path.name for path in Path(run["output"]["report_file"]).parent.iterdir()}
    assert left == {"findings.json", "report.md"}
    assert repository.git("status", "--porcelain") == b""


def test_a_folder_that_is_no_repository_fails_with_the_words_of_git(tmp_path: Path, repository: Repository) -> None:
    code, run = _run(tmp_path / "home", tmp_path / "run", "--yes")
    assert (code, run["status"]) == (1, "failed")
    assert run["last_failure"]["node_id"] == "repository"
    assert "not a git repository" in json.dumps(run)


def test_without_an_answer_the_run_waits_and_says_how_to_go_on(tmp_path: Path, repository: Repository) -> None:
    repository.commit({"a.txt": b"one\n"})
    code, run = _run(tmp_path / "home", repository.folder)
    assert (code, run["status"], run["open_gates"]) == (5, "awaiting_approval", ["publish"])
    assert any("approve" in step for step in run["next_steps"])

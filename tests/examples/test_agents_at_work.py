"""The two examples with agents as a newcomer runs them: the command line, an embedded daemon, real git, a model's service over HTTP."""

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
from tests.model_service import calls, says, scripted

pytestmark = pytest.mark.slow
WRONG = "def add(a, b):\n    return a * b\n"
RIGHT = "def add(a, b):\n    return a + b\n"
TEST = b"""import unittest
from calc import add


class TestAdd(unittest.TestCase):
    def test_add(self):
        self.assertEqual(add(2, 3), 5)
"""
DRAFT = {"headline": "Sums", "entries": [{"kind": "added", "text": "Numbers can be\nadded."}, {"kind": "fixed", "text": "No crash."}]}


@pytest.fixture
def home(tmp_path: Path, llmock: tuple[str, str]) -> Path:
    """A data folder, and settings in which the service `openai` is the one of the test."""
    (tmp_path / "penstock.toml").write_text(f'[backends.openai]\nbase_url = "{llmock[0]}"\n')
    return tmp_path


def _penstock(home: Path, *words: str, code: int = 0) -> Any:
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "PENSTOCK_HOME": str(home / "data"), "LANG": "C.UTF-8"}
    argv = [sys.executable, str(ROOT / "bin/penstock"), "--config", str(home / "penstock.toml"), *words, "--json"]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, env=env, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _begin(home: Path, name: str, **inputs: object) -> dict[str, Any]:
    """Run it as far as its question."""
    given = [word for key, value in inputs.items() for word in ("-i", f"{key}={value}")]
    run: dict[str, Any] = _penstock(home, "run", str(ROOT / "examples" / f"{name}.yaml"), *given, code=5)
    return run


def _nodes(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["node_id"]: node for node in run["nodes"]}


def test_release_notes_are_drafted_repaired_read_and_published(home: Path, llmock: tuple[str, str], repository: Repository) -> None:
    repository.commit({"a.txt": b"one\n"})
    repository.git("tag", "v1")
    repository.commit({"a.txt": b"two\n"})
    broken = {**DRAFT, "headline": ""}
    scripted(llmock, [calls("write_file", path="notes.json", content=json.dumps(draft)) for draft in (broken, DRAFT)])
    target = home / "NOTES.md"
    run = _begin(home, "release-notes", repository=repository.folder, since="v1", target=target)
    nodes = _nodes(run)
    assert (run["open_gates"], nodes["draft"]["attempt"], target.exists()) == (["approve"], 2, False)
    assert "a | change" in nodes["log"]["output"]
    assert "- Numbers can be added." in nodes["approve"]["gate"]["prompt"]
    run = _penstock(home, "approve", run["run_id"], "approve")
    assert (run["status"], run["output"]) == ("completed", {"headline": "Sums", "published": str(target)})
    assert target.read_text() == "# Sums\n\nSince v1.\n\n## Added\n\n- Numbers can be added.\n\n## Fixed\n\n- No crash.\n"
    assert repository.git("status", "--porcelain") == b""


def _project(repository: Repository) -> Path:
    """A repository with a test that fails, on `main`."""
    repository.commit({"calc.py": b"def add(a, b):\n    return 0\n", "test_calc.py": TEST, ".gitignore": b"__pycache__/\n"})
    return repository.folder


def _work(llmock: tuple[str, str]) -> None:
    """The agent is wrong first, reads what the tests say, and mends it."""
    first = [calls("read_file", path="calc.py"), calls("write_file", path="calc.py", content=WRONG), says("I have changed it.")]
    again = [calls("read_file", path="test-output.txt"), calls("write_file", path="calc.py", content=RIGHT), says("It adds now.")]
    scripted(llmock, [*first, *again])


def test_a_change_is_made_judged_mended_read_and_merged(home: Path, llmock: tuple[str, str], repository: Repository) -> None:
    _work(llmock)
    run = _begin(home, "coding-agent", repository=_project(repository), task="Make add add")
    nodes, branch = _nodes(run), run["worktree"]["branch"]
    assert (nodes["work"]["instance"], nodes["check"]["status"], run["open_gates"]) == (2, "completed", ["approve"])
    assert "+    return a + b" in nodes["approve"]["gate"]["prompt"]
    assert "The agent says: It adds now." in nodes["approve"]["gate"]["prompt"]
    assert (repository.folder / "calc.py").read_bytes() == b"def add(a, b):\n    return 0\n"  # nothing of it is touched
    run = _penstock(home, "approve", run["run_id"], "approve", "--select", "merge")
    assert (run["status"], run["output"], run["worktree"]["stage"]) == ("completed", {"branch": branch, "merged": "completed"}, "removed")
    assert (repository.folder / "calc.py").read_text() == RIGHT
    assert repository.git("log", "-1", "--format=%s, %an <%ae>") == b"Make add add, Penstock <penstock@localhost>\n"
    assert repository.git("branch", "--format=%(refname:short)") == b"main\n"
    assert repository.git("worktree", "list").count(b"\n") == 1


def test_a_change_that_is_kept_stays_on_its_branch_and_is_shown(home: Path, llmock: tuple[str, str], repository: Repository) -> None:
    _work(llmock)
    asked = _begin(home, "coding-agent", repository=_project(repository), task="Make add add")
    run = _penstock(home, "approve", asked["run_id"], "approve", "--select", "keep")
    site = run["worktree"]
    assert (run["output"]["merged"], site["stage"], site["kept"]) == ("skipped", "made", ["commits"])
    assert [row["branch"] for row in _penstock(home, "worktree", "ls")] == [site["branch"]]
    repository.git("merge", "--quiet", site["branch"])
    assert _penstock(home, "worktree", "rm", run["run_id"])[0]["branch_left"] is False
    assert repository.git("branch", "--format=%(refname:short)") == b"main\n"

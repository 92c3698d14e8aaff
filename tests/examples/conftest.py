"""Small git repositories, made with the real git, and the example's own commands run over them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
IDENTITY = ["-c", "user.name=Ada | L", "-c", "user.email=Ada@Example.org", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"]
COLLECT = {
    "history.txt": ["log", "-z", "--no-merges", "--no-renames", "--numstat", "--format=commit%x1f%H%x1f%at%x1f%aE%x1f%aN", "HEAD"],
    "sizes.txt": ["ls-tree", "-r", "--long", "-z", "--full-tree", "HEAD"],
    "marks.txt": ["grep", "-I", "--count", "-z", "--full-name", "-e", "TODO", "-e", "FIXME", "HEAD"],
}


@pytest.fixture(scope="session")
def check() -> ModuleType:
    """The example's module, loaded from its file as the runtime does."""
    spec = importlib.util.spec_from_file_location("repository_check", EXAMPLES / "repository_check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Repository:
    """A git repository in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = 1_700_000_000
        folder.mkdir()
        self.git("init", "--quiet")

    def git(self, *words: str) -> bytes:
        date = {"GIT_AUTHOR_DATE": f"@{self.clock} +0000", "GIT_COMMITTER_DATE": f"@{self.clock} +0000", "HOME": "/nonexistent"}
        argv = ["git", *IDENTITY, "-C", str(self.folder), *words]
        return subprocess.run(argv, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", **date}).stdout

    def commit(self, files: dict[str | bytes, bytes], *, author: str = "Ada <ada@example.org>", days: float = 1) -> None:
        self.clock += int(days * 86_400)
        for name, content in files.items():
            raw = name if isinstance(name, bytes) else name.encode()
            path = bytes(self.folder) + b"/" + raw
            Path(path.decode("utf-8", "surrogateescape")).parent.mkdir(parents=True, exist_ok=True)
            Path(path.decode("utf-8", "surrogateescape")).write_bytes(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--author={author}", "--message=a | change")

    def collect(self, into: Path) -> None:
        """What the workflow's command nodes leave behind."""
        for name, words in COLLECT.items():
            done = subprocess.run(["git", "-C", str(self.folder), *words], check=False, capture_output=True)
            (into / name).write_bytes(done.stdout)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """An empty repository; the test's current folder is a run's folder beside it."""
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    return Repository(tmp_path / "repo")

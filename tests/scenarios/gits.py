"""Real git in stories: a repository to work on, and git's commands as they are, but in the test's own thread, since time is not real."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import actors.worktree.git
from actors.outside.program import Program
from actors.outside.trouble import Trouble

__all__ = ["Repo", "real_git"]


class Repo:
    """A repository with one commit on `main`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not folder.exists():
            folder.mkdir()
            self.git("init", "--quiet", "--initial-branch=main")
            (folder / "a.txt").write_text("one\n")
            (folder / "inner").mkdir()
            (folder / "inner" / "b.txt").write_text("two\n")
            self.git("add", "--all")
            self.git("commit", "--quiet", "--message=first")

    def git(self, *words: str, at: Path | None = None) -> str:
        """What git says."""
        named = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "core.hooksPath=/dev/null"]
        done = subprocess.run(["git", "-C", str(at or self.folder), *named, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    @property
    def branches(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()

    @property
    def worktrees(self) -> list[str]:
        """The folders of all but its own."""
        lines = self.git("worktree", "list", "--porcelain").splitlines()
        return [line.removeprefix("worktree ") for line in lines if line.startswith("worktree ")][1:]


@contextmanager
def real_git() -> Generator[None, None, None]:
    """Git is asked for real, at once."""

    async def run_program(_: Any, program: Program) -> bytes:
        done = subprocess.run(list(program.argv), check=False, capture_output=True, env=dict(program.env), input=program.stdin)  # noqa: ASYNC221 as above
        if done.returncode != 0:
            raise Trouble("program_failed", done.stderr.decode())
        return done.stdout

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(actors.worktree.git, "run_program", run_program)
        yield

"""Real git in stories: a repository to work on, and git's commands as they are, but in the test's own thread, since time is not real."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

import actors.worktree.git
from actors.outside.program import Program
from actors.outside.trouble import Trouble
from tests.scenarios.harness import House
from tests.scenarios.script import Act, Call

__all__ = ["Repo", "commit", "looked", "real_git", "top"]


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


def top(repo: Repo, more: str = "", inner: str = "") -> str:
    """The lines with which a workflow asks for worktrees of that repository, or of a folder `inner` in it."""
    return f"workspace: {repo.folder}{inner}\nworktree: {{base: main{more}}}"


async def looked(d: House, run_id: str) -> dict[str, Any]:
    """Its worktree, once the run has ended and it is known what becomes of it."""
    await d.run_until(run_id)
    site: dict[str, Any] = {}
    for _ in range(100):
        site = (await d.run(run_id))["worktree"]
        if site["stage"] in ("wanted", "removed") or site.get("kept"):
            return site
        await trio.sleep(1)
    raise AssertionError(f"nobody has looked at {site}")


def commit(name: str = "made.txt") -> Act:
    """A step that commits a file."""

    async def act(call: Call) -> Any:
        path = Path(call.workdir, name)
        path.write_text(name)  # noqa: ASYNC240  nothing else waits for the loop
        place = Repo(Path(call.workdir))
        place.git("add", "--all")
        place.git("commit", "--quiet", "--message=made")
        return {"made": name}

    return act

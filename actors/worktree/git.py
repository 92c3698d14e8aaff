"""Asking git: its own processes under the guardian, bounded in time, with nothing of the daemon's own git settings and no hooks.

The repository is somebody's, and may be hostile: of its settings none may start a program here but those that make files what they are
(filters, such as those of large files).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from actors.outside.program import Program, run_program
from actors.outside.trouble import Trouble

if TYPE_CHECKING:
    from actors.services import Services

__all__ = ["Git", "git_of"]

_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false")


@frozen
class Git:
    """`token` names in the tags of its processes for whom they work."""

    services: Services
    token: str

    async def ask(self, folder: str, *words: str) -> str:
        """What `git -C folder words…` says, without the last line's end.

        Raises Trouble: `program_failed` when git said no, `program_not_started` when there is no git, `program_timeout`.
        """
        rules = self.services.rules
        own = {name: value for name, value in rules.env.items() if not name.startswith("GIT_")}
        env = {**own, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
        program = Program(("git", "-C", folder, *_SAFE, *words), env, self.token, b"", rules.git_timeout_ms / 1000)
        said = await run_program(self.services.tools().guardian, program)
        return said.decode("utf-8", "surrogateescape").rstrip("\n")

    async def maybe(self, folder: str, *words: str) -> str | None:
        """The same where no is an answer: None then."""
        try:
            return await self.ask(folder, *words)
        except Trouble as trouble:
            if trouble.code != "program_failed":
                raise
            return None

    async def commit_of(self, folder: str, name: str) -> str | None:
        """The commit that a branch, a tag or a digest names."""
        return await self.maybe(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    async def branch(self, folder: str, name: str) -> str | None:
        """The commit that the branch of exactly that name is at."""
        return await self.maybe(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"refs/heads/{name}^{{commit}}")

    async def worktrees(self, folder: str) -> dict[str, str]:
        """Folder → branch (empty where it is on none) of each worktree that the repository knows, its own checkout among them."""
        found, path = {}, ""
        for line in (await self.ask(folder, "worktree", "list", "--porcelain")).splitlines():
            word, _, rest = line.partition(" ")
            path = rest if word == "worktree" else path
            if word in ("worktree", "branch"):
                found[path] = rest.removeprefix("refs/heads/") if word == "branch" else ""
        return found


def git_of(services: Services, run_id: str) -> Git:
    """For what is done for that run."""
    return Git(services, f"{run_id}/worktree/1/1")

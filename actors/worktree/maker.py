"""The maker: an actor below a run that makes its worktree, one step at a time, and says what came of it. It can be ended at any moment.

It stays until the run has recorded that, so that no second one begins the same step meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from actors.worktree.git import git_of
from actors.worktree.making import add, plan
from actors.worktree.messages import WorktreeSaid, Wrong
from supervision import Actor, Mailbox

if TYPE_CHECKING:
    from actors.services import Services
    from actors.worktree.messages import Existing, Planned
    from actors.worktree.site import Site, Stage
    from supervision import Ref

__all__ = ["Maker"]


class Maker(Actor[None]):
    """`site` is how far it has come when this one begins, `workspace` the folder in it in which the run works."""

    mailbox = Mailbox(capacity=1)

    def __init__(self, services: Services, run_id: str, site: Site, workspace: str, run: Ref[WorktreeSaid]) -> None:
        self._services, self._run_id, self._run = services, run_id, run
        self._site, self._stage, self._workspace = evolve(site), site.stage, workspace

    async def main(self) -> None:
        """Make the step, tell, and wait to be dismissed."""
        try:
            verdict = await self._step(self._stage)
        except Exception as error:  # noqa: BLE001 - whatever breaks here is this run's failure, and must not begin again and again
            verdict = Wrong("worktree_not_made", f"A defect of Penstock: {type(error).__name__}: {error}")
        await self._run.tell(WorktreeSaid(self._stage, verdict))
        await super().main()

    def status(self) -> str:
        """What is made, for the tree."""
        return f"worktree {self._site.place.path}, {self._stage}"

    async def _step(self, stage: Stage) -> Planned | Existing | Wrong:
        git = git_of(self._services, self._run_id)
        if stage == "wanted":
            return await plan(git, self._site, self._services.rules.git_author)
        return await add(git, self._site, self._workspace)

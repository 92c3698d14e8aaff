"""The worktree methods: which there are, what one of them holds, and taking it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.refusals import Refusal
from actors.run.headline import WORKTREES as KEY
from actors.runtime.base import Answer, Base
from actors.services import WORKTREES
from actors.worktree.clearing import inspect
from actors.worktree.git import git_of
from actors.worktree.messages import RemoveWorktree
from actors.worktree.rules import no_worktree
from actors.worktree.site import PRESENT, site_facts
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.control import params_worktrees as w
    from actors.refusals import Principal, RequestKey

__all__ = ["WorktreeMethods"]

REMOVE_S = 590.0


class WorktreeMethods(Base):
    """Worktrees of runs."""

    async def worktree_list(self, params: w.WorktreeList, by: Principal) -> Answer:
        lines = self.services.store.catalog.found(KEY, params.limit)
        return {
            "worktrees": [
                {"run_id": line.stream, "workflow_id": line.group, "status": line.status, **line.facts["worktree"]} for line in lines
            ]
        }

    async def worktree_get(self, params: w.WorktreeOnly, by: Principal) -> Answer:
        state = self.fold(params.run_id)
        if isinstance(state, Refusal):
            return state
        site = state.worktree
        if site is None or site.stage not in PRESENT:
            return no_worktree(params.run_id)
        found = await inspect(git_of(self.services, params.run_id), site)
        return {"worktree": {"run_id": params.run_id, "status": state.status, **site_facts(site), **found.facts()}}

    async def worktree_remove(self, params: w.WorktreeRemove, by: Principal, request: RequestKey) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        try:
            asked = RemoveWorktree(params.run_id, params.force, by, request)
            answer: Answer = await self.system.ref(WORKTREES).ask(asked, timeout=REMOVE_S)
        except (ActorDead, AskTimeout, MailboxFull) as error:
            return Refusal("overloaded", f"The runtime has not answered in time ({error}). Ask again with the same request id.")
        return answer

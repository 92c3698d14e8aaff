"""The keeper: looks at the worktrees of runs that have ended, removes those that hold nothing, and those that somebody wants removed.

What is to be done is read from the catalog, and each step is a fact of the run's log before the next one begins: a death in between
leaves work for the next look, never something half removed that a run could be brought back to.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import trio

from actors.outside.trouble import Trouble
from actors.refusals import Refusal
from actors.run.headline import UNDONE_WORKTREES, WORKTREES
from actors.run.known import is_run, no_such_run
from actors.run.logbook import CorruptLog, fold_log
from actors.run.messages import ForRun
from actors.services import REGISTRAR
from actors.worktree.clearing import clear, inspect
from actors.worktree.git import git_of
from actors.worktree.messages import BeginRemoval, EndRemoval, KeepWorktree, LookAtWorktrees, RemoveWorktree
from actors.worktree.rules import removal_refusal
from actors.worktree.wording import holds_work
from storage import StreamDamaged, Unavailable
from supervision import Actor, ActorDead, AskTimeout, Forwarded, Mailbox, MailboxFull

if TYPE_CHECKING:
    from actors.refusals import RequestKey
    from actors.run.requests import Operation
    from actors.services import Services
    from actors.worktree.site import Site
    from supervision.mailbox import Asked

__all__ = ["Keeper"]

AT_ONCE = 4
PAGE = 50
MANY = 10_000
LOOK_S = 30.0
ASK_S = 60.0
Reply = dict[str, Any] | Refusal


class Keeper(Actor[LookAtWorktrees | RemoveWorktree]):
    """One hand at a time at each worktree."""

    mailbox = Mailbox(capacity=1024)
    accepts = (LookAtWorktrees,)

    def __init__(self, services: Services) -> None:
        self._services = services
        self._room = trio.CapacityLimiter(AT_ONCE)
        self._hands: dict[str, trio.Lock] = {}
        self._damaged: set[str] = set()
        self._removed = self._kept = 0
        self._stuck: str | None = None

    async def started(self) -> None:
        self.tick(LOOK_S, LookAtWorktrees())
        self._look()

    def status(self) -> str:
        """Counts since this incarnation began, for the tree."""
        there = len(self._services.store.catalog.found(WORKTREES, MANY))
        stuck = f"; cannot be removed: {self._stuck}" if self._stuck is not None else ""
        return f"{there} there, {self._removed} removed, {self._kept} kept{stuck}"

    async def receive(self, message: LookAtWorktrees | RemoveWorktree) -> object:
        """Time, the end of a run, or somebody's wish."""
        if isinstance(message, LookAtWorktrees):
            self._look()
            return None
        self.spawn(self._answer, message, self.defer())
        return Forwarded()

    def _look(self) -> None:
        """Begin with all that is to be done and is in nobody's hands."""
        for line in self._services.store.catalog.found(UNDONE_WORKTREES, PAGE + len(self._damaged)):
            if line.stream not in self._hands and line.stream not in self._damaged:
                self._hands[line.stream] = trio.Lock()
                self.spawn(self._tend, line.stream)

    async def _tend(self, run_id: str) -> None:
        async with self._hands[run_id]:
            try:
                async with self._room:
                    await self._one(run_id)
            except (CorruptLog, StreamDamaged, LookupError):
                self._damaged.add(run_id)  # what cannot be read is left alone
            except Unavailable:
                pass  # nothing was recorded: it is still to be done
            finally:
                self._let_go(run_id)

    def _let_go(self, run_id: str) -> None:
        if not self._hands[run_id].statistics().tasks_waiting:
            del self._hands[run_id]

    async def _one(self, run_id: str) -> None:
        state = fold_log(self._services, run_id)
        site = state.worktree
        if site is None or removal_refusal(state) is not None:
            return
        if site.stage != "removing":
            found = await inspect(git_of(self._services, run_id), site)
            if found.reasons:
                self._kept += not isinstance(await self._ask(run_id, KeepWorktree(found.reasons)), Refusal)
                return
            if isinstance(await self._ask(run_id, BeginRemoval("system")), Refusal):
                return
        await self._clear(run_id, site)

    async def _answer(self, message: RemoveWorktree, asked: Asked | None) -> None:
        run_id = message.run_id
        async with self._hands.setdefault(run_id, trio.Lock()):
            try:
                answer = await self._remove(message)
            except (CorruptLog, StreamDamaged, LookupError) as error:
                answer = Refusal("run_log_unreadable", f"{error}. Its worktree was left alone.", {"run_id": run_id})
            except Unavailable as error:
                answer = Refusal(error.code, f"{error}. Ask again, it does no harm.", {"run_id": run_id})
            finally:
                self._let_go(run_id)
        if asked is not None:
            asked.answer(answer)

    async def _remove(self, message: RemoveWorktree) -> Reply:
        run_id = message.run_id
        if not is_run(self._services.store, run_id):
            return no_such_run(run_id)
        state = fold_log(self._services, run_id)
        site = state.worktree
        if (refusal := removal_refusal(state)) is not None or site is None:
            return refusal or no_such_run(run_id)
        found = await inspect(git_of(self._services, run_id), site)
        if found.reasons and not message.force and site.stage != "removing":
            return holds_work(run_id, site, found)
        place = site.place
        reply = {"path": place.path, "branch": place.branch, "branch_left": found.commits > 0, "discarded_changes": found.changed}
        begin = BeginRemoval(str(message.by), bool(found.reasons), tuple(reply.items()))
        answer = await self._ask(run_id, begin, message.request)
        if not isinstance(answer, Refusal) and not await self._clear(run_id, site):
            text = f"{place.path} could not be removed: {self._stuck}. It is tried again every {LOOK_S:g} s."
            return Refusal("worktree_not_removed", text, {"run_id": run_id, "path": place.path})
        return answer

    async def _clear(self, run_id: str, site: Site) -> bool:
        """Whether it is gone."""
        try:
            left = await clear(git_of(self._services, run_id), site)
        except (Trouble, OSError) as error:
            self._stuck = f"{run_id}: {error}"
            return False
        self._removed += 1
        await self._ask(run_id, EndRemoval(left))
        return True

    async def _ask(self, run_id: str, operation: Operation, request: RequestKey | None = None) -> Reply:
        """Have the run record it. A refusal where it could not be asked."""
        with suppress(ActorDead, AskTimeout, MailboxFull):
            answer: Reply = await self.system.ref(REGISTRAR).ask(ForRun(run_id, operation, request), timeout=ASK_S)
            return answer
        return Refusal("run_unavailable", f"The run {run_id} does not answer. Ask again.", {"run_id": run_id})

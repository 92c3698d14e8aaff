"""A run gets its worktree before anything of it begins: whoever makes it is started, and what came of it is recorded."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from actors.run.events import RunFailed
from actors.run.launching import brought_back
from actors.run.messages import MakerDown
from actors.services import WORKTREES
from actors.worktree.events import WorktreeCreated, WorktreePlanned
from actors.worktree.maker import Maker
from actors.worktree.messages import Existing, LookAtWorktrees, Planned, WorktreeSaid, Wrong
from supervision import ChildSpec, MailboxFull

if TYPE_CHECKING:
    from actors.run.actor import Run
    from actors.run.state import RunState
    from supervision.monitor import Monitor

__all__ = ["Building"]

MAKERS = frozenset({"worktree.wanted", "worktree.planned"})
"""Ids of makers below a run's `work`, one for each step: that of an attempt holds an @."""

KILL_S = 20.0


class Building:
    """Compares what the state wants with who is at work, as the crew does. A maker of before a restart of the run begins anew."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._watched: dict[str, Monitor] = {}

    def settle(self, state: RunState) -> None:
        """Have the next step made, or nobody at work. Where a former maker is still ending, its end brings the run here again."""
        site = state.worktree
        if site is None:
            return
        work = self._run.crew.work
        wanted = f"worktree.{site.stage}" if state.status == "running" and site.comes() else None
        living = MAKERS.intersection(work.children())
        for child in sorted(living - {wanted}):
            work.dismiss(child)
        if wanted is not None and wanted not in living:
            run = self._run
            spec = ChildSpec(
                wanted, lambda: Maker(run.services, run.run_id, site, run.crew.folders(state).workdir, run.ref),
                restart="temporary", shutdown=KILL_S,
            )  # fmt: skip
            work.start_soon(spec)
        if wanted is not None and wanted not in self._watched:
            path = f"{self._run.path.rpartition('/')[0]}/work/{wanted}"
            self._watched[wanted] = self._run.monitor(path, lambda _: MakerDown(wanted))
        if state.terminal and site.undone() and self._run.system.receives(WORKTREES):
            with suppress(MailboxFull):  # then the keeper finds out by itself
                self._run.system.ref(WORKTREES).tell_nowait(LookAtWorktrees())

    async def ended(self, child: str) -> None:
        """A maker is gone, whether or not it said something."""
        self._watched.pop(child, None)
        await self._run.follow()

    async def hear(self, message: WorktreeSaid) -> None:
        """Record what came of a step, and go on. What is said of a step that is not wanted any more changes nothing."""
        run = self._run
        turn = run.book.turn()
        state = turn.state
        if state.status != "running" or state.worktree is None or state.worktree.stage != message.stage:
            return
        place, verdict = state.worktree.place, message.verdict
        if isinstance(verdict, Existing) and (problem := await brought_back(run, state)) is not None:
            verdict = Wrong(*problem)
        match verdict:
            case Planned(commit=commit, author=author, existing=existing):
                turn.emit(WorktreePlanned(commit, place.branch, author, existing))
            case Existing():
                turn.emit(WorktreeCreated(place.path, place.branch, str(state.worktree.commit)))
            case Wrong(code=code, message=text):
                turn.emit(RunFailed(code=code, message=text, stop_kind="guardrail_stopped"))
        await run.go_on(turn)

"""Having each run that this one has begun do what it is to do, and having this one's parent hear that it has moved.

What is asked is derived from the state and compared with the catalog, again and again: of a lost message nothing is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from attrs import Factory, define

from actors.run.messages import ForRun, WakeRun
from actors.run.requests import Cancel, Operation, Pause, Resume
from actors.run.state import RunState
from actors.services import REGISTRAR
from actors.sub_run.row import BUDGET_ABOVE, PARENT_PAUSED, PARENT_RESUMED, TERMINAL, SubRun
from actors.sub_run.wanted import Wish, wish_for
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.run.actor import Run
    from storage import Headline

__all__ = ["Kin"]

ASK_S = 30.0
AGAIN_S = 1.0
HOLDABLE = ("queued", "running", "waiting", "awaiting_approval")
BY = "system"


@define(eq=False)
class Kin:
    """The runs above and below one. `_asked` are children that are being asked for something just now; `_told`: what the parent knows."""

    run: Run
    _asked: dict[str, None] = Factory(dict)
    _told: tuple[str, int] | None = None

    async def follow(self, state: RunState) -> None:
        """After a commit."""
        if state.children:
            self._have_done(state, self.run.services.clock.now_ms())
        moved = (state.status, state.anew)
        if state.parent_run_id is not None and moved != self._told:
            self._told = moved
            parent = self.run.services.store.catalog.get(state.parent_run_id)
            if parent is not None and parent.kind == "run" and parent.status not in TERMINAL:
                await self.run.system.ref(REGISTRAR).tell(WakeRun(state.parent_run_id))

    def _have_done(self, state: RunState, now: int) -> None:
        for row in state.children.values():
            if row.run_id not in self._asked and (operation := self._wanted(state, row, now)) is not None:
                self._asked[row.run_id] = None
                self.run.spawn(self._ask, row, operation)

    @property
    def busy(self) -> bool:
        """Whether a child has still to answer; the run stays until then."""
        return bool(self._asked)

    def _wanted(self, state: RunState, row: SubRun, now: int) -> Operation | None:
        since = state.finally_since_ms
        grace_over = (
            state.section == "finally" and state.cancel_reason is not None and since is not None
            and now >= since + self.run.services.rules.cleanup_grace_ms
        )  # fmt: skip
        line = self.run.services.store.catalog.get(row.run_id)
        return None if line is None else _operation(wish_for(state, row, now, grace_over=grace_over), line, row)

    async def _ask(self, row: SubRun, operation: Operation | None) -> None:
        """Until it has answered, or nothing is wanted of it any more: a run that has ended does not look again by itself."""
        try:
            while operation is not None:
                try:
                    await self.run.system.ref(REGISTRAR).ask(ForRun(row.run_id, operation, None), timeout=ASK_S)
                    return
                except (AskTimeout, MailboxFull):
                    await trio.sleep(AGAIN_S)
                operation = self._wanted(self.run.book.state, row, self.run.services.clock.now_ms())
        except ActorDead:
            pass  # everything begins anew, and so does this
        finally:
            self._asked.pop(row.run_id, None)


def _operation(wish: Wish, line: Headline, row: SubRun) -> Operation | None:
    """What brings a run that stands so to what is wanted of it; None where it is that already, or does it."""
    if line.status in TERMINAL:
        return None
    if wish.word == "cancel":
        return None if line.facts.get("cancelling") else Cancel(BY, wish.reason)
    if wish.word == "hold":
        return Pause(BY, PARENT_PAUSED) if line.status in HOLDABLE else None
    reason = line.facts.get("pause_reason") if line.status == "paused" and wish.word == "go_on" else None
    return Resume(BY, PARENT_RESUMED) if reason == PARENT_PAUSED or (reason == BUDGET_ABOVE and row.let_go) else None

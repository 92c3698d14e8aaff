"""Keeping the status file of a run true: at once when the run rests or ends, else at most twice a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import trio

from actors.run.state import ACTIVE
from actors.run.status import status_of
from actors.status_file import Status

if TYPE_CHECKING:
    from actors.run.actor import Run
    from actors.run.state import RunState

__all__ = ["Shown", "status_file"]

PAUSE_S = 0.5


def status_file(state: RunState) -> Status:
    """What the file is to say of a run with a workspace."""
    return Status(state.workspace or "", state.run_id, orjson.dumps(status_of(state), option=orjson.OPT_INDENT_2) + b"\n")


class Shown:
    """Looks after each commit of a run with a workspace; those without one pay nothing."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seq = -1
        self._next_s = 0.0
        self._later = False

    def look(self) -> None:
        """After a commit: have the file written now, or soon."""
        state, show = self._run.book.state, self._run.services.show
        if state.workspace is None or show is None or state.seq == self._seq:
            return
        if state.status not in ACTIVE or trio.current_time() >= self._next_s:
            self._show()
        elif not self._later:
            self._later = True
            self._run.spawn(self._soon)

    async def _soon(self) -> None:
        await trio.sleep(PAUSE_S)
        self._later = False
        self._show()

    def _show(self) -> None:
        book, show = self._run.book, self._run.services.show
        if show is not None and book.state.seq == book.committed:  # else a decision is in the making, and its commit comes here again
            self._seq, self._next_s = book.state.seq, trio.current_time() + PAUSE_S
            show(status_file(book.state))

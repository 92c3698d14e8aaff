"""Noting how far the histories of ordinary runs reach: what follows from the log alone is written when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import trio
from attrs import define

from actors.projection.bodies import about_of
from actors.projection.derived import WAIT_PREFIX
from actors.projection.folding import LogReader
from actors.projection.passing import history_key
from actors.run.events import RunBlockedCorruptCheckpoint
from actors.run.logbook import CorruptLog
from storage.telling import Note, note_all

if TYPE_CHECKING:
    from actors.services import Services

__all__ = ["Noting", "ordinary"]

BEHIND_ENDINGS = frozenset(("learning_finalized", "learning_skipped", "report_written", "run_forked"))
ENDINGS = BEHIND_ENDINGS | {"run_completed", "run_failed", "run_cancelled"}
YIELD = 64
"""After so many runs others have their turn."""


def ordinary(kinds: Sequence[str]) -> bool:
    """Whether telling these entries has nothing to say that somebody must hear at once: a log that broke, or an end that was none.

    Ends of waits are no records, so that with them entries and records are not the same number.
    """
    if any(kind.startswith(WAIT_PREFIX) or kind == RunBlockedCorruptCheckpoint.kind for kind in kinds):
        return False
    return not any(before in ENDINGS and after not in BEHIND_ENDINGS for before, after in pairwise(kinds))


@define(eq=False)
class Noting:
    """`batch` is how many entries one transaction covers at most."""

    services: Services
    batch: int

    async def note(self, run_ids: Iterable[str]) -> set[str]:
        """Note how far these runs can be told; which of them need no more. The others are to be told. Raises Unavailable."""
        noted: set[str] = set()
        waiting: list[Note] = []
        size = 0
        for number, run_id in enumerate(run_ids, 1):
            for note, entries in self._notes(run_id, noted):
                waiting.append(note)
                size += entries
                if size >= self.batch:
                    await self._write(waiting)
                    size = 0
            if number % YIELD == 0:
                await trio.lowlevel.checkpoint()
        await self._write(waiting)
        return noted

    def _notes(self, run_id: str, noted: set[str]) -> Iterable[tuple[Note, int]]:
        """The notes of one run, each with how many entries it covers."""
        histories = self.services.store.histories
        known = histories.of(run_id)
        if any(not one.noted for one in known) or len(known) > 1:
            return
        cursor = known[0].cursor if known else 0
        entries = histories.kinds(run_id, cursor)
        head = entries[-1][0] if entries else 0
        if head < max(cursor, 1) or not ordinary([kind for _, kind in entries]):
            return
        place = (known[0].key, known[0].about) if known else self._place(run_id)
        if place is None:
            return
        noted.add(run_id)
        while cursor < head:
            upto = min(cursor + self.batch, head)
            yield Note(*place, upto, upto), upto - cursor
            cursor = upto

    def _place(self, run_id: str) -> tuple[tuple[str, str, str, str], bytes] | None:
        try:
            subject = LogReader(self.services, run_id).glance()
        except CorruptLog:
            return None
        return None if subject is None else (history_key(run_id, subject.boundary), about_of(subject))

    async def _write(self, waiting: list[Note]) -> None:
        if waiting:
            notes, waiting[:] = list(waiting), []
            await self.services.store.work(partial(note_all, notes=notes))

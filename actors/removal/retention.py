"""What is thrown away by itself when it is old enough: finished runs, settled dead letters; and removals that were cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, frozen

from actors.dead_letter.letter import KIND as LETTER
from actors.dead_letter.letter import SETTLED
from actors.refusals import Refusal
from actors.removal.archive import archive_run
from actors.removal.condemning import CONDEMNED, condemn, family_of, removable
from actors.removal.removing import remove
from actors.run.headline import WORKTREES
from actors.run.state import TERMINAL
from storage import ClaimLost, StreamDamaged, VersionConflict

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.services import Services
    from storage import Headline

__all__ = ["Ages", "Remover"]

PAGE = 200
MANY = 10_000


@frozen
class Ages:
    """Ages in milliseconds, 0 for ever. `archive`: whether a run is archived before it is removed."""

    finished_runs_ms: int = 0
    dead_letters_ms: int = 0
    archive: bool = False


@define
class Remover:
    """`alive` says of a run whether its actor still lives: then what is left of it waits. Each turn is bounded."""

    services: Services
    ages: Ages
    alive: Callable[[str], bool]
    runs: int = 0
    letters: int = 0
    stuck: str | None = None

    async def turn(self) -> None:
        """Finish what was begun, then see to what has become old enough. Raises Unavailable."""
        for line in self.services.store.catalog.list(CONDEMNED, limit=PAGE):
            await self._remove(line)
        now = self.services.clock.now_ms()
        if self.ages.finished_runs_ms > 0:
            kept = len(self.services.store.catalog.found(WORKTREES, MANY))  # they stand in the way of no others
            before = now - self.ages.finished_runs_ms
            for line in self.services.store.catalog.older("run", tuple(sorted(TERMINAL)), before, PAGE + kept):
                await self._retire(line)
        if self.ages.dead_letters_ms > 0:
            for line in self.services.store.catalog.older(LETTER, SETTLED, now - self.ages.dead_letters_ms, PAGE):
                await self.services.store.purge(line.stream)
                self.letters += 1

    async def _retire(self, line: Headline) -> None:
        """A run that cannot be archived, whose worktree is still there, or that somebody revives at this moment, stays."""
        if isinstance(refusal := removable(self.services, line.stream), Refusal):
            if refusal.code in ("run_kin_under_way", "run_not_found"):
                return  # its time comes, or it went with the run that had begun it
            self.stuck = f"{line.stream}: {refusal.message}"
            return
        try:
            for kin in (*family_of(self.services, line.stream), line) if self.ages.archive else ():
                await archive_run(self.services, kin)
            condemned = await condemn(self.services, line.stream, "retention", "system")
        except (OSError, VersionConflict, ClaimLost, StreamDamaged) as error:
            self.stuck = f"{line.stream}: {error}"
            return
        if not isinstance(condemned, Refusal):
            await self._remove(condemned)

    async def _remove(self, line: Headline) -> None:
        if self.alive(line.stream):
            return
        if not await remove(self.services, line):
            self.stuck = f"{line.stream}: its folder could not be removed"
        self.runs += 1

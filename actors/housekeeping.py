"""The small actors around the memory: who serves the writer, who hears the guardian of processes, who keeps the database small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from actors.calendar.trimming import trim_schedules
from actors.dead_letter.letter import SETTLED
from actors.removal.retention import Remover
from actors.services import RUNS
from storage import StoreFailed, Unavailable
from supervision import Actor

if TYPE_CHECKING:
    from actors.node.guardian.guardian import Guardian
    from actors.removal.retention import Ages
    from actors.services import Services
    from storage import Store

__all__ = ["Caretaker", "Storekeeper", "Sweep", "Warden"]

TERMINAL = ("completed", "failed", "cancelled", "blocked")
FIRST_S = 1.0


class Storekeeper(Actor[None]):
    """Serves the store: its end is the end of every commit that waits, and of everything that stands to its right in the tree."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def main(self) -> None:
        """Write until stopped. A store that fails ends everything at once: only a new start can tell what is on the disk."""
        try:
            await self._store.serve()
        except StoreFailed:
            self.system.kill()
            raise

    def status(self) -> str:
        """How it writes, for the tree."""
        info = self._store.info()
        fault = f", {info['fault']}" if info.get("fault") else ""
        return f"{info['commits']} commits, {info['commit_ms']} ms each, {info['waiting']} waiting{fault}"


class Warden(Actor[None]):
    """Hears the guardian of step processes for as long as the daemon lives."""

    def __init__(self, guardian: Guardian) -> None:
        self._guardian = guardian

    async def main(self) -> None:
        """Listen until stopped; the guardian then ends, and with it all that it has started."""
        await self._guardian.serve()

    def status(self) -> str:
        """The guardian's process, for the tree."""
        return f"guardian process {self._guardian.pid}" if self._guardian.pid is not None else "no process needed one yet"


@frozen
class Sweep:
    """Look after the database now."""


class Caretaker(Actor[Sweep]):
    """Forgets old receipts, removes what has become old enough, gives pages back, checkpoints. Bounded work at each turn."""

    accepts = (Sweep,)

    def __init__(self, services: Services, interval_s: float, ages: Ages) -> None:
        self._services = services
        self._interval_s = interval_s
        self._ages = ages
        self._contents = 0
        self._trimmed: str | None = None

    async def started(self) -> None:
        self._remover = Remover(self._services, self._ages, lambda run_id: self.system.alive(f"{RUNS}/{run_id}"))
        self.after(FIRST_S, Sweep())
        self.tick(self._interval_s, Sweep())

    async def receive(self, message: Sweep) -> None:
        """One turn."""
        store = self._services.store
        try:
            await self._remover.turn()
            self._trimmed = await trim_schedules(store, self._trimmed)
            await store.upkeep(ended=(*TERMINAL, *SETTLED))
            done = await store.collect()
        except Unavailable:
            return  # the disk takes nothing: nothing is lost by waiting for the next turn
        self._contents += done.contents if done is not None else 0

    def status(self) -> str:
        """What it has removed, for the tree."""
        found, stuck = self._remover, f"; stuck: {self._remover.stuck}" if self._remover.stuck else ""
        return f"{found.runs} finished runs removed, {found.letters} dead letters, {self._contents} contents{stuck}"

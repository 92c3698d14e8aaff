"""The small actors around the memory: who serves the writer, who hears the guardian of processes, who keeps the database small."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

import trio
from attrs import frozen

from actors.calendar.trimming import trim_schedules
from storage import ClaimLost, StoreFailed, Unavailable
from supervision import Actor

if TYPE_CHECKING:
    from actors.node.guardian.guardian import Guardian
    from actors.services import Services
    from storage import Store

__all__ = ["Caretaker", "Storekeeper", "Sweep", "Warden"]

TERMINAL = ("completed", "failed", "cancelled", "blocked")
PAGE = 200


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
    """Forgets old receipts, old finished runs and what schedules did long ago, gives pages back, checkpoints. Bounded work at each turn."""

    accepts = (Sweep,)

    def __init__(self, services: Services, interval_s: float, keep_finished_ms: int) -> None:
        self._services = services
        self._interval_s = interval_s
        self._keep_ms = keep_finished_ms
        self._purged = 0
        self._trimmed: str | None = None

    async def started(self) -> None:
        self.tick(self._interval_s, Sweep())

    async def receive(self, message: Sweep) -> None:
        """One turn."""
        store = self._services.store
        try:
            if self._keep_ms > 0:
                await self._purge_finished()
            self._trimmed = await trim_schedules(store, self._trimmed)
            await store.upkeep(ended=TERMINAL)
        except Unavailable:
            return  # the disk takes nothing: nothing is lost by waiting for the next turn

    def status(self) -> str:
        """What it has removed, for the tree."""
        return f"{self._purged} finished runs removed"

    async def _purge_finished(self) -> None:
        store = self._services.store
        before = self._services.clock.now_ms() - self._keep_ms
        for line in store.catalog.older("run", TERMINAL, before, PAGE):
            try:
                await store.purge(line.stream)
            except ClaimLost:
                continue
            self._purged += 1
            await trio.to_thread.run_sync(partial(shutil.rmtree, self._services.run_folder(line.stream), ignore_errors=True))

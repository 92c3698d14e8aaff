"""Signs of life: the folder of a run says when attempts of it were seen alive last, for whoever would take the run over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from actors.services import RUNS
from supervision import Actor

if TYPE_CHECKING:
    from actors.services import Services

__all__ = ["ALIVE_MS", "EVERY_S", "Beat", "Heartbeats", "beat_of"]

EVERY_S = 3.0
ALIVE_MS = 15_000
"""A sign of life that is older than this is none."""
NAME = "heartbeat"


@frozen
class Beat:
    """Tell to itself: time for a sign of life."""


def beat_of(folder: Path) -> int | None:
    """When attempts of the run in that folder were seen alive last, epoch milliseconds; None: never."""
    try:
        return (folder / NAME).stat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return None


class Heartbeats(Actor[Beat]):
    """Looks every three seconds; attempts that are over before that leave no sign, and cost nothing."""

    accepts = (Beat,)

    def __init__(self, services: Services) -> None:
        self._services = services
        self._before: set[str] = set()

    async def started(self) -> None:
        self.tick(EVERY_S, Beat())

    async def receive(self, message: Beat) -> None:
        """One look."""
        now = {f"{run_id}/{child}" for run_id in self.system.dynamic(RUNS).children() for child in self._at_work(run_id)}
        for run_id in {path.partition("/")[0] for path in now & self._before}:
            _touch(self._services.run_folder(run_id), self._services.clock.now_ms())
        self._before = now

    def _at_work(self, run_id: str) -> tuple[str, ...]:
        path = f"{RUNS}/{run_id}/work"
        return self.system.dynamic(path).children() if self.system.alive(path) else ()

    def status(self) -> str:
        """How many live, for the tree."""
        return f"{len(self._before)} attempts under way"


def _touch(folder: Path, at_ms: int) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.utime(fd, ns=(at_ms * 1_000_000, at_ms * 1_000_000))
    finally:
        os.close(fd)

"""A sweeper: looks after stale things at an interval and for actors stuck in one handler. It reports and ends nobody itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import trio
from attrs import define, field, frozen

from supervision.actor import Actor
from supervision.incarnation import Incarnation
from supervision.posture import Posture

if TYPE_CHECKING:
    from supervision.cell import Cell

__all__ = ["Reaper", "Stuck", "Sweep", "Watchman"]


@frozen
class Sweep:
    """Time to look around."""


@frozen
class Stuck:
    """The actor at `path` has been in one and the same handler for at least `seconds`."""

    path: str
    seconds: float


@define
class Watchman:
    """Finds long handlers by comparing two looks: who is in the handler of the same message as before. Costs the actors nothing."""

    limit_s: float
    _seen: dict[Incarnation, tuple[int, float]] = field(factory=dict, init=False)

    def look(self, cells: Iterable[Cell], now: float) -> list[Stuck]:
        """Stuck cells at `now` (seconds, monotonic). Each long handler is told again at each look, until it ends."""
        seen: dict[Incarnation, tuple[int, float]] = {}
        for cell in cells:
            if isinstance(cell, Incarnation) and cell.posture is Posture.HANDLING:
                message, since = self._seen.get(cell, (cell.handled, now))
                seen[cell] = (cell.handled, since if message == cell.handled else now)
        self._seen = seen
        return [Stuck(cell.path, now - since) for cell, (_, since) in seen.items() if now - since >= self.limit_s]


class Reaper(Actor[Sweep]):
    """Every `interval_s`: awaits `sweep(now_ms)`, then calls `on_stuck` for each actor that is stuck for `stuck_after_s` or longer.

    What either callback raises ends this actor, and its supervisor decides; so a sweep handles its own expected failures.
    """

    accepts = (Sweep,)

    def __init__(
        self,
        *,
        interval_s: float,
        sweep: Callable[[int], Awaitable[object]] | None = None,
        stuck_after_s: float = 60.0,
        on_stuck: Callable[[Stuck], None] | None = None,
    ) -> None:
        self._interval_s = interval_s
        self._sweep = sweep
        self._watchman = Watchman(stuck_after_s)
        self._on_stuck = on_stuck
        self._sweeps = 0
        self._stuck: list[Stuck] = []

    async def started(self) -> None:
        self.tick(self._interval_s, Sweep())

    async def receive(self, message: Sweep) -> None:
        if self._sweep is not None:
            await self._sweep(self.system.clock.now_ms())
        others = (cell for cell in self.system.registry.cells.values() if cell is not self.cell)
        self._stuck = self._watchman.look(others, trio.current_time())
        if self._on_stuck is not None:
            for each in self._stuck:
                self._on_stuck(each)
        self._sweeps += 1

    def status(self) -> str:
        stuck = ", ".join(each.path for each in self._stuck)
        return f"{self._sweeps} sweeps" + (f"; stuck: {stuck}" if stuck else "")

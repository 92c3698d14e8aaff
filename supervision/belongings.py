"""What an incarnation leaves behind unless it is settled at its end: timers, watches, asks that it kept open."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from supervision.actor import Timer
    from supervision.mailbox import Asked
    from supervision.monitor import Monitor

__all__ = ["Belongings"]

_FEW = 16


class Belongings:
    """Made with the first of them, since most actors have none."""

    __slots__ = ("_arranged", "_deferred", "_many")

    def __init__(self) -> None:
        self._arranged: dict[Timer | Monitor, None] = {}
        self._deferred: list[Asked] = []
        self._many = _FEW

    def add(self, arrangement: Timer | Monitor) -> None:
        self._arranged[arrangement] = None

    def remove(self, arrangement: Timer | Monitor) -> None:
        self._arranged.pop(arrangement, None)

    def defer(self, asked: Asked) -> None:
        """Keep an open ask. Those answered meanwhile are dropped whenever the list has doubled."""
        self._deferred.append(asked)
        if len(self._deferred) > self._many:
            self._deferred = [each for each in self._deferred if not each.settled]
            self._many = max(_FEW, 2 * len(self._deferred))

    def settle(self, refuse: Callable[[Asked], None]) -> None:
        for arrangement in tuple(self._arranged):
            arrangement.cancel()
        for asked in self._deferred:
            refuse(asked)
        self._deferred.clear()

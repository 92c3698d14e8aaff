"""Ctrl-C and TERM while a run is attended: heard between two messages, so that none is torn."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any, Self

__all__ = ["Interrupts"]


class Interrupts:
    """A block in which the first signal is kept until somebody looks, and any further one raises KeyboardInterrupt where it finds us.

    Raised at once, the first could hit a half read answer, or a place where Python drops exceptions.
    """

    def __init__(self) -> None:
        self._heard = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._hear) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def look(self) -> None:
        """Raise KeyboardInterrupt when a signal has come; each is raised once."""
        if self._heard:
            self._heard = False
            raise KeyboardInterrupt

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._heard:
            raise KeyboardInterrupt
        self._heard = True

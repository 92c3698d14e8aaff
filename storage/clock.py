"""The wall clock as the memory sees it: injected, never read here."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """Anything that knows the wall-clock time in milliseconds since 1970. It may jump; nothing here depends on its order."""

    def now_ms(self) -> int: ...

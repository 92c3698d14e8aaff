"""A bound in real time around virtual time: a loop that spins would never let the virtual clock go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Spinning", "real_seconds"]


class Spinning(BaseException):
    """The story has used up its real time: something spins, or waits for nothing."""


@contextmanager
def real_seconds(limit: float) -> Iterator[None]:
    """Raise Spinning in the block after that time. Main thread only."""

    def stop(*_: object) -> None:
        raise Spinning(f"more than {limit:g} s of real time")

    former = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)

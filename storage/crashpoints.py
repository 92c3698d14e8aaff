"""Named points at which a test may kill the process, as a power cut would. Without PENSTOCK_CRASH_AT they cost one call."""

from __future__ import annotations

import os
import signal

__all__ = ["arm", "reach"]

_name = ""
_left = 0


def arm(at: str) -> None:
    """`at` is "name:n": the n-th time that the point is reached from now on is the end of the process. Empty: never."""
    global _name, _left  # noqa: PLW0603  a countdown for the life of the process is what this is
    _name, _, count = at.partition(":")
    _left = int(count or 1)


def reach(name: str) -> None:
    """Die here by SIGKILL if the point was armed and its countdown has run out."""
    global _left  # noqa: PLW0603  as above
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("PENSTOCK_CRASH_AT", ""))

"""Named points at which a test may kill the process, as a power cut would. Without PENSTOCK_CRASH_AT they cost one call."""

from __future__ import annotations

import os
import signal

__all__ = ["reach"]

_name, _, _count = os.environ.get("PENSTOCK_CRASH_AT", "").partition(":")
_left = int(_count or 1)


def reach(name: str) -> None:
    """Die here by SIGKILL if this is the n-th time that the point PENSTOCK_CRASH_AT="name:n" is reached."""
    global _left  # noqa: PLW0603  a countdown for the life of the process is what this is
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

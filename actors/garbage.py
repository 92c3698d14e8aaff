"""The garbage collector in a process that is the daemon and nothing else.

Nearly all that a run leaves is freed at once, because its actors let go of each other; the collector is there for the rest. As Python sets
it, it looks every few steps, and each time at length over modules, definitions and settings that stay until the end: a tenth of what a
step costs.
"""

from __future__ import annotations

import gc

__all__ = ["YOUNG", "look_rarely"]

YOUNG = 10_000
"""So many new containers more than freed ones make it look; a few megabytes at most."""


def look_rarely() -> None:
    """Leave what is there now alone for ever, and look for garbage among later things only, when there are many of them."""
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])

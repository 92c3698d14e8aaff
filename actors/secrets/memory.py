"""The daemon's own memory and environment, in which keys stand: not for other processes of the same user, and in no core dump."""

from __future__ import annotations

__all__ = ["keep_private"]

_PR_SET_DUMPABLE = 4


def keep_private() -> bool:
    """From now on nobody but root reads this process's memory or environment; what it starts is not concerned. False: it was refused."""
    from ctypes import CDLL  # noqa: PLC0415  # 3 ms, for daemons that have secrets only

    return bool(CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)

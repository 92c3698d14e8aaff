"""Whether a process is one of a step's. Reads /proc only; decides nothing about rights."""

from __future__ import annotations

import os

from actors.node.guardian.inside import procfs

__all__ = ["is_step_process"]

_STORE = b"PENSTOCK_STORE"
_TRIES = 3


def is_step_process(pid: int, guardian: int | None, tag: str) -> bool:
    """Whether `pid` is the guardian or below it, or it or one above it was started with the store's tag; a pid that is gone counts."""
    for _ in range(_TRIES):
        verdict = _look(pid, guardian, tag.encode())
        if verdict is not None:
            return verdict
    return True


def _look(pid: int, guardian: int | None, tag: bytes) -> bool | None:
    """One walk up to the daemon or to the first process; None if a process went away under it."""
    daemon = os.getpid()
    while pid > 0 and pid != daemon:
        if pid == guardian:
            return True
        found = procfs.stat(pid)
        if found is None:
            return None
        if procfs.variable(procfs.environment(pid), _STORE) == tag:
            return True
        pid = found.parent
    return False

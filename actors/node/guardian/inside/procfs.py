"""What /proc says about processes: children, descent, start time, environment. Reads only, except `send_signal`."""

# ruff: noqa: PTH110, PTH123, PTH208  # pathlib is too heavy an import for the guardian, and slow on thousands of files

from __future__ import annotations

import os
from collections import namedtuple

from actors.node.guardian.inside.signals import pidfd_send_signal

__all__ = ["HAS_CHILDREN", "Stat", "alive", "children", "descendants", "environment", "everything", "send_signal", "stat", "variable"]

Stat = namedtuple("Stat", "pid state parent session started threads")  # noqa: PYI024  # typing is too heavy an import for the guardian
HAS_CHILDREN = os.path.exists("/proc/thread-self/children")  # not on kernels without CONFIG_PROC_CHILDREN
_TRIES = 3


def stat(pid: int) -> Stat | None:
    """State letter, parent, session, start time (clock ticks since boot) and number of threads; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    fields = text[text.rindex(b")") + 2 :].split()  # the command's name may hold anything, a parenthesis too
    return Stat(pid, fields[0], int(fields[1]), int(fields[3]), int(fields[19]), int(fields[17]))


def alive(found: Stat | None) -> bool:
    """Whether it runs or may run again. One whose first thread has ended looks like a zombie but for its other threads."""
    return found is not None and (found.state not in b"ZXx" or found.threads > 1)


def children(pid: int) -> list[int]:
    """The pids of the children of all threads of a process, zombies included; empty when there is no such process."""
    if not HAS_CHILDREN:
        return [found.pid for found in everything() if found.parent == pid]
    found: list[int] = []
    for task in _tasks(pid):
        try:
            with open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                found += map(int, file.read().split())
        except OSError:
            continue  # that thread has ended, the others may not
    return found


def _tasks(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def everything() -> list[Stat]:
    """All processes that can be seen."""
    return [found for name in os.listdir("/proc") if name.isdigit() and (found := stat(int(name))) is not None]


def descendants(root: Stat) -> list[Stat]:
    """The process and all below it that live, parents first. Each was seen with the expected parent, so none is a stranger's reused pid."""
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        if alive(process):
            found.append(process)
        for child in children(process.pid):
            seen = stat(child)
            if seen is not None and seen.parent == process.pid:
                waiting.append(seen)
    return found


def environment(pid: int) -> bytes:
    """The environment block that a process was started with; empty when it cannot be read. An exec under way shows none for a moment."""
    for _ in range(_TRIES):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                block = file.read()
        except OSError:
            return b""
        if block:
            return block
        os.sched_yield()
    return b""


def variable(block: bytes, name: bytes) -> bytes | None:
    """The value of one variable of an environment block."""
    for entry in block.split(b"\0"):
        if entry.startswith(name) and entry[len(name) : len(name) + 1] == b"=":
            return entry[len(name) + 1 :]
    return None


def send_signal(process: Stat, number: int) -> bool:
    """Signal exactly the process that was seen, never one that got its pid later. False: gone, or not ours to signal."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        now = stat(process.pid)
        if now is None or now.started != process.started:
            return False
        pidfd_send_signal(handle, number)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True

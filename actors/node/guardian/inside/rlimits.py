"""Kernel limits of the processes that are started: soft ones from their first moment, hard ones right behind it.

They are for accidents. What a process starts in its first moment could raise its own again: who means harm is kept by the sandbox.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Limit", "confine", "lowered", "read"]

Limit = tuple[int, int]
"""The kernel's number of what is limited, and how much there may be of it."""
_NAMES = {
    "core": resource.RLIMIT_CORE, "cpu_s": resource.RLIMIT_CPU, "memory": resource.RLIMIT_AS, "processes": resource.RLIMIT_NPROC,
    "open_files": resource.RLIMIT_NOFILE, "file": resource.RLIMIT_FSIZE,
}  # fmt: skip


def read(words: tuple[str, ...]) -> list[Limit]:
    """From `name=value`, none above what we ourselves may have."""
    found = []
    for word in words:
        name, _, value = word.partition("=")
        hard = resource.getrlimit(_NAMES[name])[1]
        found.append((_NAMES[name], int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)))
    return found


@contextmanager
def lowered(limits: list[Limit]) -> Iterator[None]:
    """Our own soft limits while a process is started, which inherits them. Not that of the processor, of which we have used some."""
    before = [(what, resource.getrlimit(what)) for what, _ in limits if what != resource.RLIMIT_CPU]
    try:
        for what, most in limits:
            if what != resource.RLIMIT_CPU:
                resource.setrlimit(what, (most, resource.getrlimit(what)[1]))
        yield
    finally:
        for what, old in before:
            resource.setrlimit(what, old)


def confine(pid: int, limits: list[Limit]) -> None:
    """What was started may not raise them again. One that has ended already has nothing to confine."""
    for what, most in limits:
        try:
            resource.prlimit(pid, what, (most, most))
        except (ProcessLookupError, PermissionError):  # a program of another user's, such as sudo: it keeps what it inherited
            return

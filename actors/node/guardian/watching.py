"""Being with a process until nothing of it is left: its streams read as they come, its time, its standard input."""

from __future__ import annotations

import os
from collections.abc import Callable

import trio

from actors.node.guardian.ends import End
from actors.node.guardian.process import Process

__all__ = ["CHUNK", "PIPE_GRACE", "drain", "memory_file", "watch"]

CHUNK = 64 << 10
"""The most bytes that are taken at once."""
PIPE_GRACE = 2.0
"""Seconds for pipes that somebody outside of the dead tree still holds."""


def memory_file(data: bytes) -> int:
    """A descriptor that reads these bytes, so that nobody has to feed a pipe."""
    fd = os.memfd_create("penstock-stdin")
    while data:
        data = data[os.write(fd, data) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


async def watch(
    process: Process, out: Callable[[bytes], object], err: Callable[[bytes], object], *, timeout_s: float, grace_s: float
) -> tuple[End, bool]:
    """Its end, and whether that came in time. Afterwards, and before a cancellation goes on, no process of its tree is left."""
    in_time = False
    async with trio.open_nursery() as readers:
        readers.start_soon(drain, process.stdout, out)
        readers.start_soon(drain, process.stderr, err)
        try:
            with trio.move_on_after(timeout_s):
                await process.wait()
                in_time = True
        finally:
            end = await process.terminate_tree(grace_s)
        readers.cancel_scope.deadline = trio.current_time() + PIPE_GRACE
    return end, in_time


async def drain(fd: int, take: Callable[[bytes], object]) -> None:
    """Give all that comes to `take`, until the stream ends. It waits before each chunk: a flood must not keep the others waiting."""
    while True:
        await trio.lowlevel.wait_readable(fd)
        chunk = os.read(fd, CHUNK)
        if not chunk:
            return
        take(chunk)

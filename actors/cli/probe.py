"""A guardian of our own that runs a command and sees its end: whether that works here, and what a program says of itself."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Sequence

import trio
from attrs import frozen

from actors.node.guardian.guardian import Guardian
from actors.node.guardian.process import Ended

__all__ = ["Said", "ask", "probe"]

_PATIENCE = 10.0
_ATTEMPT = "doctor"
_MOST = 4096


@frozen
class Said:
    """What a program wrote to its standard output, at most 4 KiB; `trouble` is why that is worth nothing, None where it ended well."""

    text: str = ""
    trouble: str | None = None


def probe(*around: str) -> tuple[str | None, float]:
    """What is wrong (None: nothing), and how many milliseconds it took. `around` are words before `true`: the program that runs it."""
    began = time.perf_counter()
    trouble = ask([*around, "true"], "the guardian did not report").trouble
    return trouble, (time.perf_counter() - began) * 1000


def ask(argv: Sequence[str], late: str) -> Said:
    """Run the command with this environment and nothing to read. After ten seconds it is ended, with all that it has started: `late`."""
    return trio.run(_guarded, lambda guardian: _run(guardian, argv), late)


async def _guarded(work: Callable[[Guardian], Awaitable[Said]], late: str) -> Said:
    guardian = Guardian(f"doctor-{os.getpid()}")
    said = Said(trouble=f"{late} within {_PATIENCE:g} s")
    async with trio.open_nursery() as nursery:
        await nursery.start(guardian.serve)
        with trio.move_on_after(_PATIENCE):
            said = await work(guardian)
        nursery.cancel_scope.cancel()
    return said


async def _run(guardian: Guardian, argv: Sequence[str]) -> Said:
    folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    null = os.open(os.devnull, os.O_RDONLY)
    try:
        process = await guardian.spawn(argv, dict(os.environ), token=_ATTEMPT, folder=folder, stdin=null)
        try:
            text = await _read(process.stdout)
            end = await process.wait()
        finally:
            process.close()
    except OSError as error:
        return Said(trouble=f"no process could be started: {error.strerror or error}")
    finally:
        os.close(folder)
        os.close(null)
    return Said(text, None if isinstance(end, Ended) and end.exit_code == 0 else f"`{' '.join(argv)}` did not run: {end}")


async def _read(fd: int) -> str:
    """Its first bytes; the rest is read and left."""
    text = b""
    while True:
        await trio.lowlevel.wait_readable(fd)
        piece = os.read(fd, _MOST)
        if not piece:
            return text.decode("utf-8", "replace")
        text += piece[: _MOST - len(text)]

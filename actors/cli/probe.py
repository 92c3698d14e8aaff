"""A guardian of our own that runs `true`: whether this machine lets us start and reap processes, also in a sandbox."""

from __future__ import annotations

import os
import time

import trio

from actors.node.guardian.guardian import Guardian
from actors.node.guardian.process import Ended

__all__ = ["probe"]

_PATIENCE = 10.0
_ATTEMPT = "doctor"
TRUE = "true"


def probe(*around: str) -> tuple[str | None, float]:
    """What is wrong (None: nothing), and how many milliseconds it took. `around` are words before `true`: the program that runs it."""
    began = time.perf_counter()
    trouble = trio.run(_probe, around)
    return trouble, (time.perf_counter() - began) * 1000


async def _probe(around: tuple[str, ...]) -> str | None:
    guardian = Guardian(f"doctor-{os.getpid()}")
    trouble: str | None = f"the guardian did not report within {_PATIENCE:g} s"
    async with trio.open_nursery() as nursery:
        await nursery.start(guardian.serve)
        with trio.move_on_after(_PATIENCE):
            trouble = await _run_true(guardian, around)
        nursery.cancel_scope.cancel()
    return trouble


async def _run_true(guardian: Guardian, around: tuple[str, ...]) -> str | None:
    folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    null = os.open(os.devnull, os.O_RDONLY)
    try:
        process = await guardian.spawn([*around, TRUE], dict(os.environ), token=_ATTEMPT, folder=folder, stdin=null)
        try:
            end = await process.wait()
        finally:
            process.close()
    except OSError as error:
        return f"no process could be started: {error.strerror or error}"
    finally:
        os.close(folder)
        os.close(null)
    return None if isinstance(end, Ended) and end.exit_code == 0 else f"`{(*around, TRUE)[0]}` did not run: {end}"

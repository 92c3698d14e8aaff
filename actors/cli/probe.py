"""A guardian of our own that runs `true`: whether this machine lets us start and reap processes. Nothing of a daemon is touched."""

from __future__ import annotations

import os
import time

import trio

from actors.node.guardian.guardian import Guardian
from actors.node.guardian.process import Ended

__all__ = ["probe"]

_PATIENCE = 10.0
_ATTEMPT = "doctor"


def probe() -> tuple[str | None, float]:
    """What is wrong (None: nothing), and how many milliseconds it took."""
    began = time.perf_counter()
    trouble = trio.run(_probe)
    return trouble, (time.perf_counter() - began) * 1000


async def _probe() -> str | None:
    guardian = Guardian(f"doctor-{os.getpid()}")
    trouble: str | None = f"the guardian did not report within {_PATIENCE:g} s"
    async with trio.open_nursery() as nursery:
        await nursery.start(guardian.serve)
        with trio.move_on_after(_PATIENCE):
            trouble = await _run_true(guardian)
        nursery.cancel_scope.cancel()
    return trouble


async def _run_true(guardian: Guardian) -> str | None:
    folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    null = os.open(os.devnull, os.O_RDONLY)
    try:
        process = await guardian.spawn(["true"], dict(os.environ), token=_ATTEMPT, folder=folder, stdin=null)
        try:
            end = await process.wait()
        finally:
            process.close()
    except OSError as error:
        return f"no process could be started: {error.strerror or error}"
    finally:
        os.close(folder)
        os.close(null)
    return None if isinstance(end, Ended) and end.exit_code == 0 else f"`true` did not run: {end}"

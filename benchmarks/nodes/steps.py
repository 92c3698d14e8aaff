"""The work that all sides do: nothing, and one line for each execution when BENCH_STEP_LOG names a file. Standard library only."""

from __future__ import annotations

import os

_log: list[int] = []


def noop(run: object, i: int) -> dict[str, object]:
    """One step's work. Executions are counted from the log after a kill; run -1 is a warm-up."""
    path = os.environ.get("BENCH_STEP_LOG")
    if path:
        if not _log:
            _log.append(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        os.write(_log[0], f"{run} {i}\n".encode())
    return {"run": run, "i": i, "ok": True}


async def step(run: int, i: int) -> dict[str, object]:
    """The same as a python node of a workflow."""
    return noop(run, i)


def join() -> dict[str, object]:
    """What peers' fan-outs end with."""
    return {"ok": True}


async def joined() -> dict[str, object]:
    """The same as a python node."""
    return join()

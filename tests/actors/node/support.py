"""What the tests of attempts share: orders, looking at processes, waiting with a bound."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import trio

from actors.node.guardian.inside import procfs
from actors.node.guardian.process import Process
from actors.node.orders import CommandOrder, PythonOrder, WorkOrder
from storage.blobs import Blobs

_numbers = count(1)
COVERAGE = "COVERAGE_PROCESS_CONFIG"
# As the product starts it; under coverage with site-packages, so that what runs in there counts too.
INTERPRETER = (
    ("/usr/bin/env", f"{COVERAGE}={os.environ[COVERAGE]}", sys.executable, "-I") if COVERAGE in os.environ else (sys.executable, "-I", "-S")
)


class Contents:
    """The store of contents, in the loop."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def put_file(self, fd: int) -> tuple[str, int]:
        return self._blobs.put_file(fd), os.fstat(fd).st_size


def unique(prefix: str) -> str:
    return f"{prefix}-{os.getpid()}-{next(_numbers)}"


def sh(text: str, **more: Any) -> CommandOrder:
    return CommandOrder(("sh", "-c", text), **more)


def make_order(folder: Path, action: CommandOrder | PythonOrder, **more: Any) -> WorkOrder:
    number = next(_numbers)
    workdir, run_dir = folder / "work", folder / "run"
    workdir.mkdir(exist_ok=True)
    run_dir.mkdir(exist_ok=True)
    facts: dict[str, Any] = {"run_id": "run-1", "node_id": "build", "instance": 1, "attempt": number, "token": unique("attempt")}
    facts |= {"idempotency_key": "key-1", "action": action, "workdir": str(workdir), "run_dir": str(run_dir)}
    return WorkOrder(**(facts | more))


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """For what another process does: nothing tells us when it has."""
    with trio.fail_after(seconds):
        while not condition():  # noqa: ASYNC110  # as said above
            await trio.sleep(0.005)


async def read_line(process: Process) -> str:
    """The next thing that a process says, when it says it."""
    with trio.fail_after(5):
        await trio.lowlevel.wait_readable(process.stdout)
    return os.read(process.stdout, 4096).decode().strip()


def everything() -> Iterator[procfs.Stat]:
    return filter(procfs.alive, procfs.everything())


def tagged(tag: str) -> list[int]:
    """The living processes that carry the tag of a store."""
    wanted = f"PENSTOCK_STORE={tag}\0".encode()
    return [found.pid for found in everything() if wanted in procfs.environment(found.pid)]


def look(pid: int) -> procfs.Stat:
    found = procfs.stat(pid)
    assert found is not None
    return found


def below(pid: int) -> list[procfs.Stat]:
    """The living processes below one, without itself."""
    root = procfs.stat(pid)
    return procfs.descendants(root)[1:] if root else []


def living(processes: list[procfs.Stat]) -> list[int]:
    """Those that still live, and are no strangers with their pids."""
    now = [(procfs.stat(process.pid), process) for process in processes]
    return [process.pid for found, process in now if found and procfs.alive(found) and found.started == process.started]

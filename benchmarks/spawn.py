"""What the guardian costs: commands 4 at once, bare, under the guardian, as whole attempts; and how fast trees are ended.

    python benchmarks/spawn.py [--commands 1000] [--rounds 3]

Quote the difference within one round, never a bare time: starting a process depends on the machine more than on us.
"""

from __future__ import annotations

# ruff: noqa: ASYNC221, ASYNC222  # starting a process without anything around it is what is measured
import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import trio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from actors.node.executor import perform
from actors.node.guardian.guardian import Guardian
from actors.node.messages import Success
from actors.node.orders import CommandOrder, PythonOrder, WorkOrder
from actors.node.tools import Tools

AT_ONCE = 4
ENV = {"PATH": os.environ["PATH"]}


class Nowhere:
    """No step here has an artifact."""

    async def put_file(self, fd: int) -> tuple[str, int]:
        raise NotImplementedError


async def timed(commands: int, work: Callable[[int], Awaitable[object]]) -> float:
    """Milliseconds for each of `commands`, AT_ONCE in flight."""
    left = iter(range(commands))

    async def worker() -> None:
        for number in left:
            await work(number)

    began = time.perf_counter()
    async with trio.open_nursery() as nursery:
        for _ in range(AT_ONCE):
            nursery.start_soon(worker)
    return (time.perf_counter() - began) / commands * 1000


async def bare(commands: int) -> float:
    """posix_spawn and a pidfd, in the loop: the least that a trio program can do."""
    true = "/bin/true"

    async def one(_number: int) -> None:
        pid = os.posix_spawn(true, [true], ENV)
        pidfd = os.pidfd_open(pid)
        await trio.lowlevel.wait_readable(pidfd)
        os.waitpid(pid, 0)
        os.close(pidfd)

    return await timed(commands, one)


async def with_trio(commands: int) -> float:
    """trio.run_process, for comparison."""

    async def one(_number: int) -> None:
        await trio.run_process(["true"], env=ENV)

    return await timed(commands, one)


async def guarded(guardian: Guardian, commands: int) -> float:
    """Guardian.spawn, to the end of the tree."""
    folder, null = os.open("/", os.O_PATH), os.open("/dev/null", os.O_RDONLY)

    async def one(number: int) -> None:
        process = await guardian.spawn(["true"], ENV, token=f"t{number}", folder=folder, stdin=null)
        await process.wait()
        process.close()

    return await timed(commands, one)


def order(folder: Path, number: int, action: CommandOrder | PythonOrder) -> WorkOrder:
    return WorkOrder("run-1", "node", 1, number, f"token-{number}", "key", action, str(folder), str(folder))


async def attempts(tools: Tools, folder: Path, commands: int) -> float:
    """Whole attempts: environment, logs, output, verdict."""

    async def one(number: int) -> None:
        verdict = await perform(order(folder, number, CommandOrder(("true",))), tools)
        assert isinstance(verdict, Success), verdict

    return await timed(commands, one)


async def kills(guardian: Guardian, trees: int) -> float:
    """Trees of three processes (one of them a daemon that ignores TERM) ended for each second, AT_ONCE in flight."""
    folder, null = os.open("/", os.O_PATH), os.open("/dev/null", os.O_RDONLY)
    spent = 0.0

    async def one(number: int) -> None:
        nonlocal spent
        script = "(trap '' TERM; setsid sleep 1000 &); sleep 1000 & echo up; wait"
        process = await guardian.spawn(["sh", "-c", script], ENV, token=f"k{number}", folder=folder, stdin=null)
        await trio.lowlevel.wait_readable(process.stdout)
        began = time.perf_counter()
        await process.terminate_tree(0)
        spent += time.perf_counter() - began
        process.close()

    await timed(trees, one)
    return trees / (spent / AT_ONCE)


async def calls(tools: Tools, folder: Path) -> float:
    """Microseconds of an attempt of an async function that does nothing."""
    (folder / "steps.py").write_text("async def nothing():\n    return None\n")
    task = order(folder, 1, PythonOrder("steps:nothing", str(folder)))
    await perform(task, tools)
    began = time.perf_counter()
    for _ in range(20_000):
        await perform(task, tools)
    return (time.perf_counter() - began) / 20_000 * 1e6


async def measure(commands: int, rounds: int) -> None:
    guardian = Guardian("benchmark")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tools = Tools(guardian, Nowhere())
        async with trio.open_nursery() as nursery:
            await nursery.start(guardian.serve)
            began = time.perf_counter()
            await guarded(guardian, 1)
            print(f"first command, with the start of the guardian: {(time.perf_counter() - began) * 1000:.1f} ms")
            rows = []
            for _ in range(rounds):
                rows.append([await bare(commands), await with_trio(commands), await guarded(guardian, commands)])
                rows[-1].append(await attempts(tools, folder, commands))
            print(f"ms a command, {AT_ONCE} in flight, medians of {rounds} rounds of {commands}:")
            for title, column in zip(
                ("bare spawn", "trio.run_process", "guardian spawn", "whole attempt"), zip(*rows, strict=True), strict=True
            ):
                above = statistics.median(value - row[0] for value, row in zip(column, rows, strict=True))
                print(f"  {title:18} {statistics.median(column):6.3f}   above a bare spawn {above:6.3f}")
            print(f"trees of 3 ended a second: {await kills(guardian, max(4, commands // 10)):.0f}")
            print(f"async no-op function, whole attempt: {await calls(tools, folder):.1f} us")
            nursery.cancel_scope.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--commands", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    trio.run(measure, arguments.commands, arguments.rounds)


if __name__ == "__main__":
    main()

"""Penstock's side of each workload. Every function prints one line."""

# ruff: noqa: ASYNC110  # a benchmark may look now and then whether it is over

from __future__ import annotations

import gc
import os
import threading
import time
from pathlib import Path
from typing import Any

import flows
import trio
from drivers import done, ready
from engine import Engine, opened
from gauge import Arguments, disk_bytes, report, rss_mb

__all__ = ["WORK"]

PARALLEL = 16


def _disk(a: Arguments) -> dict[str, int]:
    """What the log itself takes (database, WAL, anchor, contents), and everything with the reports on disk."""
    whole = disk_bytes(a.db)
    runs = Path(a.db, "runs")
    return {"db_bytes": whole - (disk_bytes(str(runs)) if runs.is_dir() else 0), "folder_bytes": whole}


def _latencies(engine: Engine) -> list[float]:
    return [engine.ended[run] - engine.began.get(run, engine.ended[run]) for run in engine.ended]


async def _timed(engine: Engine, a: Arguments, workflow: str) -> tuple[float, dict[str, Any]]:
    """Start the runs, wait for their ends: seconds, and what it took."""
    before, cpu = engine.commits, time.process_time()
    began = time.perf_counter()
    await engine.start_all(workflow, range(a.runs), a.concurrency)
    await engine.until(engine.ended, a.runs)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    facts = {"commits": engine.commits - before, "cpu_us_per_step": round(cpu / a.runs / a.steps * 1e6, 1)}
    return wall, facts | {"mode": engine.assembly.store.info()["mode"], **_disk(a)}


async def chain(a: Arguments) -> None:
    """W1 and W2."""
    async with opened(a.db, a.concurrency, a.variant) as engine:
        wall, facts = await _timed(engine, a, await engine.store(flows.chain(a.steps)))
        report(a, wall, _latencies(engine), **facts)


async def fanout(a: Arguments) -> None:
    """W3."""
    async with opened(a.db, 1, a.variant) as engine:
        wall, facts = await _timed(engine, a, await engine.store(flows.fan(a.steps, PARALLEL)))
        report(a, wall, _latencies(engine), **facts)


async def _park(engine: Engine, workflow: str, numbers: range) -> None:
    await engine.start_all(workflow, numbers, min(100, len(numbers)))
    await engine.until(engine.parked, len(numbers))
    await engine.at_rest()


async def gates(a: Arguments) -> None:
    """W4: the clock runs from the first approval to the last run's end.

    As many runs as are open at once go before, so that the memory that is measured is that of runs at rest.
    """
    async with opened(a.db, a.concurrency, a.variant) as engine:
        workflow = await engine.store(flows.gated())
        await _park(engine, workflow, range(-a.concurrency, 0))
        for run_id in tuple(engine.parked):
            await engine.approve(run_id)
        await engine.until(engine.ended, a.concurrency)
        await engine.at_rest()
        engine.ended.clear()
        engine.parked.clear()
        gc.collect()
        before = rss_mb()
        began = time.perf_counter()
        await _park(engine, workflow, range(a.runs))
        parking = time.perf_counter() - began
        gc.collect()
        kilobytes = (rss_mb() - before) * 1024 / a.runs
        asked: dict[str, float] = {}
        commits = engine.commits

        async def one(run_id: str) -> None:
            asked[run_id] = time.perf_counter()
            await engine.approve(run_id)

        began = time.perf_counter()
        async with trio.open_nursery() as nursery:
            for run_id in engine.parked:
                nursery.start_soon(one, run_id)
        await engine.until(engine.ended, a.runs)
        wall = time.perf_counter() - began
        latencies = [engine.ended[run_id] - asked[run_id] for run_id in asked]
        report(
            a,
            wall,
            latencies,
            kb_per_parked_run=round(kilobytes, 2),
            park_s=round(parking, 3),
            commits=engine.commits - commits,
            **_disk(a),
        )


async def child_start(a: Arguments) -> None:
    """W5, until it is killed."""
    async with opened(a.db, a.concurrency, a.variant, listen=True) as engine:
        await engine.start_all(await engine.store(flows.chain(a.steps)), range(a.runs), a.concurrency)
        await engine.until(engine.ended, a.runs)


async def child_resume(a: Arguments) -> None:
    """W5 after the kill: ready when the tree is up and the socket listens; starts whose reply was lost are asked again."""
    async with opened(a.db, a.concurrency, a.variant, listen=True) as engine:
        ready()
        await engine.start_all(await engine.store(flows.chain(a.steps)), range(a.runs), a.concurrency)
        catalog = engine.assembly.store.catalog
        while catalog.count("run", ("completed",)) < a.runs:
            await trio.sleep(0.02)
        done()


async def commands(a: Arguments) -> None:
    """W7: the cost of a command node above a bare spawn and wait, as many at once."""
    bare = await trio.to_thread.run_sync(_bare, a.steps, a.concurrency)
    async with opened(a.db, 1, a.variant) as engine:
        wall, facts = await _timed(engine, a, await engine.store(flows.commands(a.steps, a.concurrency)))
        each = wall / a.steps * 1e3
        report(a, wall, **facts, bare_ms=round(bare, 3), ms_per_command=round(each, 3), above_bare_ms=round(each - bare, 3))


def _bare(count: int, at_once: int) -> float:
    """Milliseconds for each of `count` spawns of `true` by `at_once` threads."""

    def spawn(share: int) -> None:
        for _ in range(share):
            os.waitpid(os.posix_spawnp("true", ["true"], os.environ), 0)

    threads = [threading.Thread(target=spawn, args=(count // at_once,)) for _ in range(at_once)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter() - began) / count * 1e3


WORK: dict[str, Any] = {
    "throughput": chain, "latency": chain, "fanout": fanout, "gates": gates, "child-start": child_start, "child-resume": child_resume,
    "commands": commands,
}  # fmt: skip

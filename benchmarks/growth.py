"""Whether a step costs the same however much history and however many open runs the database holds. Prints a Markdown table.

History is filled through the store itself, in large transactions; open runs wait at a gate, or in the queue for a slot.
"""

# the repository lies one folder up

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import flows
import gauge
import trio
from engine import Engine, opened

from storage import Append, NewEvent, Transaction

EVENTS = (10, 1_000, 10_000, 100_000, 1_000_000)
OPEN = (100, 1_000, 10_000)
STREAM_LENGTH = 20
AT_ONCE = 500
DATA = b'{"node_id":"n0","output":{"run":1,"i":1,"ok":true},"attempt":1,"instance":1}'
RUNS, STEPS, CONCURRENCY = 100, 10, 50
FEW_STEPS = 4


async def fill(engine: Engine, wanted: int) -> None:
    """History of other streams, `wanted` events in all."""
    events = tuple(NewEvent("node_completed", DATA) for _ in range(STREAM_LENGTH))
    store, done = engine.assembly.store, 0
    while done < wanted:
        some = min(AT_ONCE, -(-(wanted - done) // STREAM_LENGTH))
        names = [f"history-{done}-{i}" for i in range(some)]
        await store.commit(Transaction(1, tuple(Append(name, 0, events) for name in names)))
        done += some * STREAM_LENGTH


async def cost(engine: Engine, rounds: int) -> tuple[float, float]:
    """Microseconds for a step: wall and CPU, medians of the rounds."""
    walls, cpus = [], []
    workflow = await engine.store(flows.chain(STEPS))
    for number in range(rounds + 1):
        engine.ended.clear()
        wall, cpu = time.perf_counter(), time.process_time()
        await engine.start_all(workflow, range(number * RUNS, (number + 1) * RUNS), CONCURRENCY)
        await engine.until(engine.ended, RUNS)
        walls.append((time.perf_counter() - wall) / RUNS / STEPS * 1e6)
        cpus.append((time.process_time() - cpu) / RUNS / STEPS * 1e6)
    return statistics.median(walls[1:]), statistics.median(cpus[1:])  # the first one warms up


async def history(folder: str, events: int, rounds: int) -> tuple[float, float]:
    async with opened(folder, CONCURRENCY, "auto") as engine:
        await fill(engine, events)
        return await cost(engine, rounds)


async def gated(folder: str, count: int, rounds: int) -> tuple[float, float]:
    async with opened(folder, CONCURRENCY, "auto") as engine:
        await engine.start_all(await engine.store(flows.gated()), range(count), CONCURRENCY)
        await engine.until(engine.parked, count)
        await engine.at_rest()
        return await cost(engine, rounds)


async def queued(folder: str, count: int, rounds: int) -> tuple[float, float]:
    """All of them are started at once and worked off: what a run costs while the others stand in the queue."""
    async with opened(folder, CONCURRENCY, "auto") as engine:
        await cost(engine, 1)
        workflow = await engine.store(flows.chain(FEW_STEPS))
        engine.ended.clear()
        wall, cpu = time.perf_counter(), time.process_time()
        await engine.start_all(workflow, range(-count, 0), count)  # numbers of their own
        await engine.until(engine.ended, count)
        steps = count * FEW_STEPS
        return (time.perf_counter() - wall) / steps * 1e6, (time.process_time() - cpu) / steps * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="also with 1,000,000 events (half a minute more)")
    parser.add_argument("--most-open", type=int, default=OPEN[-1], help="leave out larger numbers of open runs")
    parser.add_argument("--rounds", type=int, default=3)
    a = parser.parse_args()
    gauge.short_slice()
    print("| in the database | wall us/step | CPU us/step | CPU of the first |\n|---|---|---|---|")
    for name, work, sizes in (
        ("events of history", history, [n for n in EVENTS if n <= (1_000_000 if a.million else 100_000)]),
        ("runs at a gate", gated, [n for n in OPEN if n <= a.most_open]),
        ("queued runs", queued, [n for n in OPEN if n <= a.most_open]),
    ):
        first = 0.0
        for size in sizes:
            folder = tempfile.mkdtemp(prefix="bench_growth_")
            wall, cpu = trio.run(work, str(Path(folder, "data")), size, a.rounds)
            shutil.rmtree(folder)
            first = first or cpu
            print(f"| {size:,} {name} | {wall:,.0f} | {cpu:,.0f} | {cpu / first:.2f} x |", flush=True)


if __name__ == "__main__":
    main()

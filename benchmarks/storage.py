"""What the memory costs: appends in a batch, one lone commit, bytes on disk, reading, verifying, opening. One JSON line each."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import trio

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storage.records import Append, Headline, NewEvent, Transaction
from storage.store import Store

NOW = 1_700_000_000_000
DONE = b'{"node":"n123","attempt":1,"output":{"run":"run-1","i":3,"ok":true},"took_ms":12}'
NEXT = b'{"node":"n124","attempt":1}'


class Clock:
    def now_ms(self) -> int:
        return NOW


def pair() -> tuple[NewEvent, ...]:
    """The two events of an ordinary step: one node ends, the next one starts."""
    return NewEvent("node_completed", DONE), NewEvent("node_started", NEXT)


def line(stream: str, status: str) -> Headline:
    return Headline(stream, "run", status, NOW, NOW, group="workflow-1")


async def appends(store: Store, streams: int, steps: int) -> dict[str, float]:
    """`streams` tasks, each one append after the other: how many a second, and what one costs the processor."""

    async def run(name: str) -> None:
        await store.commit(Transaction(NOW, (Append(name, 0, (NewEvent("run_created", NEXT),), headline=line(name, "running")),)))
        for step in range(steps):
            await store.commit(Transaction(NOW, (Append(name, 1 + 2 * step, pair()),)))
        head = 1 + 2 * steps
        await store.commit(Transaction(NOW, (Append(name, head, (NewEvent("run_completed", NEXT),), headline=line(name, "completed")),)))

    before = store.info()["commits"]
    began, cpu = time.perf_counter(), os.times()
    async with trio.open_nursery() as nursery:
        for n in range(streams):
            nursery.start_soon(run, f"run-{began}-{n}")
    wall, spent = time.perf_counter() - began, os.times()
    count = streams * (steps + 2)
    return {
        "appends_per_s": count / wall,
        "user_us_per_append": (spent.user - cpu.user) / count * 1e6,
        "kernel_us_per_append": (spent.system - cpu.system) / count * 1e6,
        "events_per_commit": streams * (2 * steps + 2) / (store.info()["commits"] - before),
    }


async def lone(store: Store, count: int) -> dict[str, float]:
    """One task, one commit after the other."""
    times = []
    before = store.info()["commits"]
    for n in range(count):
        began = time.perf_counter()
        await store.commit(Transaction(NOW, (Append("lone", 2 * n, pair()),)))
        times.append(time.perf_counter() - began)
    times.sort()
    return {
        "lone_commit_us": statistics.median(times) * 1e6,
        "lone_commit_p99_us": times[int(0.99 * count)] * 1e6,
        "commits_per_transaction": (store.info()["commits"] - before) / count,
    }


async def sizes(store: Store, runs: int, steps: int) -> dict[str, float]:
    """Everything on disk, the write-ahead log included, after `runs` runs of `steps` steps, 100 at once."""
    for _ in range(runs // 100):
        await appends(store, 100, steps)
    total = sum(path.stat().st_size for path in store.folder.rglob("*") if path.is_file())
    events = runs * (2 * steps + 2)
    return {"bytes_per_event": total / events, "bytes_per_step": total / (runs * steps), "events": events}


async def reading(store: Store, events: int) -> dict[str, float]:
    """Read back one long stream, every sum checked; then verify everything."""
    for at in range(0, events, 1_000):
        await store.commit(Transaction(NOW, (Append("long", at, pair() * 500),)))
    began = time.perf_counter()
    count = len(store.journal.read("long"))
    read = time.perf_counter() - began
    began = time.perf_counter()
    report = await store.verify()
    assert report.ok
    return {"read_events_per_s": count / read, "verify_events_per_s": report.events / (time.perf_counter() - began)}


def opening(folder: Path) -> dict[str, float]:
    """A first start and a later one, in this process: modules are loaded already."""
    times = []
    for _ in range(2):
        began = time.perf_counter()
        Store.open(folder, clock=Clock()).close()
        times.append((time.perf_counter() - began) * 1e3)
    return {"first_open_ms": times[0], "open_ms": times[1]}


def served(story: Callable[[Store], Awaitable[dict[str, float]]], *, inline: bool | None) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(prefix="bench_storage_", dir=os.environ.get("BENCH_TMP")))

    async def main() -> dict[str, float]:
        with Store.open(folder, clock=Clock(), inline=inline) as store:
            async with trio.open_nursery() as nursery:
                await nursery.start(store.serve)
                result = await story(store)
                nursery.cancel_scope.cancel()
        return result

    try:
        return trio.run(main)
    finally:
        shutil.rmtree(folder)


def report(rounds: list[dict[str, float]], **more: object) -> None:
    for measure in rounds[0]:
        found = [round(one[measure], 2) for one in rounds]
        print(json.dumps({"measure": measure, measure: round(statistics.median(found), 2), "rounds": found, **more}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mode", choices=("auto", "inline", "thread"), default="auto")
    arguments = parser.parse_args()
    inline = {"auto": None, "inline": True, "thread": False}[arguments.mode]
    stories: list[Callable[[Store], Awaitable[dict[str, float]]]] = [
        lambda store: appends(store, 100, 300),
        lambda store: lone(store, 1_000),
        lambda store: sizes(store, 1_000, 10),
        lambda store: reading(store, 50_000),
    ]
    for story in stories:
        report([served(story, inline=inline) for _ in range(arguments.rounds)], mode=arguments.mode)
    folders = [Path(tempfile.mkdtemp(prefix="bench_storage_")) for _ in range(arguments.rounds)]
    report([opening(folder / "memory") for folder in folders])
    for folder in folders:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

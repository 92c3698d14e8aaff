"""What the kernel costs: ask round trip, start and dismiss of a child, supervised restart, memory of an idle actor. One JSON line each."""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
from pathlib import Path

import trio

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from supervision import Actor, ActorDead, ChildSpec, Dynamic, Request, Supervisor, System
from supervision.clock import SystemClock

ROUNDS = 5


class Ping(Request[object]):
    __slots__ = ("die",)

    def __init__(self, *, die: bool = False) -> None:
        self.die = die


class Echo(Actor[Ping]):
    async def receive(self, message: Ping) -> object:
        if message.die:
            raise RuntimeError
        return message


def report(measure: str, rounds: list[float]) -> None:
    print(json.dumps({"measure": measure, measure: round(statistics.median(rounds), 2), "rounds": [round(r, 2) for r in rounds]}))


def rss_kb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4.0


async def pingpong(system: System, n: int) -> float:
    ref, message = system.ref("echo"), Ping()
    began = time.perf_counter()
    for _ in range(n):
        await ref.ask(message, timeout=5)
    return (time.perf_counter() - began) / n * 1e6


async def create(system: System, n: int, batch: int = 50) -> float:
    """Start and dismiss, in batches as busy runs do it, until the last of each batch has ended."""
    pool = system.dynamic("pool")
    began = time.perf_counter()
    for _ in range(n // batch):
        for i in range(batch):
            pool.start_soon(ChildSpec(str(i), Echo, restart="temporary"))
        await trio.lowlevel.checkpoint()
        for i in range(batch):
            pool.dismiss(str(i))
        while pool.children():
            await trio.lowlevel.checkpoint()
    return (time.perf_counter() - began) / n * 1e6


async def restart(system: System, n: int) -> float:
    """Crash a permanent child and have an answer from its successor, less the two asks themselves."""
    ref, die, message = system.ref("echo"), Ping(die=True), Ping()
    began = time.perf_counter()
    for _ in range(n):
        try:
            await ref.ask(die, timeout=5)
        except ActorDead:
            await ref.ask(message, timeout=5)
    return (time.perf_counter() - began) / n * 1e6


async def memory(system: System, n: int) -> float:
    pool = system.dynamic("pool")
    gc.collect()
    before = rss_kb()
    for i in range(n):
        await pool.start(ChildSpec(f"m{i}", Echo, restart="temporary"))
    used = (rss_kb() - before) / n
    for child in pool.children():
        pool.dismiss(child)
    return used


async def main(n: int) -> None:
    children = [ChildSpec("echo", Echo), ChildSpec("pool", Dynamic)]
    system = System(Supervisor(children=children, intensity=10**6, period=0.001), clock=SystemClock())
    async with trio.open_nursery() as nursery:
        await nursery.start(system.run)
        kb = await memory(system, 2000)
        report("pingpong_us", [await pingpong(system, n) for _ in range(ROUNDS)])
        report("create_us", [await create(system, n) for _ in range(ROUNDS)])
        report("restart_us", [await restart(system, n) for _ in range(ROUNDS)])
        report("kb_per_actor", [kb])
        system.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000, help="operations per round")
    trio.run(main, parser.parse_args().runs)

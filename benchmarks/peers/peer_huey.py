"""huey's SqliteHuey: a queue, as a baseline. A step is a task that enqueues the next one, so the next is durable before it starts.

It has no gates, and what was taken from the queue before a kill is lost: at most once.
"""

# ruff: noqa: E402, PLW0603  # one script; the clock starts before the imports, and the measuring modules lie one folder up

from __future__ import annotations

import time

BEGAN = time.perf_counter()

import json
import os
import threading

from huey import SqliteHuey

IMPORTED = time.perf_counter() - BEGAN

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import drivers
import gauge
from nodes.steps import noop

WORKERS = 4
gauge.short_slice()
a = gauge.parse("huey", ("fsync", "nofsync"))
queue = SqliteHuey("bench", filename=a.db, fsync=a.variant == "fsync", results=True)
room = threading.Semaphore(a.concurrency)
guard = threading.Lock()
over = threading.Event()
began: dict[int, float] = {}
latencies: list[float] = []
left = a.steps if a.workload == "fanout" else a.runs


def finished(run: int) -> None:
    global left
    with guard:
        left -= 1
        if run in began:
            latencies.append(time.perf_counter() - began[run])
        if left <= 0:
            over.set()
    room.release()


@queue.task()
def step(run: int, i: int, steps: int) -> dict[str, object]:
    result = noop(run, i)
    if i + 1 < steps:
        step(run, i + 1, steps)
    else:
        finished(run)
    return result


def consumer() -> object:
    made = queue.create_consumer(workers=WORKERS, worker_type="thread", periodic=False, initial_delay=0.005, max_delay=0.05, backoff=1.1)
    made.start()
    return made


def chains() -> float:
    start = time.perf_counter()
    consumer()
    for run in range(a.runs):
        room.acquire()
        began[run] = time.perf_counter()
        step(run, 0, a.steps)
    over.wait()
    return time.perf_counter() - start


def fan() -> float:
    start = time.perf_counter()
    consumer()
    for i in range(a.steps):
        step(0, i, 0)
    over.wait()
    return time.perf_counter() - start


def drain() -> None:
    """After a kill: work off what is still in the queue."""
    consumer()
    drivers.ready()
    idle = 0
    while idle < 20:
        time.sleep(0.01)
        idle = idle + 1 if queue.pending_count() == 0 else 0
    drivers.done()


if a.workload in ("recovery", "cold"):
    getattr(drivers, a.workload)(a)
elif a.workload == "gates":
    print(json.dumps({"peer": "huey", "workload": "gates", "skip": "it waits for no signals"}))
elif a.workload == "child-resume":
    drain()
elif a.workload == "fanout":
    gauge.report(a, fan(), workers=WORKERS)
else:
    wall = chains()
    if a.workload.startswith("child"):
        drivers.done(import_ms=round(IMPORTED * 1e3, 1))
    gauge.report(a, wall, latencies, workers=WORKERS)
sys.stdout.flush()
os._exit(0)

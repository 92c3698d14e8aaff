"""What the scheduler's queue costs: one slot given while thousands wait, in several shapes of waiting; and what a ticket weighs."""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from actors.scheduler.messages import Ticket
from actors.scheduler.rules import Admission

QUEUED = 10_000
GIVEN = 500
SHAPES: dict[str, Callable[[int], Ticket]] = {
    "one workflow": lambda i: Ticket(f"run-{i:08}", i, workflow="w"),
    "1,000 workflows": lambda i: Ticket(f"run-{i:08}", i, workflow=f"w{i % 1000}", weight=1 + i % 3),
    "10,000 workspaces": lambda i: Ticket(f"run-{i:08}", i, workflow="w", workspace=f"/srv/{i}"),
    "one workspace": lambda i: Ticket(f"run-{i:08}", i, workflow="w", workspace="/srv"),
    "one workspace, 1,000 workflows": lambda i: Ticket(f"run-{i:08}", i, workflow=f"w{i % 1000}", workspace="/srv"),
    "10,000 priorities": lambda i: Ticket(f"run-{i:08}", i, priority=i, workflow="w"),
}


def measure(shape: Callable[[int], Ticket]) -> tuple[float, float, float, int]:
    """Microseconds: to queue one, to give one slot (median, worst) when one comes free; bytes for each that waits, its ticket included."""
    tracemalloc.start()
    rules = Admission(1)
    for i in range(QUEUED):
        rules.enqueue(shape(i))
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    tickets, rules, began = [shape(i) for i in range(QUEUED)], Admission(1), time.perf_counter()
    for ticket in tickets:
        rules.enqueue(ticket)
    queued = time.perf_counter() - began
    [running], times = rules.admit(0), []
    for _ in range(GIVEN):
        rules.leave(running)
        began = time.perf_counter()
        [running] = rules.admit(0)
        times.append(time.perf_counter() - began)
    times.sort()
    return queued / QUEUED * 1e6, times[GIVEN // 2] * 1e6, times[-1] * 1e6, size // QUEUED


if __name__ == "__main__":
    print(f"{QUEUED} queued{'':24}us to queue   us for a slot (worst)   bytes each")
    for name, shape in SHAPES.items():
        queued, median, worst, size = measure(shape)
        print(f"{name:34}{queued:12.1f}{median:12.1f} ({worst:8.1f}){size:14}")

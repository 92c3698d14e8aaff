"""What runs cost that only wait: memory of the daemon, time to serve after a kill -9, one signal among them. Prints a Markdown table.

A real daemon on a fresh data folder, spoken to over its socket. Half of the runs wait for a signal, half for a time far away.
"""

# the repository lies one folder up

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder, which has modules of the same names

import flows
import gauge

from actors.control.client import Client, Stream

SIZES = (10, 1_000, 10_000)
CLIENTS = 16
MB = 2**20
BEFORE = 100
SIGNALS = 20
SETTLE_S = 2.5
PATIENCE_S = 120.0
ENOUGH = 1_000  # below this the price of one run drowns in what a daemon's memory does by itself
COLUMNS = {
    "waiting": "waiting runs", "fresh_mb": "MB just started", "idle_mb": "MB idle", "full_mb": "MB with them", "each_b": "B each",
    "again_mb": "MB restarted with them", "again_each_b": "B each", "empty_s": "ready s without", "ready_s": "ready s with them",
    "first_ms": "first signal ms", "signal_ms": "signal ms", "worst_ms": "worst ms", "others": "others' CPU",
}  # fmt: skip


class House:
    """One data folder, and one daemon after the other over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "data" / "run" / "control.sock"
        self.daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start a daemon; seconds until it answers, by which time everything below the socket has recovered."""
        began = time.perf_counter()
        argv = [sys.executable, "-c", "from actors.daemon import main; raise SystemExit(main())"]
        argv += ["--data", str(self.folder / "data"), "--config", str(self.folder / "none.toml")]
        self.daemon = subprocess.Popen(argv, cwd=Path(__file__).parent.parent, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with Client(self.socket, patience=PATIENCE_S) as client:
            client.call("system.ping")
        return time.perf_counter() - began

    def kill(self) -> None:
        """kill -9."""
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        with Client(self.socket) as client:
            return client.call(method, params)

    def start_runs(self, workflow: str, names: Iterable[str]) -> list[str]:
        """Start a run for each name, by clients of which each waits for its reply."""
        todo, found = iter(names), []
        turn = threading.Lock()

        def work() -> None:
            with Client(self.socket) as client:
                while True:
                    with turn:
                        name = next(todo, None)
                    if name is None:
                        return
                    asked = {"workflow_id": workflow, "request_id": f"{workflow}-{name}"}
                    found.append(str(client.call("run.start", asked)["run_id"]))

        threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    def settle(self, waiting: int) -> float:
        """Wait until so many runs wait and none is open as an actor; PSS of the daemon a moment later, bytes."""
        self.until_waiting(waiting)
        while self.actors():
            time.sleep(0.05)
        time.sleep(SETTLE_S)
        assert self.daemon is not None
        return gauge.pss_bytes(self.daemon.pid)

    def until_waiting(self, count: int) -> None:
        """Wait until so many runs wait."""
        while self.call("system.info")["runs"].get("waiting", 0) != count:
            time.sleep(0.05)

    def actors(self) -> int:
        """How many runs the tree shows."""
        return sum(row["path"].startswith("runs/") for row in self.call("system.tree")["rows"])

    def signal(self, run_id: str) -> float:
        """Seconds from a signal to the news, on another connection, that its run is completed."""
        with Client(self.socket) as client, Client(self.socket) as other:
            news = Stream(other, "run.follow", {"run_id": run_id})
            began = time.perf_counter()
            client.call("signal.send", {"run_id": run_id, "name": "go", "request_id": f"go-{run_id}"})
            last = [event["event"] for event in news][-3:]
            took = time.perf_counter() - began
        assert "run_completed" in last, last
        return took


@contextmanager
def opened() -> Iterator[House]:
    """A house with a daemon, and both workflows in its library."""
    folder = tempfile.mkdtemp(prefix="bench_w_", dir=os.environ.get("BENCH_TMP", "/tmp"))  # noqa: S108  # a disk, unless told
    house = House(Path(folder))
    try:
        house.start()
        for text in (flows.signalled(), flows.timed()):
            house.call("workflow.put", text=text, notation="json", folder=flows.FOLDER, request_id=f"put-{len(text)}")
        yield house
    finally:
        house.kill()
        shutil.rmtree(folder, ignore_errors=True)


def measure(count: int) -> dict[str, float]:
    """One round with so many waiting runs. MB are PSS. Times in the units that the names say."""
    others = gauge.Others()
    with opened() as house:
        house.kill()
        empty_s = house.start()
        fresh = house.settle(0)
        # What the first runs of a daemon leave in memory is not the price of those that wait.
        for run_id in house.start_runs("signalled", map(str, range(BEFORE))):
            house.signal(run_id)
        idle = house.settle(0)
        asked = house.start_runs("signalled", (f"w{n}" for n in range(count - count // 2)))
        house.start_runs("timed", (f"w{n}" for n in range(count // 2)))
        full = house.settle(count)
        house.kill()
        ready_s = house.start()
        again = house.settle(count)
        first, *took = [_one(house, asked, number, count) for number in range(SIGNALS + 1)]
    each, again_each = ((after - before) / count if count >= ENOUGH else math.nan for after, before in ((full, idle), (again, fresh)))
    return {
        "waiting": count, "fresh_mb": fresh / MB, "idle_mb": idle / MB, "full_mb": full / MB, "each_b": each, "again_mb": again / MB,
        "again_each_b": again_each, "empty_s": empty_s, "ready_s": ready_s, "first_ms": first * 1e3,
        "signal_ms": statistics.median(took) * 1e3, "worst_ms": max(took) * 1e3, "others": others.share(),
    }  # fmt: skip


def _one(house: House, asked: list[str], number: int, count: int) -> float:
    """Signal one of those that wait, and put another in its place."""
    took = house.signal(asked.pop(number * len(asked) // (SIGNALS + 1)))
    asked += house.start_runs("signalled", [f"again-{number}"])
    house.until_waiting(count)
    return took


def row(values: dict[str, float]) -> str:
    """One line of the table."""
    digits = {"waiting": 0, "each_b": 0, "again_each_b": 0, "empty_s": 2, "ready_s": 2, "others": 2}
    cells = ("-" if math.isnan(value) else format(value, f",.{digits.get(name, 1)}f") for name, value in values.items())
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, action="append", help=f"how many runs wait; again for more sizes (default: {SIZES})")
    parser.add_argument("--rounds", type=int, default=3, help="all sizes one after the other, so often; the table has the best of each")
    parser.add_argument("--out", help="file for one JSON line per size and round")
    a = parser.parse_args()
    gauge.short_slice()
    sizes = tuple(a.waiting or SIZES)
    found: dict[int, list[dict[str, float]]] = {size: [] for size in sizes}
    for _ in range(a.rounds):
        for size in sizes:
            found[size].append(measure(size))
            print(row(found[size][-1]), file=sys.stderr, flush=True)
            if a.out:
                with Path(a.out).open("a") as file:
                    file.write(json.dumps(found[size][-1]) + "\n")
    print(f"| {' | '.join(COLUMNS.values())} |\n{'|---' * len(COLUMNS)}|")
    for lines in found.values():
        print(row({name: min(line[name] for line in lines) for name in COLUMNS}))


if __name__ == "__main__":
    main()

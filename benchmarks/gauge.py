"""What every side shares: the command line, memory, disk, and the one JSON line of a run. Standard library only, for any venv."""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import resource
import shutil
import struct
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = [
    "DEFAULTS", "WORKLOADS", "Arguments", "Others", "disk_bytes", "numbers", "parse", "peak_rss_mb", "pss_bytes", "report", "rss_mb",
    "short_slice",
]  # fmt: skip

WORKLOADS = ("throughput", "latency", "fanout", "gates", "recovery", "cold", "commands")
DEFAULTS = {  # workload: (runs, steps, concurrency)
    "throughput": (1000, 10, 100),
    "latency": (1, 100, 1),
    "fanout": (1, 1000, 1000),
    "gates": (1000, 1, 1000),
    "recovery": (1000, 10, 100),
    "cold": (1, 1, 1),
    "commands": (1, 1000, 4),
    # Phases of the drivers, each a process of its own.
    "child-start": (1000, 10, 100),
    "child-resume": (1000, 10, 100),
    "child-hello": (1, 1, 1),
}
SCHED_SETATTR = 314
Arguments = argparse.Namespace


def parse(peer: str, variants: Sequence[str], parser: argparse.ArgumentParser | None = None) -> Arguments:
    """The arguments of one run; `tmp` is the folder to remove afterwards, if the database is a fresh one."""
    p = parser or argparse.ArgumentParser()
    p.add_argument("--workload", default="throughput", choices=[*DEFAULTS, "all"])
    p.add_argument("--runs", type=int)
    p.add_argument("--steps", type=int)
    p.add_argument("--concurrency", type=int)
    p.add_argument("--db", help="database file (Penstock: data folder); default: a fresh one that is removed")
    p.add_argument("--variant", default=variants[0], choices=variants)
    p.add_argument("--kill-at", type=float, default=0.5, help="recovery: share of the steps done at kill -9")
    a = p.parse_args()
    runs, steps, concurrency = DEFAULTS.get(a.workload, (0, 0, 0))
    a.runs, a.steps, a.concurrency = a.runs or runs, a.steps or steps, a.concurrency or concurrency
    a.beside, a.peer, a.tmp = getattr(a, "peer", []), peer, None
    if not a.db and not a.workload.startswith("all"):
        a.tmp = tempfile.mkdtemp(prefix=f"bench_{peer}_", dir=os.environ.get("BENCH_TMP", "/tmp"))  # noqa: S108  # a disk, unless told
        a.db = str(Path(a.tmp, "bench.db"))
    return a


class Others:
    """What others make of the machine from now on; this process and its children that have ended are not others."""

    def __init__(self) -> None:
        self._busy, self._own, self._began = _busy_s(), _own_s(), time.perf_counter()

    def share(self) -> float:
        """Share of all processors that others have used, 0 to 1."""
        others = _busy_s() - self._busy - (_own_s() - self._own)
        return max(0.0, others / ((time.perf_counter() - self._began) * (os.cpu_count() or 1)))


def _busy_s() -> float:
    """Seconds that all processors have worked since the start of the machine."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def short_slice(nanoseconds: int | None = None) -> None:
    """Ask for a short scheduling slice (Linux 6.12 and later), which children inherit.

    The share of CPU stays the same, but on a loaded machine a wake-up after an fsync does not wait for the next tick of 4 ms, which
    would be measured as if it were the program's. BENCH_SLICE_NS=0 leaves the default.
    """
    wanted = int(os.environ.get("BENCH_SLICE_NS", "100000")) if nanoseconds is None else nanoseconds
    if wanted and platform.machine() == "x86_64":
        nice = os.getpriority(os.PRIO_PROCESS, 0)
        attributes = struct.pack("IIQiIQQQ", 48, 0, 0, nice, 0, wanted, 0, 0)
        ctypes.CDLL(None).syscall(SCHED_SETATTR, 0, attributes, 0)


def _family(pid: int) -> Iterable[int]:
    todo = [pid]
    while todo:
        one = todo.pop()
        yield one
        for path in Path(f"/proc/{one}/task").glob("*/children"):
            with suppress(OSError):
                todo += map(int, path.read_text().split())


def _status_mb(pid: int, key: str) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) / 1024
    return 0.0


def rss_mb(pid: int | None = None) -> float:
    """Resident memory of a process and all its descendants."""
    return sum(_status_mb(one, "VmRSS:") for one in _family(pid or os.getpid()))


def pss_bytes(pid: int) -> int:
    """Resident memory of a process and all its descendants; of what is shared with other processes, their part only."""
    found = 0
    for one in _family(pid):
        with suppress(OSError):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                found += int(line.split()[1]) * 1024 if line.startswith("Pss:") else 0
    return found


def peak_rss_mb(pid: int | None = None) -> float:
    """Sum of the peaks of a process and its living descendants."""
    return sum(_status_mb(one, "VmHWM:") for one in _family(pid or os.getpid()))


def disk_bytes(path: str) -> int:
    """A database file with its WAL and side files, or everything below a folder."""
    place = Path(path)
    found = place.rglob("*") if place.is_dir() else place.parent.glob(place.name + "*")
    return sum(one.stat().st_size for one in found if one.is_file())


def _at(values: Sequence[float], share: float) -> float | None:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3, 3) if ordered else None


def numbers(a: Arguments, wall: float, latencies: Sequence[float] = (), steps: int | None = None) -> dict[str, Any]:
    """The fields that every run reports."""
    done = a.runs * a.steps if steps is None else steps
    return {
        "peer": a.peer, "variant": a.variant, "workload": a.workload, "runs": a.runs, "steps": a.steps, "concurrency": a.concurrency,
        "wall_s": round(wall, 4), "steps_per_s": round(done / wall, 2), "runs_per_s": round(a.runs / wall, 2),
        "run_p50_ms": _at(latencies, 0.5), "run_p99_ms": _at(latencies, 0.99), "peak_rss_mb": round(peak_rss_mb(), 1),
        "cpu_s": round(time.process_time(), 3), "db_bytes": disk_bytes(a.db), "python": platform.python_version(),
    }  # fmt: skip


def report(a: Arguments, wall: float, latencies: Sequence[float] = (), steps: int | None = None, **more: Any) -> None:
    """Print the run's line and remove its temporary folder."""
    print(json.dumps({**numbers(a, wall, latencies, steps), **more}), flush=True)
    if a.tmp:
        shutil.rmtree(a.tmp, ignore_errors=True)

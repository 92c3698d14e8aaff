"""Workloads that are driven from outside: kill -9 and restart, and a cold start. Standard library only."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gauge import Arguments, peak_rss_mb, report, rss_mb

__all__ = ["cold", "done", "ready", "recovery"]

LONGEST_S = 300


def ready() -> None:
    """Said by a child that has recovered what there is and takes new work."""
    print("READY", flush=True)


def done(**facts: Any) -> None:
    """Said by a child whose runs have all ended; it stays, so that its memory can be looked at."""
    print("DONE" + json.dumps(facts), flush=True)
    time.sleep(600)


def _child(a: Arguments, phase: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, sys.argv[0], "--workload", phase, "--db", a.db, "--variant", a.variant]
    command += ["--runs", str(a.runs), "--steps", str(a.steps), "--concurrency", str(a.concurrency)]
    return subprocess.Popen(command, env={**os.environ, **environment}, start_new_session=True, stdout=subprocess.PIPE, text=True)


def _kill(child: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _wait(child: subprocess.Popen[str], began: float) -> tuple[float, float, dict[str, Any]]:
    """Seconds until READY, until DONE, and what DONE said; not a number for what never came."""
    at_ready = math.nan
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith("READY"):
            at_ready = time.perf_counter() - began
        elif line.startswith("DONE"):
            return at_ready, time.perf_counter() - began, json.loads(line[4:])
    return at_ready, math.nan, {}


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def recovery(a: Arguments) -> None:
    """Start, kill -9 the whole session when `kill_at` of the steps have been executed, restart, wait until all runs have ended."""
    folder = tempfile.mkdtemp(prefix="bench_steps_")
    log = Path(folder, "steps")
    environment = {"BENCH_STEP_LOG": str(log)}
    total = a.runs * a.steps
    began = time.perf_counter()
    child = _child(a, "child-start", environment)
    while _lines(log) < total * a.kill_at and child.poll() is None and time.perf_counter() - began < LONGEST_S:
        time.sleep(0.005)
    _kill(child)
    before_s, before = time.perf_counter() - began, _lines(log)
    began = time.perf_counter()
    child = _child(a, "child-resume", environment)
    at_ready, wall, facts = _wait(child, began)
    peak = peak_rss_mb(child.pid)
    _kill(child)
    executed = [line for line in log.read_text().splitlines() if not line.startswith("-1 ")]
    different = len(set(executed))
    shutil.rmtree(folder, ignore_errors=True)
    report(
        a, wall, steps=total - before, before_kill_s=round(before_s, 3), steps_before_kill=before, ready_s=round(at_ready, 3),
        executed=len(executed), repeated=len(executed) - different, lost=total - different, peak_rss_mb=round(peak, 1), **facts,
    )  # fmt: skip


def cold(a: Arguments) -> None:
    """From the spawn of a process to its first run completed; its memory one second later; a bare Python beside it."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    floor = time.perf_counter() - began
    began = time.perf_counter()
    child = _child(a, "child-hello", {})
    _, wall, facts = _wait(child, began)
    time.sleep(1.0)
    idle = rss_mb(child.pid)
    _kill(child)
    report(a, wall, cold_ms=round(wall * 1e3, 1), python_floor_ms=round(floor * 1e3, 1), idle_rss_mb=round(idle, 1), **facts)

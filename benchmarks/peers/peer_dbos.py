"""DBOS Transact on SQLite. `wal` switches the file to WAL before the launch; `journal` leaves the rollback journal that it ships with."""

# ruff: noqa: E402, ASYNC110  # the clock starts before the imports, and the measuring modules lie one folder up

from __future__ import annotations

import time

BEGAN = time.perf_counter()

import asyncio
import logging
import os
import sqlite3

from dbos import DBOS, SetWorkflowID

IMPORTED = time.perf_counter() - BEGAN

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import drivers
import gauge
from nodes.steps import join, noop

POLL_S = 1.0  # its default: how often a waiting workflow looks for its message on SQLite
ended: dict[int, float] = {}
parked: set[int] = set()


@DBOS.step()
async def step(run: int, i: int) -> dict[str, object]:
    return noop(run, i)


@DBOS.step()
async def joined() -> dict[str, object]:
    return join()


@DBOS.workflow()
async def chain(run: int, steps: int) -> int:
    for i in range(steps):
        await step(run, i)
    return run


@DBOS.workflow()
async def fan(steps: int) -> int:
    done = await asyncio.gather(*(step(0, i) for i in range(steps)))
    await joined()
    return len(done)


@DBOS.workflow()
async def gated(run: int) -> None:
    parked.add(run)
    await DBOS.recv_async("go", timeout_seconds=600)
    await step(run, 0)
    ended[run] = time.perf_counter()


def launch(a: gauge.Arguments) -> None:
    logging.disable(logging.ERROR)
    if a.variant == "wal":
        sqlite3.connect(a.db).execute("PRAGMA journal_mode=WAL")
    settings = {"name": "bench", "system_database_url": "sqlite:///" + a.db, "log_level": "ERROR", "run_admin_server": False}
    settings |= {"application_version": "1", "executor_id": "local", "notification_listener_polling_interval_sec": POLL_S}
    DBOS(config=settings)
    DBOS.launch()


async def chains(a: gauge.Arguments) -> tuple[float, list[float]]:
    room, latencies = asyncio.Semaphore(a.concurrency), []

    async def one(run: int) -> None:
        async with room:
            began = time.perf_counter()
            with SetWorkflowID(f"run-{run}"):
                await chain(run, a.steps)
            latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(one(run) for run in range(a.runs)))
    return time.perf_counter() - began, latencies


async def gates(a: gauge.Arguments) -> tuple[float, list[float], float]:
    before = gauge.rss_mb()
    handles = []
    for run in range(a.runs):
        with SetWorkflowID(f"gate-{run}"):
            handles.append(await DBOS.start_workflow_async(gated, run))
    while len(parked) < a.runs:
        await asyncio.sleep(0.01)
    await asyncio.sleep(2 * POLL_S)
    kilobytes = (gauge.rss_mb() - before) * 1024 / a.runs
    sent: dict[int, float] = {}

    async def send(run: int) -> None:
        sent[run] = time.perf_counter()
        await DBOS.send_async(f"gate-{run}", "yes", "go")

    began = time.perf_counter()
    await asyncio.gather(*(send(run) for run in range(a.runs)))
    while len(ended) < a.runs:
        await asyncio.sleep(0.005)
    return max(ended.values()) - began, [ended[run] - sent[run] for run in sent], kilobytes


def resume(a: gauge.Arguments) -> None:
    """The launch has taken up what was pending; what was never submitted, or has ended, is submitted again by id."""
    drivers.ready()
    while DBOS.list_workflows(status="PENDING", load_input=False, load_output=False):
        time.sleep(0.1)
    asyncio.run(chains(a))
    drivers.done()


def main() -> None:
    gauge.short_slice()
    a = gauge.parse("dbos", ("wal", "journal"))
    if a.workload in ("recovery", "cold"):
        getattr(drivers, a.workload)(a)
        return
    launch(a)
    if a.workload == "fanout":
        began = time.perf_counter()
        asyncio.run(fan(a.steps))
        gauge.report(a, time.perf_counter() - began)
    elif a.workload == "gates":
        wall, latencies, kilobytes = asyncio.run(gates(a))
        gauge.report(a, wall, latencies, kb_per_parked_run=round(kilobytes, 2))
    elif a.workload == "child-resume":
        resume(a)
    else:
        wall, latencies = asyncio.run(chains(a))
        if a.workload.startswith("child"):
            drivers.done(import_ms=round(IMPORTED * 1e3, 1))
        gauge.report(a, wall, latencies)


main()
sys.stdout.flush()
os._exit(0)

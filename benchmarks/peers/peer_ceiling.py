"""The ceiling: the least that a durable engine on trio and SQLite can do. One table, group commit, a task for each run; no product."""

# ruff: noqa: E402, ASYNC110  # the clock starts before the imports, and the measuring modules lie one folder up

from __future__ import annotations

import time

BEGAN = time.perf_counter()

import json
import sqlite3

import trio

IMPORTED = time.perf_counter() - BEGAN

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import drivers
import gauge
from nodes.steps import join, noop

CREATE = "CREATE TABLE IF NOT EXISTS event(seq INTEGER PRIMARY KEY, run INT, node INT, kind TEXT, data TEXT)"
INSERT = "INSERT INTO event(run, node, kind, data) VALUES(?, ?, ?, ?)"


class Log:
    """Everything appended while a commit was being prepared goes into the next one; synchronous=FULL."""

    def __init__(self, path: str, *, threaded: bool) -> None:
        self.threaded = threaded
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", CREATE):
            self.db.execute(statement)
        self.rows: list[tuple[int, int, str, str]] = []
        self.wanted, self.durable = trio.Event(), trio.Event()
        self.commits = 0

    def _commit(self, rows: list[tuple[int, int, str, str]]) -> None:
        self.db.execute("BEGIN")
        self.db.executemany(INSERT, rows)
        self.db.execute("COMMIT")
        self.commits += 1

    async def serve(self) -> None:
        while True:
            await self.wanted.wait()
            await trio.lowlevel.checkpoint()
            rows, self.rows = self.rows, []
            durable, self.durable, self.wanted = self.durable, trio.Event(), trio.Event()
            if self.threaded:
                await trio.to_thread.run_sync(self._commit, rows)
            else:
                self._commit(rows)
            durable.set()

    async def append(self, run: int, node: int, kind: str, data: object) -> None:
        self.rows.append((run, node, kind, json.dumps(data)))
        self.wanted.set()
        await self.durable.wait()


class Engine:
    def __init__(self, a: gauge.Arguments) -> None:
        self.a = a
        self.log = Log(a.db, threaded=a.variant == "thread")
        self.latencies: list[float] = []

    async def chain(self, run: int, room: trio.CapacityLimiter, first: int) -> None:
        """From its step `first` (-1: not even begun)."""
        async with room:
            began = time.perf_counter()
            if first < 0:
                await self.log.append(run, -1, "started", {})
            for i in range(max(first, 0), self.a.steps):
                await self.log.append(run, i, "done", noop(run, i))
            await self.log.append(run, -1, "completed", {})
            self.latencies.append(time.perf_counter() - began)

    async def chains(self, todo: dict[int, int]) -> float:
        room = trio.CapacityLimiter(self.a.concurrency)
        began = time.perf_counter()
        async with trio.open_nursery() as outer:
            outer.start_soon(self.log.serve)
            async with trio.open_nursery() as nursery:
                for run, first in todo.items():
                    nursery.start_soon(self.chain, run, room, first)
            outer.cancel_scope.cancel()
        return time.perf_counter() - began

    async def fan(self) -> float:
        async def one(i: int) -> None:
            await self.log.append(0, i, "done", noop(0, i))

        began = time.perf_counter()
        async with trio.open_nursery() as outer:
            outer.start_soon(self.log.serve)
            await self.log.append(0, -1, "started", {})
            async with trio.open_nursery() as nursery:
                for i in range(self.a.steps):
                    nursery.start_soon(one, i)
            await self.log.append(0, -1, "completed", join())
            outer.cancel_scope.cancel()
        return time.perf_counter() - began

    async def gates(self) -> tuple[float, float]:
        opened: dict[int, trio.Event] = {}

        async def gated(run: int) -> None:
            await self.log.append(run, 0, "waiting", {})
            opened[run] = trio.Event()
            await opened[run].wait()
            await self.log.append(run, 0, "done", noop(run, 0))
            await self.log.append(run, -1, "completed", {})
            self.latencies.append(time.perf_counter() - began)

        async def answer(run: int) -> None:
            await self.log.append(run, 0, "signal", {"answer": "yes"})
            opened[run].set()

        before = gauge.rss_mb()
        async with trio.open_nursery() as outer:
            outer.start_soon(self.log.serve)
            async with trio.open_nursery() as nursery:
                for run in range(self.a.runs):
                    nursery.start_soon(gated, run)
                while len(opened) < self.a.runs:
                    await trio.sleep(0.001)
                kilobytes = (gauge.rss_mb() - before) * 1024 / self.a.runs
                began = time.perf_counter()
                for run in range(self.a.runs):
                    nursery.start_soon(answer, run)
            wall = time.perf_counter() - began
            outer.cancel_scope.cancel()
        return wall, kilobytes

    def unfinished(self) -> dict[int, int]:
        """Every run that is not over, with its next step."""
        todo = dict.fromkeys(range(self.a.runs), -1)
        for run, node, kind in self.log.db.execute("SELECT run, node, kind FROM event ORDER BY seq"):
            if kind == "completed":
                del todo[run]
            else:
                todo[run] = node + 1
        return todo


def main() -> None:
    gauge.short_slice()
    a = gauge.parse("ceiling", ("inline", "thread"))
    if a.workload in ("recovery", "cold"):
        getattr(drivers, a.workload)(a)
        return
    engine = Engine(a)
    if a.workload == "fanout":
        gauge.report(a, trio.run(engine.fan), commits=engine.log.commits)
    elif a.workload == "gates":
        wall, kilobytes = trio.run(engine.gates)
        gauge.report(a, wall, engine.latencies, kb_per_parked_run=round(kilobytes, 2), commits=engine.log.commits)
    elif a.workload == "child-resume":
        todo = engine.unfinished()
        drivers.ready()
        trio.run(engine.chains, todo)
        drivers.done()
    else:
        wall = trio.run(engine.chains, dict.fromkeys(range(a.runs), -1))
        if a.workload.startswith("child"):
            drivers.done(import_ms=round(IMPORTED * 1e3, 1))
        gauge.report(a, wall, engine.latencies, commits=engine.log.commits)


main()

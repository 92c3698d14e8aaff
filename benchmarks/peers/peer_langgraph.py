"""LangGraph with its SQLite checkpointer: a checkpoint is durable before the next node starts (durability="sync", WAL, synchronous=FULL).

A run is a thread id. There is no register of runs, so that after a kill this script walks the thread ids that it knows. A thread whose
writes were saved but whose next checkpoint was not has no `next` and is not finished all the same: `tasks` says whether it is.
"""

# ruff: noqa: E402  # the clock starts before the imports, and the measuring modules lie one folder up

from __future__ import annotations

import time

BEGAN = time.perf_counter()

import asyncio
import operator
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send, interrupt

IMPORTED = time.perf_counter() - BEGAN

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import drivers
import gauge
from nodes.steps import join, noop

AT_ONCE = 100
"""Threads that are parked at a time."""


class Chained(TypedDict, total=False):
    run: int
    last: dict[str, Any]


class Fanned(TypedDict, total=False):
    i: int
    got: Annotated[list[Any], operator.add]
    joined: dict[str, Any]


def chain(steps: int, saver: Any) -> Any:
    graph = StateGraph(Chained)
    for i in range(steps):
        graph.add_node(f"n{i}", lambda state, i=i: {"last": noop(state["run"], i)})
        graph.add_edge(START if i == 0 else f"n{i - 1}", f"n{i}")
    graph.add_edge(f"n{steps - 1}", END)
    return graph.compile(checkpointer=saver)


def fan(steps: int, saver: Any) -> Any:
    graph = StateGraph(Fanned)
    graph.add_node("step", lambda state: {"got": [noop(0, state["i"])]})
    graph.add_node("join", lambda state: {"joined": {**join(), "count": len(state["got"])}})
    graph.add_conditional_edges(START, lambda _: [Send("step", {"i": i}) for i in range(steps)], ["step"])
    graph.add_edge("step", "join")
    graph.add_edge("join", END)
    return graph.compile(checkpointer=saver)


def gated(saver: Any) -> Any:
    def ask(state: Chained) -> Chained:
        interrupt("go on?")
        return {"last": noop(state["run"], 0)}

    graph = StateGraph(Chained)
    graph.add_node("ask", ask)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", END)
    return graph.compile(checkpointer=saver)


def thread(run: int) -> dict[str, Any]:
    return {"configurable": {"thread_id": str(run)}, "recursion_limit": 100_000}


def begin(state: Any, run: int) -> tuple[bool, Any]:
    """Whether there is something to do for the thread, and with what input."""
    if state is None or not state.created_at:
        return True, {"run": run}
    return bool(state.tasks), None


def in_threads(a: gauge.Arguments, saver: Any, *, resume: bool) -> tuple[float, list[float]]:
    graph, latencies = chain(a.steps, saver), []

    def one(run: int) -> None:
        began = time.perf_counter()
        todo, given = begin(graph.get_state(thread(run)) if resume else None, run)
        if todo:
            graph.invoke(given, thread(run), durability="sync")
        latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    with ThreadPoolExecutor(a.concurrency) as pool:
        list(pool.map(one, range(a.runs)))
    return time.perf_counter() - began, latencies


async def in_tasks(a: gauge.Arguments, saver: Any, *, resume: bool) -> tuple[float, list[float]]:
    graph, latencies, room = chain(a.steps, saver), [], asyncio.Semaphore(a.concurrency)

    async def one(run: int) -> None:
        async with room:
            began = time.perf_counter()
            todo, given = begin(await graph.aget_state(thread(run)) if resume else None, run)
            if todo:
                await graph.ainvoke(given, thread(run), durability="sync")
            latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(one(run) for run in range(a.runs)))
    return time.perf_counter() - began, latencies


def sync_gates(a: gauge.Arguments, saver: Any) -> None:
    graph, latencies = gated(saver), []
    before = gauge.rss_mb()
    for run in range(a.runs):
        graph.invoke({"run": run}, thread(run), durability="sync")
    kilobytes = (gauge.rss_mb() - before) * 1024 / a.runs
    all_began = time.perf_counter()
    for run in range(a.runs):
        began = time.perf_counter()
        graph.invoke(Command(resume="yes"), thread(run), durability="sync")
        latencies.append(time.perf_counter() - began)
    gauge.report(a, time.perf_counter() - all_began, latencies, kb_per_parked_run=round(kilobytes, 2))


async def async_gates(a: gauge.Arguments, saver: Any) -> None:
    graph, latencies, room = gated(saver), [], asyncio.Semaphore(AT_ONCE)
    before = gauge.rss_mb()

    async def park(run: int) -> None:
        async with room:
            await graph.ainvoke({"run": run}, thread(run), durability="sync")

    async def go(run: int) -> None:
        began = time.perf_counter()
        await graph.ainvoke(Command(resume="yes"), thread(run), durability="sync")
        latencies.append(time.perf_counter() - began)

    await asyncio.gather(*(park(run) for run in range(a.runs)))
    kilobytes = (gauge.rss_mb() - before) * 1024 / a.runs
    began = time.perf_counter()
    await asyncio.gather(*(go(run) for run in range(a.runs)))
    gauge.report(a, time.perf_counter() - began, latencies, kb_per_parked_run=round(kilobytes, 2))


def finish(a: gauge.Arguments, wall: float, latencies: list[float]) -> None:
    if a.workload.startswith("child"):
        drivers.done(import_ms=round(IMPORTED * 1e3, 1))
    gauge.report(a, wall, latencies)


def sync_main(a: gauge.Arguments) -> None:
    saver = SqliteSaver(sqlite3.connect(a.db, check_same_thread=False))
    resume = a.workload == "child-resume"
    if resume:
        drivers.ready()
    if a.workload == "fanout":
        graph = fan(a.steps, saver)
        began = time.perf_counter()
        assert graph.invoke({"got": []}, thread(0), durability="sync")["joined"]["count"] == a.steps
        finish(a, time.perf_counter() - began, [])
    elif a.workload == "gates":
        sync_gates(a, saver)
    else:
        finish(a, *in_threads(a, saver, resume=resume))


async def async_main(a: gauge.Arguments) -> None:
    async with AsyncSqliteSaver.from_conn_string(a.db) as saver:
        resume = a.workload == "child-resume"
        if resume:
            drivers.ready()
        if a.workload == "fanout":
            graph = fan(a.steps, saver)
            began = time.perf_counter()
            assert (await graph.ainvoke({"got": []}, thread(0), durability="sync"))["joined"]["count"] == a.steps
            finish(a, time.perf_counter() - began, [])
        elif a.workload == "gates":
            await async_gates(a, saver)
        else:
            finish(a, *await in_tasks(a, saver, resume=resume))


if __name__ == "__main__":
    gauge.short_slice()
    arguments = gauge.parse("langgraph", ("sync", "async"))
    if arguments.workload in ("recovery", "cold"):
        getattr(drivers, arguments.workload)(arguments)
    elif arguments.variant == "async":
        asyncio.run(async_main(arguments))
    else:
        sync_main(arguments)
    os._exit(0)

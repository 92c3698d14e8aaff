"""What public histories cost: W1 with and without, in turn; how far they lag; queries among a million events. Prints Markdown tables.

CPU is what to look at where the machine is loaded: that of the process until all of the log is told, over the steps.
"""

# ruff: noqa: ASYNC110  # a benchmark may look now and then whether it is over

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import engine
import flows
import gauge
import trio
from attrs import evolve

from actors.config.sections import Projection
from actors.config.settings import Config
from actors.control.params_histories import HistoryEvents
from actors.projection.reading import history_of, query_events
from storage import Append, Headline, NewEvent, Store, Transaction
from storage.telling import NewRow, Telling, tell_all
from supervision.clock import SystemClock

NEVER_MS = 10**9
BODY = b'{"e":"node_completed","s":"running","i":7,"m":{"node_id":"n0"},"p":"n0"}'
SNAPSHOT = b'{"s":"running","h":[[null,"queued",1,null,"seen"]],"e":"node_completed","i":7,"c":{"node_attempts":{"n0":1}},"d":"0"}'


async def w1(runs: int, steps: int, concurrency: int, *, told: bool) -> dict[str, float]:
    """One W1. `lag_s`: how long after the last run's end all of it was told."""
    settings: Any = engine.settings
    poll_ms = Config().projection.poll_every_ms if told else NEVER_MS
    engine.settings = lambda *given: evolve(settings(*given), projection=Projection(poll_every_ms=poll_ms))  # type: ignore[assignment]  # in place of theirs
    folder = tempfile.mkdtemp(prefix="bench_histories_")
    try:
        async with engine.opened(folder, concurrency, "auto") as made:
            workflow = await made.store(flows.chain(steps))
            wall, cpu = time.perf_counter(), time.process_time()
            await made.start_all(workflow, range(runs), concurrency)
            await made.until(made.ended, runs)
            ended = time.perf_counter()
            store = made.assembly.store
            while told and store.histories.behind(0, "run", 1):
                await trio.sleep(0.02)
            found = {
                "rate": runs * steps / (ended - wall), "cpu": (time.process_time() - cpu) / runs / steps * 1e6,
                "lag": time.perf_counter() - ended, "bytes": _bytes(folder) / runs / steps,
            }  # fmt: skip
            if told:
                asked = time.process_time()
                for line in store.catalog.list("run", limit=runs):
                    await made.runtime.projection_events(HistoryEvents(line.stream), engine.ME)
                found["asked"] = (time.process_time() - asked) / runs / steps * 1e6
                found["written"] = _bytes(folder) / runs / steps
            return found
    finally:
        engine.settings = settings
        shutil.rmtree(folder, ignore_errors=True)


def _bytes(folder: str) -> int:
    """All but the reports of runs."""
    return gauge.disk_bytes(folder) - gauge.disk_bytes(f"{folder}/runs")


def cost(rounds: int, runs: int, steps: int, concurrency: int) -> None:
    found: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    for _ in range(rounds):
        for told in (False, True):
            found[told].append(trio.run(partial(w1, runs, steps, concurrency, told=told)))
    print("\n| W1 | steps/s | CPU us/step | bytes/step | lag s |\n|---|---|---|---|---|")
    for told, name in ((False, "without"), (True, "with histories")):
        middle = {key: statistics.median(one[key] for one in found[told]) for key in ("rate", "cpu", "bytes", "lag")}
        lag = f"{middle['lag']:.2f}" if told else "-"
        print(f"| {name} | {middle['rate']:,.0f} | {middle['cpu']:.0f} | {middle['bytes']:,.0f} | {lag} |")
    asked, written = (statistics.median(one[key] for one in found[True]) for key in ("asked", "written"))
    print(f"\nwhen each history is asked for once: {asked:.0f} us of CPU/step more, and {written:,.0f} bytes/step then")
    ratios = [with_["cpu"] / without["cpu"] for without, with_ in zip(found[False], found[True], strict=True)]
    rates = [with_["rate"] / without["rate"] for without, with_ in zip(found[False], found[True], strict=True)]
    said = [", ".join(f"{one:.2f}" for one in values) for values in (ratios, rates)]
    print(f"\nwith over without, by round: CPU {said[0]}; steps/s {said[1]}")


async def queries(events: int, length: int) -> tuple[float, float, float]:
    """Milliseconds of a page of 250 in one run among so many events: median, worst, and megabytes on disk."""
    folder = Path(tempfile.mkdtemp(prefix="bench_histories_"))
    try:
        with Store.open(folder / "d", clock=SystemClock(), inline=True) as store:
            async with trio.open_nursery() as nursery:
                await nursery.start(store.serve)
                await _fill(store, events, length)
                times = []
                for number in range(200):
                    run_id = f"run-{number * 7919 % (events // length)}"
                    began = time.perf_counter()
                    page = query_events(store, history_of(store, run_id), after_seq=number % 100, limit=250)
                    times.append((time.perf_counter() - began) * 1e3)
                    assert page
                nursery.cancel_scope.cancel()
            return statistics.median(times), max(times), gauge.disk_bytes(str(folder)) / 1e6
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _fill(store: Store, events: int, length: int) -> None:
    for number in range(events // length):
        run_id = f"run-{number}"
        await store.commit(
            Transaction(1, (Append(run_id, 0, (NewEvent("run_created", b"{}"),), headline=Headline(run_id, "run", "completed", 1, 1)),))
        )
        rows = [NewRow(f"automation-v2-lifecycle-{run_id}-node_completed-{n:024x}-0", n, BODY, SNAPSHOT) for n in range(length)]
        about = b'{"workflow_id":"w","trigger_type":"manual"}'
        await store.work(partial(tell_all, tellings=[Telling((run_id, "local", "local", ""), about, rows, length, length)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--concurrency", type=int, default=100)
    parser.add_argument("--events", type=int, default=1_000_000, help="how many events there are for the queries")
    parser.add_argument("--length", type=int, default=1_000, help="how many of them a run has")
    parser.add_argument("--only", choices=("cost", "queries"))
    a = parser.parse_args()
    gauge.short_slice()
    if a.only != "queries":
        cost(a.rounds, a.runs, a.steps, a.concurrency)
    if a.only != "cost":
        median, worst, size = trio.run(queries, a.events, a.length)
        print("\n| events | a page of 250: median ms | worst of 200 | MB |\n|---|---|---|---|")
        print(f"| {a.events:,} | {median:.2f} | {worst:.2f} | {size:,.0f} |")


if __name__ == "__main__":
    main()

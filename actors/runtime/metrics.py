"""The numbers of the daemon: flat for programs, or as Prometheus reads them."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from actors.runtime.base import Answer
from actors.runtime.queue import QueueMethods

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.refusals import Principal
    from actors.telemetry.families import Moment
    from actors.wait.claims import WaitFigures

__all__ = ["STATUSES", "MetricsMethods"]

STATUSES = ("queued", "running", "pausing", "paused", "waiting", "awaiting_approval", "completed", "blocked", "failed", "cancelled")
OPEN = STATUSES[:6]
NAP_S = 0.01
PAGE = os.sysconf("SC_PAGE_SIZE")


class MetricsMethods(QueueMethods):
    """Everything is looked up when somebody asks; counting what happens is the meter's work."""

    async def system_metrics(self, params: p.SystemMetrics, by: Principal) -> Answer:
        if params.format == "prometheus":
            return {"text": await self._text()}
        queue = await self.queue_metrics()
        store = self.services.store
        metrics: dict[str, Any] = {f"runs_{status}": count for status, count in self._runs().items()}
        metrics |= {f"store_{name}": value for name, value in store.info().items() if isinstance(value, int | float | bool)}
        metrics["dead_letters"] = self.system.dead_letters
        metrics["actors"] = len(self.system.tree())
        metrics["gates_open"] = self._gates_open()
        metrics |= {f"waits_{name}": value for name, value in self.services.waits.figures.numbers().items()}
        metrics |= queue | {name: round(self.services.meter.total(name), 9) for name in self.services.meter.counts}
        return {"metrics": metrics}

    def _runs(self) -> dict[str, int]:
        return {status: self.services.store.catalog.count("run", (status,)) for status in STATUSES}

    def _gates_open(self) -> int:
        return int(self.services.store.catalog.total("run", "gates", statuses=OPEN))

    async def _text(self) -> str:
        """All numbers as Prometheus reads them."""
        from actors.telemetry.exposition import render  # noqa: PLC0415 - who asks for it pays
        from actors.telemetry.families import families  # noqa: PLC0415 - as above

        return render(families(self.services.meter, await self._moment(await self.queue_metrics())))

    async def _moment(self, queue: dict[str, int]) -> Moment:
        from actors.telemetry.families import Moment  # noqa: PLC0415 - as above
        from actors.telemetry.meter import Histogram  # noqa: PLC0415 - as above

        rows, info = self.system.tree(), self.services.store.info()
        mail, restarts = Counter[str](), Counter[str]()
        for row in rows:
            mail[row.path.partition("/")[0] or "root"] += row.mailbox
            restarts[row.path.partition("/")[0] or "root"] += row.restarts
        since_ms = queue.get("scheduler_oldest_ms", 0)
        bounds, counts, total = self.services.store.commit_times()
        gauges = (
            ("process_resident_memory_bytes", "Memory that the daemon has in use.", _resident()),
            ("process_open_fds", "Open file descriptors of the daemon.", _descriptors()),
            ("penstock_loop_lag_seconds", "How late a nap of 10 ms ended while this was asked.", await _lag()),
            ("penstock_gates_open", "Gates that wait for an answer.", self._gates_open()),
            ("penstock_wait_lag_max_seconds", "How late a wait was ended at most.", self.services.waits.figures.max_lag_ms / 1000),
            ("penstock_queue_oldest_seconds", "How long the run that has waited longest is queued.", since_ms / 1000),
            ("penstock_slots_used", "Runs that have a slot.", queue.get("scheduler_active", 0)),
            ("penstock_throttles", "Throttles of providers in force.", queue.get("scheduler_throttles", 0)),
            ("penstock_actors", "Actors that live.", len(rows)),
            ("penstock_store_writable", "1 where the disk takes what is written.", int(info["writable"])),
            ("penstock_store_waiting", "Transactions that wait for their commit.", info["waiting"]),
        )  # fmt: skip
        counters = (
            ("process_cpu_seconds", "Time of the processor that the daemon has used.", round(time.process_time(), 3)),
            ("penstock_runs_admitted", "Slots that were given to runs.", queue.get("scheduler_admitted_total", 0)),
            ("penstock_runs_released", "Slots that were given back.", queue.get("scheduler_completed_total", 0)),
            *_of_waits(self.services.waits.figures),
            ("penstock_messages_undelivered", "Messages that were told to nobody.", self.system.dead_letters),
        )  # fmt: skip
        queued = {name.removeprefix("scheduler_queued_"): count for name, count in queue.items() if name.startswith("scheduler_queued_")}
        return Moment(
            self.about["version"], self.about["started_at_ms"] / 1000, gauges, counters, self._runs(), queued, mail, restarts,
            Histogram(tuple(bounds), list(counts), total),
        )  # fmt: skip


def _of_waits(figures: WaitFigures) -> tuple[tuple[str, str, float], ...]:
    return (
        ("penstock_waits_handed_over", "Due waits that were handed to their runs.", figures.claimed),
        ("penstock_waits_ended", "Waits that time has ended, or reminded of.", figures.completed),
        ("penstock_waits_denied", "Due waits whose run had ended.", figures.failed),
        ("penstock_waits_lost", "Hand-overs of waits of which nothing was heard in time.", figures.errors),
        ("penstock_clock_regressions", "Looks at waits under a clock that had gone back.", figures.clock_regressions),
    )


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def _lag() -> float:
    before = trio.current_time()
    await trio.sleep(NAP_S)
    return max(0.0, round(trio.current_time() - before - NAP_S, 6))

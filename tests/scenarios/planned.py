"""Stories of workflows with a schedule: what they say, what has become of it, and the runs that it made."""

from __future__ import annotations

from typing import Any

import trio

from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House

__all__ = ["DAY", "HOUR", "MINUTE", "fired", "happened", "made", "next_fire", "planned", "put_planned", "skipped", "until"]

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def planned(schedule: str, *nodes: str, name: str = "job", top: str = "") -> str:
    """A workflow with that schedule, in flow form."""
    return flow(*(nodes or (step("a"),)), name=name, top=f"schedule: {{{schedule}}}\n{top}")


async def put_planned(d: House, schedule: str, *nodes: str, name: str = "job", top: str = "") -> int:
    """Store it; when it fires first."""
    await d.put(planned(schedule, *nodes, name=name, top=top))
    first = await next_fire(d, name)
    assert first is not None
    return first


async def next_fire(d: House, name: str = "job") -> int | None:
    rows = (await d.call("schedule.list"))["schedules"]
    return next((row.get("next_fire_at_ms") for row in rows if row["workflow_id"] == name), None)


async def happened(d: House, name: str = "job") -> list[dict[str, Any]]:
    """The facts of its log."""
    found = (await d.call("schedule.events", workflow_id=name, limit=1000))["events"]
    return [dict(event) for event in found]


async def fired(d: House, name: str = "job") -> list[int]:
    """The nominal times that got a run, in order."""
    return [int(event["nominal_time"]) for event in await happened(d, name) if event["event"] == "schedule_fired"]


async def skipped(d: House, name: str = "job") -> list[tuple[str, int, int, int]]:
    """The times that got none: why, the first, the last, how many."""
    events = [event for event in await happened(d, name) if event["event"] == "schedule_fire_skipped"]
    return [(event["reason"], *(event["nominal_times"][key] for key in ("first", "last", "count"))) for event in events]


async def made(d: House, name: str = "job") -> list[dict[str, Any]]:
    """The runs of the workflow, oldest first."""
    rows = (await d.call("run.list", workflow_id=name, limit=1000))["runs"]
    return [await d.run(row["run_id"]) for row in reversed(rows)]


async def until(d: House, at_ms: int) -> None:
    """Let the time pass until then, and a moment more."""
    await trio.sleep((at_ms - d.clock.now_ms()) / 1000 + 0.5)

"""What the scheduler of waits has counted, and the waits of a run, as the socket says them."""

from __future__ import annotations

from typing import Any

from tests.scenarios.harness import House
from tests.scenarios.told import WAIT

__all__ = ["counted", "ticks", "told_of", "waited"]

COUNTED = ("checked", "claimed", "completed", "failed", "errors")


async def ticks(h: House) -> dict[str, int]:
    """What the scheduler of waits has counted since the daemon began."""
    found = (await h.call("system.metrics"))["metrics"]
    return {name.removeprefix("waits_"): int(value) for name, value in found.items() if name.startswith("waits_")}


async def counted(h: House) -> tuple[int, ...]:
    """Checked, claimed, completed, failed, lost."""
    found = await ticks(h)
    return tuple(found[name] for name in COUNTED)


async def waited(h: House, run_id: str) -> list[dict[str, Any]]:
    """All waits of the run, also those of former instances of its nodes."""
    return list((await h.call("wait.list", run_id=run_id))["waits"])


def told_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [event for event in found["events"] if event["event_type"].startswith(WAIT)]

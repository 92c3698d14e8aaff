"""What stories look at of a history: all of it once it is told, its snapshots, the names of its events."""

from __future__ import annotations

from typing import Any

import trio

from actors.config.sections import Projection
from tests.scenarios.harness import House

__all__ = ["ALWAYS", "WAIT", "caught_up", "names", "snapshots", "whole"]

ALWAYS = Projection()
"""Histories are told as runs go on."""
WAIT = "stateful_runtime.wait."


async def caught_up(d: House, run_id: str) -> dict[str, Any]:
    """The history once all of the log is told."""
    with trio.fail_after(300):
        while True:
            found = await d.call("projection.events", run_id=run_id, limit=1000)
            if found["caught_up"]:
                return found
            await trio.sleep(0.5)


async def snapshots(d: House, run_id: str) -> list[dict[str, Any]]:
    return list((await d.call("projection.snapshots", run_id=run_id))["snapshots"])


def names(found: dict[str, Any]) -> list[str]:
    return [event["event_type"].removeprefix("stateful_runtime.automation_v2.") for event in found["events"]]


async def whole(d: House, run_id: str) -> dict[str, Any]:
    """The history: one event and one snapshot for each entry of the log."""
    found = await caught_up(d, run_id)
    assert names(found) == await d.names(run_id)
    kept = await snapshots(d, run_id)
    assert [(one["snapshot_id"], one["seq"]) for one in kept] == [(event["event_id"], event["seq"]) for event in found["events"]]
    return {**found, "snapshots": kept}

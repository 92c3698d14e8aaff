"""Schedules under attack: damaged logs, definitions that are gone, actors that crash. The others fire, and the daemon goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import trio

from tests.scenarios.flows import gate
from tests.scenarios.harness import House
from tests.scenarios.inside import crash_at_next, tampered
from tests.scenarios.planned import MINUTE, fired, made, next_fire, planned, put_planned, until


def damage(stream: str) -> Callable[[sqlite3.Connection], Any]:
    """Spoil the last event of a log."""
    last = "SELECT max(position) FROM journal WHERE stream = (SELECT id FROM streams WHERE name = ?)"
    return lambda db: db.execute(f"UPDATE journal SET data = x'7b7b' WHERE position = ({last})", (stream,))


async def status(d: House, path: str) -> str:
    [row] = [row for row in (await d.call("system.tree"))["rows"] if row["path"] == path]
    return str(row["status"])


async def test_a_damaged_log_of_one_schedule_stops_that_one_until_it_begins_anew(d: House) -> None:
    first = await put_planned(d, "every: 60s")
    await put_planned(d, "every: 60s", name="other")
    await d.stop()
    tampered(d, damage("schedule/job"))
    d.history.logs.clear()  # what was pictured before is not there any more
    await d.start()
    await until(d, first + MINUTE)
    assert (len(await fired(d, "other")), "schedule/job is damaged" in await status(d, "calendar")) == (2, True)
    for method in ("schedule.next", "schedule.events", "schedule.pause"):
        refused = await d.refused(method, workflow_id="job")
        assert (refused.code, "penstock workflow pause job" in str(refused)) == ("schedule_log_unreadable", True)
    await d.call("workflow.pause", workflow_id="job")
    await d.call("workflow.activate", workflow_id="job")
    fires = await next_fire(d)
    assert fires == d.clock.now_ms() + MINUTE
    await until(d, fires)
    assert [run["scheduled_for_ms"] for run in await made(d)] == [fires]
    await d.stop()
    d.history.logs.clear()


async def test_a_definition_that_is_gone_stops_its_schedule_and_no_other(d: House) -> None:
    first = await put_planned(d, "every: 60s")
    digest = (await d.call("workflow.get", workflow_id="job"))["digest"]
    await put_planned(d, "every: 60s", name="other")
    await d.stop()
    [blob] = (d.places.data / "blobs").rglob(f"*{digest[4:]}*")
    kept = blob.read_bytes()
    blob.unlink()
    await d.start()
    await until(d, first)
    assert (len(await fired(d, "other")), digest in await status(d, "calendar")) == (1, True)
    blob.write_bytes(kept)
    await trio.sleep(31)
    assert await fired(d) == [first]


async def test_a_damaged_log_of_a_paused_workflow_stops_its_steward_from_nothing_else(d: House) -> None:
    run_id = await d.begin(planned("every: 1h", gate("ask")))
    await d.run_until(run_id, "awaiting_approval")
    await d.call("workflow.pause", workflow_id="job")
    await d.stop()
    unsettled = "INSERT INTO keys(key, stream, sum) SELECT 'workflow/unsettled', id, x'00' FROM streams WHERE name = 'workflow/job'"
    tampered(d, lambda db: db.execute(unsettled))
    tampered(d, damage("workflow/job"))
    d.history.logs.clear()
    await d.start()
    await trio.sleep(5)
    assert "workflow/job is damaged" in await status(d, "steward")
    other = await put_planned(d, "every: 60s", name="other")
    await until(d, other)
    assert await fired(d, "other") == [other]
    assert (await d.refused("workflow.get", workflow_id="job")).code == "log_unreadable"
    await d.call("run.cancel", run_id=run_id)
    await d.stop()
    d.history.logs.clear()


@pytest.mark.parametrize("path", ["calendar", "registrar", "steward", "watchman", "store"])
async def test_an_actor_that_crashes_at_the_moment_of_a_fire_makes_no_time_twice(d: House, path: str) -> None:
    first = await put_planned(d, "every: 60s, misfire: {catch_up: 9}, overlap: allow")
    await until(d, first - 600)
    if path == "store":
        await d.crash()
        await d.start()
    else:
        crash_at_next(d, path)
    await until(d, first + 3 * MINUTE)
    assert await fired(d) == [first + n * MINUTE for n in range(4)]
    assert len(await made(d)) == 4

"""The daemon dies at every point of telling a history, writing it anew, compacting it and bringing one in; what is told is the same."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import evolve
from trio.testing import MockClock

from actors.config.sections import Retention
from tests.scenarios.bounds import real_seconds
from tests.scenarios.flows import flow, step, wait
from tests.scenarios.harness import House, in_memory, open_house
from tests.scenarios.inside import store_of
from tests.scenarios.invariants import ALL
from tests.scenarios.told import ALWAYS, caught_up, snapshots, whole

pytestmark = pytest.mark.no_cover  # the same ways again and again: measuring them costs more than going them
FLOW = flow(step("a"), wait("nap", "timer: 5s", "needs: [a]"), step("b", "needs: [nap]"))
DAY_MS = 86_400_000


async def _told(house: House) -> Any:
    run_id = await house.begin(FLOW, request_id="the run")
    await house.run_until(run_id)
    found = await whole(house, run_id)
    assert [event["seq"] for event in found["events"]] == list(range(1, len(found["events"]) + 1))
    return found["snapshots"][-1]["status"]  # a death adds to the log, and so to what is told of it


async def _anew(house: House) -> Any:
    """Snapshots are lost and rot, and are written anew."""
    said = await _told(house)
    [run] = (await house.call("run.list"))["runs"]
    before = {one["snapshot_id"]: one for one in await snapshots(house, run["run_id"])}
    store = store_of(house)
    store._writer.database.writer.execute("UPDATE history_snapshots SET body = x'78' WHERE seq IN (3, 5)")
    await house.call("projection.rebuild", run_id=run["run_id"])
    await caught_up(house, run["run_id"])
    after = {one["snapshot_id"]: one for one in await snapshots(house, run["run_id"])}
    assert after == before
    return said


async def _compacted(house: House) -> Any:
    said = await _told(house)
    [run] = (await house.call("run.list"))["runs"]
    before = (await caught_up(house, run["run_id"]))["events"]
    house.clock.jump(40 * DAY_MS)
    left: list[dict[str, Any]] = []
    for _ in range(100):
        await trio.sleep(30)
        left = (await caught_up(house, run["run_id"]))["events"]
        if len(left) == 2 and len(await snapshots(house, run["run_id"])) == 3:
            break
    marker, last = left
    assert last == before[-1]
    listed = [(one["event_id"], one["seq"]) for one in marker["payload"]["compacted_event_ids"]]
    assert listed == [(event["event_id"], event["seq"]) for event in before[:-1]]
    await house.call("projection.rebuild", run_id=run["run_id"])
    assert (await caught_up(house, run["run_id"]))["events"] == left
    return said


async def _brought(house: House) -> Any:
    said = await _told(house)
    [run] = (await house.call("run.list"))["runs"]
    before = (await caught_up(house, run["run_id"]))["events"]
    path = str(house.folder / "r.penstock")
    await house.call("run.export", run_id=run["run_id"], path=path, request_id="out")
    await house.call("run.purge", run_id=run["run_id"], request_id="gone")
    for _ in range(100):
        if not store_of(house).histories.of(run["run_id"]):
            break
        await trio.sleep(1)
    await house.call("run.import", path=path)
    assert (await caught_up(house, run["run_id"]))["events"] == before
    assert (await house.call("run.import", path=path))["new"] == 0
    return said


async def _forgotten(house: House) -> Any:
    """What was brought in is removed, whole or not at all, and brought in again."""
    said = await _brought(house)
    run_id, path = str((await house.call("run.import", path=str(house.folder / "r.penstock")))["run_id"]), str(house.folder / "r.penstock")
    before = (await caught_up(house, run_id))["events"]
    answer = await house.call("projection.remove", run_id=run_id, request_id="forget")
    assert (answer["events"], answer["snapshots"]) == (len(before), len(before))
    assert store_of(house).histories.of(run_id) == []
    assert await house.call("projection.remove", run_id=run_id, request_id="forget") == answer
    await house.call("run.import", path=path)
    assert (await caught_up(house, run_id))["events"] == before
    return said


STORIES: dict[str, tuple[Callable[[House], Awaitable[Any]], str]] = {
    "told": (_told, "projection.between"), "told-commit": (_told, "commit.after"), "anew": (_anew, "projection.between"),
    "compacted": (_compacted, "projection.compacting"), "brought": (_brought, "projection.between"),
    "forgotten": (_forgotten, "history.forgotten"),
}  # fmt: skip


def lived(story: Callable[[House], Awaitable[Any]], plan: list[tuple[str, int]]) -> tuple[Any, int]:
    """What it says, and how many daemons died."""
    folder = Path(tempfile.mkdtemp(prefix="pk-", dir=in_memory()))

    async def live() -> tuple[Any, int]:
        async with open_house(folder, ALL) as house:
            house.config = evolve(house.config, projection=ALWAYS, retention=Retention(sweep_every_ms=20_000))
            house.revive, house.point.plan = True, list(plan)
            await house.start()
            said = await story(house)
            return said, house.point.fired

    try:
        with real_seconds(60):
            return trio.run(live, clock=MockClock(autojump_threshold=0))
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", list(STORIES))
def test_p76_a_death_at_each_point_changes_nothing_that_is_told(name: str) -> None:
    story, point = STORIES[name]
    expected, _ = lived(story, [])
    number = 0
    while True:
        number += 1
        said, died = lived(story, [(point, number)])
        assert said == expected, f"{name}: died at {point} number {number}"
        if died == 0:
            break
    assert number > {"projection.compacting": 1, "history.forgotten": 1, "commit.after": 8}.get(point, 2)

"""The invariants of runs that nobody asked for: each finds the fault it is for, in a true record that was falsified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import trio
from trio.testing import MockClock

from tests.scenarios import invariants as inv
from tests.scenarios.handing import hand, watcher
from tests.scenarios.harness import open_house
from tests.scenarios.history import History
from tests.scenarios.planned import MINUTE, put_planned, until
from tests.scenarios.records import Records

Told = tuple[Records, History]


@pytest.fixture
def told(place: Path) -> Told:
    """The record of a schedule that fired twice, and of a handoff."""

    async def live() -> History:
        async with open_house(place, inv.ALL) as d:
            await d.start()
            first = await put_planned(d, "every: 60s")
            await d.put(watcher(d))
            hand(d, "h1")
            await until(d, first + MINUTE)
            return d.history

    history = trio.run(live, clock=MockClock(autojump_threshold=0))
    return Records.read(place / "data"), history


def change(told: Told, log: str, kind: str, **fields: Any) -> None:
    """Falsify the first fact of that kind in the log."""
    rows = told[0].logs[log]
    at = next(i for i, row in enumerate(rows) if row[1] == kind)
    rows[at] = (rows[at][0], kind, orjson.dumps(orjson.loads(rows[at][2]) | fields))


def drop(told: Told, log: str, kind: str) -> None:
    rows, times = told[0].logs[log], told[0].times[log]
    at = next(i for i, row in enumerate(rows) if row[1] == kind)
    del rows[at], times[at]


def of(told: Told, workflow_id: str) -> str:
    """The first run of the workflow."""
    return next(run_id for run_id in told[0].runs if next(iter(told[0].events(run_id)))["workflow_id"] == workflow_id)


def handoff_log(told: Told) -> str:
    return next(name for name in told[0].logs if name.startswith("handoff/"))


def test_the_true_record_breaks_nothing(told: Told) -> None:
    assert [problem for check in inv.ALL for problem in check(*told)] == []


def test_g13_finds_a_time_that_fired_twice(told: Told) -> None:
    [first, second] = [orjson.loads(row[2]) for row in told[0].logs["schedule/job"] if row[1] == "schedule_fired"]
    change(told, "schedule/job", "schedule_fired", nominal_time=second["nominal_time"])
    assert any("fired 2 times" in problem for problem in inv.inv_g13_schedules(*told))
    assert first["nominal_time"] != second["nominal_time"]


def test_g13_finds_a_fire_before_its_time(told: Told) -> None:
    at = next(i for i, row in enumerate(told[0].logs["schedule/job"]) if row[1] == "schedule_fired")
    told[0].times["schedule/job"][at] -= 120_000
    assert any("yet to come" in problem for problem in inv.inv_g13_schedules(*told))


def test_g13_finds_a_run_that_no_schedule_has_made_and_a_fire_without_a_run(told: Told) -> None:
    drop(told, "schedule/job", "schedule_fired")
    assert any("says it was scheduled" in problem for problem in inv.inv_g13_schedules(*told))
    assert any("0 origins" in problem for problem in inv.inv_g1(*told))
    gone = told[0].runs[-1]
    del told[0].logs[gone], told[0].times[gone]
    assert any("does not exist" in problem for problem in inv.inv_g13_schedules(*told))


def test_g13_finds_a_run_that_says_another_time(told: Told) -> None:
    change(told, of(told, "job"), "run_created", scheduled_for_ms=1)
    assert any("says it was scheduled" in problem for problem in inv.inv_g13_schedules(*told))


def test_g13_finds_a_handoff_that_was_used_up_twice_or_by_nobody(told: Told) -> None:
    log = handoff_log(told)
    told[0].logs[log].append(told[0].logs[log][0])
    told[0].times[log].append(told[0].times[log][0])
    assert any("exactly once" in problem for problem in inv.inv_g13_handoffs(*told))
    told[0].logs[log].clear()
    told[0].times[log].clear()
    assert any("says it has used up h1" in problem for problem in inv.inv_g13_handoffs(*told))


def test_g13_finds_a_run_that_says_another_handoff(told: Told) -> None:
    change(told, of(told, "publish"), "run_created", consumed_handoff_id="h9")
    assert any("says it has used up h9" in problem for problem in inv.inv_g13_handoffs(*told))

"""Schedules in a real process: on time on a real clock, and killed around the commits of a fire (R96)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.process.house import BIN, STEPS, House, until

pytestmark = pytest.mark.slow
JOB = "penstock: 1\nworkflow: job\nschedule: {every: 1s, overlap: allow}\nnodes:\n  - {id: a, python: 'steps:quick'}\n"
KILLED = -9


def facts(house: House) -> list[dict[str, Any]]:
    """What the schedule says it has done."""
    events: list[dict[str, Any]] = house.call("schedule.events", workflow_id="job")["events"]
    return events


def fires(house: House) -> list[dict[str, Any]]:
    return [event for event in facts(house) if event["event"] == "schedule_fired"]


def check(house: House) -> None:
    """One run for each nominal time, never early; and every run there is says which time it is for."""
    house.change("schedule.pause", workflow_id="job")
    fired = fires(house)
    times = [event["nominal_time"] for event in fired]
    assert times == sorted(set(times))
    assert all(event["at_ms"] >= event["nominal_time"] for event in fired)
    rows = house.call("run.list", workflow_id="job", limit=1000)["runs"]
    runs = [house.reach(row["run_id"]) for row in rows]
    assert {run["run_id"]: run["scheduled_for_ms"] for run in runs} == {event["run_id"]: event["nominal_time"] for event in fired}
    assert {run["status"] for run in runs} == {"completed"}


def test_a_real_clock_is_kept(house: House) -> None:
    house.start()
    house.change("workflow.put", text=JOB, folder=str(STEPS))
    until(lambda: len(fires(house)) >= 3, 20.0)
    house.end()
    house.start()
    until(lambda: len(fires(house)) >= 5, 20.0)
    check(house)
    late = [event["at_ms"] - event["nominal_time"] for event in fires(house)]
    assert min(late) <= 1000, "at most a second late, where the machine has nothing else to do"


@pytest.mark.parametrize("count", [3, 5, 7])
@pytest.mark.parametrize("point", ["commit.before", "commit.after"])
def test_r96_a_kill_around_the_commit_of_a_fire_makes_one_run_for_its_time(house: House, point: str, count: int) -> None:
    house.start()
    house.change("workflow.put", text=JOB, folder=str(STEPS))
    house.end()
    daemon = house.launch(env={"PENSTOCK_CRASH_AT": f"{point}:{count}"})
    assert daemon.wait(30) == KILLED
    house.start()
    begun = len(fires(house))
    until(lambda: len(fires(house)) >= begun + 2, 20.0, lambda: facts(house))
    check(house)


def test_a_carried_daemon_begins_nothing_that_nobody_has_asked_for(house: House, tmp_path: Path) -> None:
    house.start()
    house.change("workflow.put", text=JOB, folder=str(STEPS))
    house.end()
    other = tmp_path / "other.yaml"
    other.write_text("penstock: 1\nworkflow: other\nnodes:\n  - {id: a, command: [sleep, '3']}\n")
    told = subprocess.run(
        [BIN / "penstock", "--data", house.data, "--config", house.config, "run", other, "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(told.stdout)["status"] == "completed"
    house.start()
    until(lambda: fires(house), 20.0)
    [first, *_] = fires(house)
    [missed, *_] = [event for event in facts(house) if event["event"] == "schedule_fire_skipped"]
    assert missed["nominal_times"]["count"] >= 2, "what was due while nobody served is the misfire policy's business"
    assert first["nominal_time"] > missed["nominal_times"]["last"]
    check(house)

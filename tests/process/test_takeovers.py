"""A daemon that sleeps for longer than its claims hold, and one that is killed: runs go on under a new epoch (G9, G10, F9)."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from tests.process.house import House, living, until

pytestmark = pytest.mark.slow
LEASE_S = 5.0  # the shortest that there is
WORK = "  - {id: a, shell: 'echo x >> starts; touch up; while [ ! -e go ]; do sleep 0.02; done', MARK}\n"
STORY = WORK + "  - {id: b, needs: [a], python: 'steps:quick'}\n"
NAP = "  - {id: nap, wait: {timer: 2s}}\n  - {id: b, needs: [nap], python: 'steps:quick'}\n"


def _short_lease(house: House) -> None:
    house.config.write_text(f'[claims]\nlease = "{LEASE_S:.0f}s"\nrenew_every = "1s"\n')


def _turned_away(house: House) -> None:
    """Another daemon over the same data gives up, and says who has it."""
    first = house.daemon
    second = house.launch()
    assert second.wait(10) == 75, house.said()
    assert f"process {first.pid}" in house.said()
    assert house.said().endswith("code: store_locked\n")
    house.daemons.remove(second)


def _epochs(house: House, run_id: str) -> list[int]:
    return [event["lease_epoch"] for event in house.events(run_id) if event["event"] == "run_execution_claimed"]


def _since_last_claim(events: list[dict[str, Any]]) -> list[str]:
    kinds = [event["event"] for event in events]
    return kinds[len(kinds) - kinds[::-1].index("run_execution_claimed") - 1 :]


def test_f9_a_daemon_that_was_stopped_for_longer_than_its_lease_claims_anew_before_it_writes(house: House) -> None:
    _short_lease(house)
    house.start()
    busy, idle, napping = house.run(STORY), house.run(STORY), house.run(NAP)
    for run_id in (busy, idle):
        house.wait_work(run_id)
    house.reach(napping, "waiting")
    before = {run_id: house.events(run_id) for run_id in (busy, idle, napping)}
    house.daemon.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    (house.workdir(busy) / "go").touch()  # its step ends while nobody hears of it
    _turned_away(house)
    until(lambda: time.monotonic() - stopped > LEASE_S + 0.2)
    house.daemon.send_signal(signal.SIGCONT)

    assert house.reach(busy)["status"] == "completed"
    events = house.events(busy)
    assert events[: len(before[busy])] == before[busy]
    assert _since_last_claim(events)[:2] == ["run_execution_claimed", "node_completed"], "the claim is the first thing that it writes"
    assert events[len(before[busy])]["event"] == "run_execution_claimed"

    until(lambda: _epochs(house, idle) == [1, 2], what=lambda: house.events(idle))  # though nothing has happened in it
    assert house.node(idle, "a")["status"] == "running"
    (house.workdir(idle) / "go").touch()
    assert house.reach(idle)["status"] == "completed"

    assert house.reach(napping)["status"] == "completed"
    assert house.kinds(napping).count("stateful_runtime.wait.timer_woken") == 1
    for run_id in (busy, idle):
        assert (_epochs(house, run_id), house.look(run_id)["epoch"]) == ([1, 2], 2)
        assert house.node(run_id, "a")["attempt"] == 1, "the attempt went on"
        assert (house.workdir(run_id) / "starts").read_text().split() == ["x"]
    assert house.call("store.verify")["ok"]
    house.end()


def test_a_daemon_that_is_killed_is_followed_by_one_that_takes_its_runs_over(house: House) -> None:
    _short_lease(house)
    house.start()
    run_id = house.run(STORY.replace("id: a, ", "id: a, retry: {max_attempts: 2}, "))
    house.wait_work(run_id)
    before = house.events(run_id)
    _turned_away(house)
    house.kill()
    until(lambda: not living(house.mark), 2.0)
    (house.workdir(run_id) / "up").unlink()
    house.start()
    house.wait_work(run_id)
    events = house.events(run_id)
    assert events[: len(before)] == before
    [lost] = [event for event in events if event["event"] == "run_queued_for_resume_after_restart"]
    assert lost["node_ids"] == ["a"], "the attempt that was lost is noted"
    assert _since_last_claim(events) == ["run_execution_claimed", "node_started"]
    (house.workdir(run_id) / "go").touch()
    run = house.reach(run_id)
    assert (run["status"], run["epoch"], _epochs(house, run_id)) == ("completed", 2, [1, 2])
    assert (house.node(run_id, "a")["attempt"], house.kinds(run_id).count("run_started")) == (2, 1)
    assert (house.workdir(run_id) / "starts").read_text().split() == ["x", "x"]
    house.end()


def test_a_daemon_that_is_killed_while_it_is_stopped_leaves_nothing_that_keeps_the_next_one_waiting(house: House) -> None:
    _short_lease(house)
    house.start()
    run_id = house.run(STORY)
    house.wait_work(run_id)
    house.daemon.send_signal(signal.SIGSTOP)
    os.kill(house.daemon.pid, signal.SIGKILL)
    house.daemon.wait(5)
    begun = time.monotonic()
    house.start()
    until(lambda: _epochs(house, run_id) == [1, 2])
    assert time.monotonic() - begun < LEASE_S, "no lease is waited for: the folder is this daemon's alone"
    (house.workdir(run_id) / "go").touch()
    assert house.reach(run_id)["status"] == "completed"

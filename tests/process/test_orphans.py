"""No process of a step outlives its daemon by more than two seconds; what does is found at the next start (G20, F34, F35)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.process.house import House, living, until

pytestmark = pytest.mark.slow
LOOP = 'while :; do sleep 0.05; echo x >> "$PWD/beats" 2>/dev/null; done'
DAEMONISE = (
    "import os, signal, time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); signal.signal(15, signal.SIG_IGN); "
)
DAEMONISE += "os.closerange(0, 3); open('daemonised', 'w').close(); time.sleep(60)"
TREES = {
    "plain": f"touch up; {LOOP}",
    "ignores-term": f"trap '' TERM HUP INT; touch up; {LOOP}",
    "setsid": f"setsid sh -c 'trap \"\" TERM HUP; touch up; {LOOP}' & wait",
    "double-fork": f"(setsid sh -c 'trap \"\" TERM HUP; touch up; {LOOP}' &) ; sleep 60",
    "daemonised": f'python3 -c "{DAEMONISE}"; while [ ! -e daemonised ]; do sleep 0.02; done; touch up; sleep 60',
}


def _start_all(house: House) -> list[str]:
    """One run for each kind of tree, all of them grown."""
    runs = []
    for text in TREES.values():
        lines = "\n".join(f"      {line}" for line in text.splitlines())
        runs.append(house.run(f"  - id: a\n    MARK\n    shell: |\n{lines}\n"))
    for run_id in runs:
        house.wait_work(run_id)
    assert len(living(house.mark)) >= 2 * len(TREES) - 1
    return runs


def _guardian(house: House) -> int:
    rows = house.call("system.tree")["rows"]
    (status,) = [row["status"] for row in rows if row["path"] == "warden"]
    return int(status.split()[-1])


def test_all_trees_are_dead_within_two_seconds_of_the_daemon(house: House) -> None:
    house.start()
    runs = _start_all(house)
    house.daemon.kill()
    until(lambda: not living(house.mark), 2.0, lambda: [Path("/proc", str(pid), "cmdline").read_bytes() for pid in living(house.mark)])
    house.daemon.wait(5)
    house.start()
    for run_id in runs:
        assert house.node(run_id, "a")["attempt"] <= 2
        assert house.kinds(run_id).count("run_queued_for_resume_after_restart") == 1


def test_a_start_sweeps_what_daemon_and_guardian_left_before_it_begins_anything(house: House) -> None:
    house.start()
    runs = _start_all(house)
    guardian, old = _guardian(house), set(living(house.mark))
    os.kill(house.daemon.pid, signal.SIGSTOP)  # neither sees the other die
    os.kill(guardian, signal.SIGSTOP)
    os.kill(guardian, signal.SIGKILL)
    house.kill()
    assert len(old & set(living(house.mark))) >= len(TREES)  # all but the one or other short sleep
    house.start()
    assert not set(living(house.mark)) & old, "the daemon answers, and leftovers live"
    for run_id in runs:
        house.wait_node(run_id, "a", "running")


def test_a_guardian_that_is_killed_takes_its_trees_with_it_and_the_attempts_are_repeated_or_failed(house: House) -> None:
    house.start()
    runs = _start_all(house)
    old = set(living(house.mark))
    os.kill(_guardian(house), signal.SIGKILL)
    until(lambda: not set(living(house.mark)) & old, 5.0)
    for run_id in runs:
        run = house.reach(run_id)
        assert run["status"] == "failed"
        assert house.node(run_id, "a")["error"]["code"]
    again = house.run("  - {id: a, command: [echo, again]}\n")
    assert house.reach(again)["status"] == "completed"


def test_cancel_ends_every_kind_of_tree(house: House) -> None:
    house.config.write_text('[nodes]\nkill_grace = "300ms"\n')
    house.start()
    for run_id in _start_all(house):
        assert house.change("run.cancel", run_id=run_id)["status"] == "cancelled"
        assert house.look(run_id)["status"] == "cancelled"
    assert living(house.mark) == []


def test_a_tree_that_outlives_its_main_process_is_dead_before_the_next_attempt(house: House) -> None:
    house.start()
    text = "(setsid sh -c 'trap \"\" TERM; sleep 1.5; echo late >> late' &) ; echo $PENSTOCK_ATTEMPT_NUMBER >> tries; exit 1"
    retry = "retry: {max_attempts: 3, backoff: {strategy: fixed, initial: 10ms}}"
    run_id = house.run(f"  - id: a\n    MARK\n    {retry}\n    shell: |\n      {text}\n")
    assert house.reach(run_id)["status"] == "failed"
    assert living(house.mark) == []
    folder = house.workdir(run_id)
    assert (folder / "tries").read_text().split() == ["1", "2", "3"]
    time.sleep(1.6)  # a survivor would write by now
    assert not (folder / "late").exists()

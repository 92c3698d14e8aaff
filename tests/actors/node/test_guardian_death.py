"""Whoever dies, daemon or guardian: what they had started is dead soon after, and everybody who waits is told."""

# ruff: noqa: ASYNC222, ASYNC240  # tests look at the disk and at processes between two steps: nothing else waits for the loop

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from actors.node.guardian import guardian as guardian_module
from actors.node.guardian.ends import Ended, GuardianLost
from actors.node.guardian.guardian import Guardian
from actors.node.guardian.inside import wire
from actors.node.guardian.process import Process
from actors.node.guardian.sweep import sweep_leftovers
from tests.actors.node.conftest import Spawner
from tests.actors.node.support import below, living, look, read_line, tagged, unique, until
from tests.actors.node.test_guardian_trees import TREES

ROOT = Path(__file__).parents[3]
WITHIN = 2.0


@contextmanager
def daemon(tag: str, scripts: list[str]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that runs the scripts under its guardian; its handle and the guardian's pid."""
    argv = [sys.executable, "-m", "tests.actors.node.driver", tag, json.dumps(scripts)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


async def test_no_process_outlives_a_killed_daemon_by_two_seconds() -> None:
    with daemon(unique("store"), list(TREES.values())) as (process, guardian):
        await until(lambda: len(below(guardian)) > len(TREES))
        found = [*below(guardian), look(guardian)]
        process.kill()
        began = time.monotonic()
        await until(lambda: not living(found), WITHIN)
    assert time.monotonic() - began < WITHIN


async def test_a_stopped_guardian_of_a_killed_daemon_is_swept_with_all_that_is_below_it() -> None:
    tag = unique("store")
    with daemon(tag, ["setsid sleep 1000 & env -i /usr/bin/sleep 1001 & sleep 1002"]) as (process, guardian):
        await until(lambda: len(below(guardian)) == 4)
        found = below(guardian)
        os.kill(guardian, signal.SIGSTOP)
        process.kill()
        process.wait()
        swept = await _sweep_as_a_later_daemon(tag)
        assert swept == {"killed": 5, "undead": 0}
        assert living(found) == []


async def test_the_sweep_spares_other_stores_and_what_began_after_it(guardian: Guardian, spawn: Spawner) -> None:
    process = await spawn("sh", "-c", "echo up; exec sleep 1000")
    await read_line(process)
    assert (await sweep_leftovers(guardian.tag)).killed == 0
    assert await _sweep_as_a_later_daemon(unique("store")) == {"killed": 0, "undead": 0}
    assert not process.is_over()


async def _sweep_as_a_later_daemon(tag: str) -> object:
    """Only what began before the sweeping process counts as left over."""
    script = (
        "import json, sys, trio\nfrom actors.node.guardian.sweep import sweep_leftovers\n"
        "swept = trio.run(sweep_leftovers, sys.argv[1])\nprint(json.dumps({'killed': swept.killed, 'undead': len(swept.undead)}))\n"
    )
    result = await trio.run_process([sys.executable, "-c", script, tag], capture_stdout=True, cwd=ROOT)
    return json.loads(result.stdout)


async def test_the_sweep_never_touches_the_process_that_sweeps_or_those_above_it() -> None:
    tag = unique("store")
    script = (
        "import sys, trio\nfrom actors.node.guardian.sweep import sweep_leftovers\n"
        "print(trio.run(sweep_leftovers, sys.argv[1]).killed, flush=True)\n"
    )
    env = {**os.environ, "PENSTOCK_STORE": tag}
    result = await trio.run_process(
        ["sh", "-c", f'{sys.executable} -c "$1" {tag}; echo alive', "sh", script], capture_stdout=True, env=env, cwd=ROOT
    )
    assert result.stdout.split() == [b"0", b"alive"]


@pytest.mark.parametrize("script", [TREES["a daemon that ignores TERM"], TREES["no environment"], TREES["a session of its own"]])
async def test_when_the_guardian_dies_its_commands_die_and_are_reported_lost(guardian: Guardian, spawn: Spawner, script: str) -> None:
    process = await spawn("sh", "-c", f"echo up; {script}")
    await read_line(process)
    await until(lambda: len(below(guardian.pid or 0)) >= 2)
    found = below(guardian.pid or 0)
    os.kill(guardian.pid or 0, signal.SIGKILL)
    with trio.fail_after(WITHIN):
        assert await process.wait() == GuardianLost()
    assert living(found) == []
    assert repr(process).endswith("lost with its guardian>")


async def test_the_next_command_gets_a_new_guardian(guardian: Guardian, spawn: Spawner) -> None:
    lost = await spawn("sleep", "1000")
    await until(lambda: lost.pid)
    first = guardian.pid
    os.kill(first or 0, signal.SIGKILL)
    os.waitid(os.P_PID, first or 0, os.WEXITED | os.WNOWAIT)
    assert await (await spawn("true")).wait() == Ended(0), "though its death is noticed only when the command is sent"
    assert guardian.pid != first
    assert await lost.wait() == GuardianLost()


async def test_an_idle_guardian_that_dies_hurts_nobody(guardian: Guardian, spawn: Spawner) -> None:
    await (await spawn("true")).wait()
    os.kill(guardian.pid or 0, signal.SIGKILL)
    await until(lambda: guardian.pid is None)
    assert await (await spawn("true")).wait() == Ended(0)


async def test_a_guardian_that_does_not_answer_is_given_up(guardian: Guardian, spawn: Spawner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardian_module, "ANSWER_TIME", 0.05)
    process = await spawn("sh", "-c", "echo up; exec sleep 1000")
    await read_line(process)
    os.kill(guardian.pid or 0, signal.SIGSTOP)
    with trio.fail_after(WITHIN):
        assert await process.terminate_tree(0) == GuardianLost()
    assert tagged(guardian.tag) == []


async def test_orders_wait_while_the_guardian_has_no_room_for_them(guardian: Guardian, spawn: Spawner) -> None:
    await (await spawn("true")).wait()
    os.kill(guardian.pid or 0, signal.SIGSTOP)
    processes: list[Process] = []

    async def one() -> None:
        processes.append(await spawn("true", "x" * 30_000))

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(one)
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert 0 < len(processes) < 20
        os.kill(guardian.pid or 0, signal.SIGCONT)
    assert [await process.wait() for process in processes] == [Ended(0)] * 20


async def test_a_pid_without_a_descriptor_is_good_enough(guardian: Guardian, spawn: Spawner) -> None:
    process = await spawn("true")
    guardian._take([wire.STARTED, process.name, b"4711"], [])
    assert (process.pid, process.pidfd) == (4711, None)
    await process.wait()


async def test_reports_about_nobody_leave_nothing_open(guardian: Guardian) -> None:
    null = os.open("/dev/null", os.O_RDONLY)
    guardian._take([wire.STARTED, b"nobody", b"4711"], [null])
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(null)


async def test_signals_for_the_whole_group_do_not_end_the_guardian(guardian: Guardian, spawn: Spawner) -> None:
    await (await spawn("true")).wait()
    pid = guardian.pid or 0
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        os.kill(pid, number)
    assert await (await spawn("true")).wait() == Ended(0)
    assert guardian.pid == pid


async def test_when_the_hearing_ends_everything_ends(tmp_path: Path) -> None:
    guardian = Guardian(unique("store"))
    async with trio.open_nursery() as nursery:
        await nursery.start(guardian.serve)
        spawner = Spawner(guardian, tmp_path)
        process = await spawner("sh", "-c", "trap '' TERM; echo up; sleep 1000 & wait")
        await read_line(process)
        pid = guardian.pid
        nursery.cancel_scope.cancel()
    assert await process.wait() == GuardianLost()
    assert tagged(guardian.tag) == []
    assert not Path(f"/proc/{pid}").exists()
    spawner.close()
    with pytest.raises(RuntimeError, match="serve"):
        await guardian.spawn(["true"], {}, token="t", folder=0, stdin=0)

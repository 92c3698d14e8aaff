"""Gates are decided by people: a step's process is known as one, however it was started."""

# ruff: noqa: ASYNC220  # tests look at the disk and at processes between two steps: nothing else waits for the loop

from __future__ import annotations

import os
import subprocess
import time

from actors.node.guardian.guardian import Guardian
from tests.actors.node.conftest import Spawner
from tests.actors.node.support import below, read_line, unique, until


async def test_everything_below_the_guardian_is_a_step(guardian: Guardian, spawn: Spawner) -> None:
    process = await spawn("sh", "-c", "echo up; (env -i /usr/bin/setsid /bin/sleep 1000 &); sleep 1001")
    await read_line(process)
    await until(lambda: len(below(guardian.pid or 0)) == 3)
    assert all(guardian.is_step_process(found.pid) for found in below(guardian.pid or 0))
    assert guardian.is_step_process(guardian.pid or 0)


async def test_the_daemon_those_above_it_and_its_other_children_are_none(guardian: Guardian, spawn: Spawner) -> None:
    await (await spawn("true")).wait()
    assert not guardian.is_step_process(os.getpid())
    assert not guardian.is_step_process(os.getppid())
    assert not guardian.is_step_process(1)
    with subprocess.Popen(["sleep", "1000"]) as other:
        assert not guardian.is_step_process(other.pid)
        other.kill()


def test_whoever_carries_the_tag_or_is_below_one_who_does_is_a_step() -> None:
    guardian = Guardian(unique("store"))
    env = {"PENSTOCK_STORE": guardian.tag, "PATH": os.environ["PATH"]}
    with subprocess.Popen(["sh", "-c", "env -i /bin/sleep 1000 & echo $!; wait"], env=env, stdout=subprocess.PIPE, text=True) as tagged:
        assert tagged.stdout is not None
        inner = int(tagged.stdout.readline())
        assert guardian.is_step_process(tagged.pid)
        assert guardian.is_step_process(inner)
        assert not Guardian(unique("store")).is_step_process(inner), "another store's step is no step of ours"
        os.kill(inner, 9)


def test_one_that_is_gone_counts_as_a_step() -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    assert Guardian(unique("store")).is_step_process(gone.pid)


def test_nobody_is_no_step() -> None:
    assert not Guardian(unique("store")).is_step_process(0)


def test_the_question_is_cheap() -> None:
    guardian = Guardian(unique("store"))
    began = time.perf_counter()
    for _ in range(100):
        guardian.is_step_process(os.getppid())
    assert (time.perf_counter() - began) / 100 < 0.005

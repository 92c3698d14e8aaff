"""A command has ended when none of its processes is left, whatever they do to be overlooked."""

# ruff: noqa: ASYNC240, PTH110  # tests look at the disk and at processes between two steps: nothing else waits for the loop

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import trio

from actors.node.guardian.ends import Ended
from actors.node.guardian.guardian import Guardian
from tests.actors.node.conftest import Spawner
from tests.actors.node.support import below, living, read_line, tagged, unique, until

DEAF = "trap '' TERM; "
TREES = {
    "one process": "exec sleep 1000",
    "a child": "sleep 1000 & wait",
    "a child that ignores TERM": f"({DEAF} sleep 1000) & wait",
    "all ignore TERM": f"{DEAF} sleep 1000 & sleep 1001 & wait",
    "a session of its own": "setsid sleep 1000 & wait",
    "a double fork": "(sleep 1000 &); wait; sleep 1001",
    "a daemon": "(setsid sh -c 'sleep 1000 & sleep 1001' &); sleep 1002",
    "a daemon that ignores TERM": f"({DEAF} setsid sh -c 'sleep 1000 & sleep 1001' &); sleep 1002",
    "no environment": "env -i /usr/bin/env PATH=/usr/bin:/bin sleep 1000 & wait",
    "a daemon without environment": "(env -i PATH=$PATH setsid sh -c 'sleep 1000 & sleep 1001' &); sleep 1002",
    "stopped": "sleep 1000 & sleep 0.02; kill -STOP $!; wait",
}


@pytest.mark.parametrize("script", TREES.values(), ids=TREES.keys())
async def test_ending_a_tree_ends_every_process_of_it(guardian: Guardian, spawn: Spawner, script: str) -> None:
    process = await spawn("sh", "-c", f"echo up; {script}")
    assert await read_line(process) == "up"
    await until(lambda: any("sleep" in _name(found.pid) for found in below(guardian.pid or 0)))
    found = below(guardian.pid or 0)
    end = await process.terminate_tree(0.05)
    assert isinstance(end, Ended)
    assert end.undead == 0
    assert living(found) == []
    assert below(guardian.pid or 0) == []


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


@pytest.mark.parametrize(
    ("script", "left"),
    [
        ("sleep 1000 &", 1),
        ("(setsid sleep 1000 &)", 1),
        ("(env -i PATH=$PATH setsid sleep 1000 &)", 1),
        ("sleep 1000 & sleep 1001 & sleep 1002 &", 3),
    ],
)
async def test_what_a_command_leaves_behind_is_ended_before_its_end_is_reported(spawn: Spawner, script: str, left: int) -> None:
    process = await spawn("sh", "-c", script)
    assert await process.wait() == Ended(0, left=left)


async def test_a_leftover_that_ignores_term_is_killed(guardian: Guardian, spawn: Spawner) -> None:
    process = await spawn("sh", "-c", f"({DEAF} setsid sh -c 'echo up; sleep 1000' &); sleep 0.05")
    assert await process.wait() == Ended(0, left=1)
    assert tagged(guardian.tag) == []


async def test_a_process_that_ends_on_term_is_given_its_time(spawn: Spawner) -> None:
    process = await spawn("sh", "-c", "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.01; done")
    assert await read_line(process) == "up"
    assert await process.terminate_tree(5) == Ended(3)
    assert await read_line(process) == "bye"


async def test_without_grace_there_is_no_term(spawn: Spawner) -> None:
    process = await spawn("sh", "-c", "trap 'exit 3' TERM; echo up; while :; do sleep 0.01; done")
    await read_line(process)
    assert await process.terminate_tree(0) == Ended(-9)


async def test_a_shorter_grace_overrules_a_longer_one(spawn: Spawner) -> None:
    process = await spawn("sh", "-c", f"{DEAF} echo up; while :; do sleep 0.01; done")
    await read_line(process)
    with trio.fail_after(4):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(process.terminate_tree, 60)
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(process.terminate_tree, 0.05)
    assert await process.wait() == Ended(-9)


async def test_ending_what_has_ended_says_how_it_ended(spawn: Spawner) -> None:
    process = await spawn("sh", "-c", "exit 4")
    await process.wait()
    assert await process.terminate_tree(5) == Ended(4)


async def test_ending_one_command_leaves_the_others_alone(guardian: Guardian, spawn: Spawner) -> None:
    other = await spawn("sh", "-c", "(setsid sleep 1000 &); echo up; read x; sleep 1001")
    assert await read_line(other) == "up"
    await until(lambda: len(tagged(guardian.tag)) == 3)
    process = await spawn("sh", "-c", "(setsid sleep 1002 &); echo up; exec sleep 1003")
    await read_line(process)
    await process.terminate_tree(1)
    assert not other.is_over()
    assert len(tagged(guardian.tag)) == 3
    await other.terminate_tree(1)


async def test_an_orphan_that_cannot_be_told_apart_ends_with_the_first_command_that_may_own_it(guardian: Guardian, spawn: Spawner) -> None:
    """It has neither the tag nor the session of its command: it might be of the other one."""
    owner = await spawn("sh", "-c", "(env -i PATH=$PATH setsid sleep 1000 &); echo up; exec sleep 1001")
    await read_line(owner)
    await until(lambda: len(below(guardian.pid or 0)) == 2)
    later = await spawn("true")
    await later.wait()
    assert len(below(guardian.pid or 0)) == 2, "it was there before the later command began, so it is none of that one's"
    await owner.terminate_tree(1)
    assert below(guardian.pid or 0) == []


async def test_a_chain_of_forks_is_caught(guardian: Guardian, spawn: Spawner) -> None:
    """Each process lives a few milliseconds and leaves another one, in a session of its own, that ignores TERM."""
    script = (
        "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\n"
        "while True:\n    if os.fork(): os._exit(0)\n    os.setsid(); time.sleep(0.002)\n"
    )
    process = await spawn(sys.executable, "-I", "-S", "-c", script)
    await read_line(process)
    with trio.fail_after(5):
        await process.terminate_tree(0.02)
    assert below(guardian.pid or 0) == []


async def test_cancelling_the_wait_does_not_end_the_process(spawn: Spawner) -> None:
    process = await spawn("sh", "-c", "echo up; exec sleep 1000")
    await read_line(process)
    with trio.CancelScope() as scope:
        scope.cancel()
        await process.wait()
    assert not process.is_over()


async def test_many_commands_are_ended_at_once(guardian: Guardian, spawn: Spawner) -> None:
    processes = [await spawn("sh", "-c", "(setsid sleep 1000 &); sleep 1001", token=unique("t")) for _ in range(10)]
    async with trio.open_nursery() as nursery:
        for process in processes:
            nursery.start_soon(process.terminate_tree, 1)
    assert tagged(guardian.tag) == []
    assert os.path.exists(f"/proc/{guardian.pid}")

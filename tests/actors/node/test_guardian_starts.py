"""The guardian starts commands exactly as told, and says why when it cannot."""

# ruff: noqa: PTH208  # tests look at the disk and at processes between two steps: nothing else waits for the loop

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest
import trio

from actors.node.guardian.ends import Ended, NotStarted
from actors.node.guardian.guardian import Guardian
from actors.node.guardian.process import Process
from tests.actors.node.conftest import ENV, Spawner
from tests.actors.node.support import unique, until


async def output(process: Process) -> str:
    assert isinstance(await process.wait(), Ended)
    return os.read(process.stdout, 1 << 16).decode()


async def test_no_guardian_runs_before_the_first_command(guardian: Guardian, spawn: Spawner) -> None:
    assert guardian.pid is None
    await (await spawn("true")).wait()
    assert guardian.pid is not None


async def test_all_commands_share_one_guardian(guardian: Guardian, spawn: Spawner) -> None:
    await (await spawn("true")).wait()
    first = guardian.pid
    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon((await spawn("true")).wait)
    assert guardian.pid == first


async def test_the_exit_code_is_reported(spawn: Spawner) -> None:
    assert await (await spawn("sh", "-c", "exit 7")).wait() == Ended(7)


async def test_a_signal_is_a_negative_exit_code(spawn: Spawner) -> None:
    assert await (await spawn("sh", "-c", "kill -SEGV $$")).wait() == Ended(-11)


async def test_the_process_has_the_given_environment_and_the_tags_and_nothing_else(guardian: Guardian, spawn: Spawner) -> None:
    process = await spawn("env", env={"PATH": ENV["PATH"], "A": "x=y z"}, token="the-token")
    expected = {f"PATH={ENV['PATH']}", "A=x=y z", f"PENSTOCK_STORE={guardian.tag}", "PENSTOCK_ATTEMPT=the-token"}
    assert set((await output(process)).splitlines()) == expected


async def test_the_process_has_three_descriptors(spawn: Spawner) -> None:
    process = await spawn(sys.executable, "-I", "-S", "-c", "import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])")
    assert (await output(process)).strip() == "[0, 1, 2]"


async def test_the_process_is_in_its_folder_with_a_private_umask_and_leads_a_session(spawn: Spawner, tmp_path: Path) -> None:
    script = "import os; old = os.umask(0); print(os.getcwd(), oct(old), os.getsid(0) == os.getpid())"
    process = await spawn(sys.executable, "-I", "-S", "-c", script)
    assert (await output(process)).split() == [str(tmp_path), "0o77", "True"]


async def test_ignored_signals_are_not_handed_down(spawn: Spawner) -> None:
    process = await spawn("grep", "-E", "SigIgn|SigBlk", "/proc/self/status")
    masks = [int(line.split()[1], 16) for line in (await output(process)).splitlines()]
    assert [mask & 0x7FFFFFFF for mask in masks] == [0, 0]  # 32 and up: the C library's own


async def test_a_long_command_line_arrives_whole(spawn: Spawner) -> None:
    words = ["x" * 100_000, "", "ä" * 10_000, *map(str, range(3000))]
    process = await spawn(sys.executable, "-I", "-S", "-c", "import sys, zlib; print(zlib.crc32(repr(sys.argv[1:]).encode()))", *words)
    import zlib

    assert int(await output(process)) == zlib.crc32(repr(words).encode())


@pytest.mark.parametrize(
    ("argv", "number", "stage"),
    [
        (["no-such-command"], errno.ENOENT, "search"),
        ([""], errno.ENOENT, "search"),
        (["/no/such/file"], errno.ENOENT, "exec"),
        (["/etc/passwd"], errno.EACCES, "exec"),
        (["/tmp"], errno.EACCES, "exec"),
        (["true", "x" * 200_000], errno.E2BIG, "exec"),
    ],
)
async def test_what_cannot_be_started_is_told(spawn: Spawner, argv: list[str], number: int, stage: str) -> None:
    process = await spawn(*argv)
    assert await process.wait() == NotStarted(number, stage)
    assert process.pid is None


async def test_a_file_on_the_path_that_may_not_be_executed_is_told_apart(spawn: Spawner, tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    process = await spawn("tool", env={"PATH": f"relative::{tmp_path}"})
    assert await process.wait() == NotStarted(errno.EACCES, "search")


async def test_without_a_path_the_usual_places_are_searched(spawn: Spawner) -> None:
    assert await (await spawn("true", env={})).wait() == Ended(0)


async def test_a_text_file_without_an_interpreter_is_no_program(spawn: Spawner, tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("echo hello\n")
    tool.chmod(0o755)
    assert await (await spawn(str(tool))).wait() == NotStarted(errno.ENOEXEC, "exec")


async def test_a_folder_that_was_deleted_meanwhile_is_told(guardian: Guardian, spawn: Spawner, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    os.close(spawn.folder)
    spawn.folder = os.open(tmp_path / "gone", os.O_PATH | os.O_DIRECTORY)
    (tmp_path / "gone").rmdir()
    assert await (await spawn("true")).wait() == NotStarted(errno.ENOENT, "cwd")


async def test_what_is_no_folder_cannot_be_entered(spawn: Spawner) -> None:
    os.close(spawn.folder)
    spawn.folder = os.open("/dev/null", os.O_RDONLY)
    assert await (await spawn("true")).wait() == NotStarted(errno.ENOTDIR, "cwd")


async def test_a_nul_is_refused_before_anything_is_sent(spawn: Spawner) -> None:
    with pytest.raises(ValueError, match="U\\+0000"):
        await spawn("echo", "a\0b")


async def test_nothing_is_started_when_nobody_hears_the_guardian() -> None:
    with pytest.raises(RuntimeError, match="serve"):
        await Guardian(unique("store")).spawn(["true"], {}, token="t", folder=0, stdin=0)


async def test_a_process_says_in_one_line_how_it_is(spawn: Spawner) -> None:
    process = await spawn("sleep", "1000", token="tok")
    assert repr(process) == "<Process tok starting>"
    await until(lambda: process.pid)
    assert repr(process) == f"<Process tok running as {process.pid}>"
    await process.terminate_tree(0)
    assert repr(process) == "<Process tok ended with -9>"
    missing = await spawn("no-such-command", token="tok")
    await missing.wait()
    assert repr(missing) == "<Process tok not started: No such file or directory>"


async def test_no_descriptor_of_the_daemon_is_left_open(guardian: Guardian, spawn: Spawner) -> None:
    await (await spawn("true")).wait()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        process = await guardian.spawn(["true"], ENV, token=unique("t"), folder=spawn.folder, stdin=0)
        await process.wait()
        process.close()
    assert len(os.listdir("/proc/self/fd")) == before

"""What one process of a step may use at most: limits that the kernel keeps, from its first moment, for all that it starts."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from actors.node.guardian.ends import Ended
from actors.node.guardian.guardian import Guardian
from actors.node.guardian.limits import Limits
from tests.actors.node.conftest import Spawner
from tests.actors.node.support import unique

TELL = "import resource as r; print([r.getrlimit(n) for n in (r.RLIMIT_CORE, r.RLIMIT_AS, r.RLIMIT_NOFILE, r.RLIMIT_FSIZE, r.RLIMIT_CPU)])"
SOFT = "import resource as r; print([r.getrlimit(n)[0] for n in (r.RLIMIT_CORE, r.RLIMIT_AS, r.RLIMIT_NOFILE, r.RLIMIT_FSIZE)])"
MIB = 1 << 20
LIMITS = Limits(cpu_s=1, memory_mib=512, open_files=64, file_mib=1)


@pytest.fixture
async def confined(tmp_path: Path) -> AsyncIterator[Spawner]:
    """Starts commands below a guardian with limits."""
    guardian = Guardian(unique("store"), limits=LIMITS)
    async with trio.open_nursery() as nursery:
        await nursery.start(guardian.serve)
        spawn = Spawner(guardian, tmp_path)
        yield spawn
        spawn.close()
        nursery.cancel_scope.cancel()


def test_limits_are_told_in_bytes_and_seconds() -> None:
    assert Limits().words() == ["core=0"]
    assert LIMITS.words() == ["core=0", "cpu_s=1", "memory=536870912", "open_files=64", "file=1048576"]


async def test_they_hold_from_the_first_moment_for_all_that_is_started(confined: Spawner) -> None:
    process = await confined("sh", "-c", f'"{sys.executable}" -I -S -c "{SOFT}"')
    assert await process.wait() == Ended(0)
    assert os.read(process.stdout, 4096).decode().strip() == str([0, 512 * MIB, 64, MIB])


async def test_the_process_itself_may_not_raise_them_again(confined: Spawner) -> None:
    wait = "import resource as r\nwhile r.getrlimit(r.RLIMIT_CPU) != (1, 1): pass\n"
    process = await confined(sys.executable, "-I", "-S", "-c", wait + TELL)
    assert await process.wait() == Ended(0)
    wanted = [(0, 0), (512 * MIB, 512 * MIB), (64, 64), (MIB, MIB), (1, 1)]
    assert os.read(process.stdout, 4096).decode().strip() == str(wanted)


@pytest.mark.parametrize(
    ("script", "ends"),
    [("exec dd if=/dev/zero of=big bs=65536 count=64", -25), ("while :; do :; done", -24), ("exec 3</dev/null; exit 0", 0)],
    ids=["file", "processor", "within"],
)
async def test_what_goes_beyond_is_ended_and_said(confined: Spawner, script: str, ends: int) -> None:
    ended = await (await confined("sh", "-c", script)).wait()
    assert isinstance(ended, Ended)
    assert ended.exit_code == ends or (ends == -24 and ended.exit_code == -9)  # the soft and the hard limit of the processor are one


async def test_memory_beyond_the_limit_is_refused_to_the_process(confined: Spawner) -> None:
    process = await confined(sys.executable, "-I", "-S", "-c", "bytearray(1 << 30)")
    assert await process.wait() == Ended(1)
    assert b"MemoryError" in os.read(process.stderr, 4096)


async def test_without_settings_a_step_has_what_the_daemon_has_but_no_core_dumps(spawn: Spawner) -> None:
    process = await spawn(sys.executable, "-I", "-S", "-c", TELL)
    assert await process.wait() == Ended(0)
    mine = [resource.getrlimit(one) for one in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU)]
    assert os.read(process.stdout, 4096).decode().strip() == str([(0, 0), *mine])

"""Who keeps the memory small: old finished runs go, with their folders; young ones and those under way stay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio.testing

from actors.assembly import Assembly
from actors.config import Config
from actors.config.sections import Retention
from actors.control import params as p
from actors.housekeeping import Sweep
from actors.paths import resolve
from actors.refusals import Principal, RequestKey

ME = Principal(0)
DONE = "penstock: 1\nworkflow: w\nnodes:\n  - {id: a, shell: 'echo a'}\n"
ASKS = "penstock: 1\nworkflow: v\nnodes:\n  - {id: a, gate: human_approval}\n"


@asynccontextmanager
async def _daemon(folder: Path, keep_ms: int) -> AsyncIterator[Assembly]:
    config = Config(retention=Retention(finished_runs_ms=keep_ms))
    with Assembly.open(resolve({}, data=folder), config, lambda reason: None, listen=False) as assembly:
        async with trio.open_nursery() as nursery:
            await nursery.start(assembly.system.run)
            yield assembly
            assembly.system.stop()


async def _run(assembly: Assembly, text: str, name: str, status: str) -> str:
    answer = await assembly.runtime.run_start(p.RunStart(text=text, source="w.yaml"), ME, RequestKey(name, name))
    assert isinstance(answer, dict)
    run_id = str(answer["run_id"])
    await _until(lambda: getattr(assembly.store.catalog.get(run_id), "status", None) == status)
    return run_id


async def _until(holds: Callable[[], bool]) -> bool:
    """Look again and again for at most five seconds; whether it came to hold."""
    for _ in range(500):
        if holds():
            return True
        await trio.sleep(0.01)
    return False


def _gone(assembly: Assembly, run_id: str) -> bool:
    return assembly.store.catalog.get(run_id) is None and not assembly.services.run_folder(run_id).exists()


async def test_a_finished_run_that_is_old_enough_goes_with_its_folder_and_one_that_waits_stays(tmp_path: Path) -> None:
    async with _daemon(tmp_path / "data", keep_ms=1) as assembly:
        done = await _run(assembly, DONE, "done", "completed")
        waits = await _run(assembly, ASKS, "waits", "awaiting_approval")
        assert assembly.services.run_folder(done).exists()
        assembly.system.deliver("caretaker", Sweep())
        assert await _until(lambda: _gone(assembly, done))
        line = assembly.store.catalog.get(waits)
        assert line is not None
        assert line.status == "awaiting_approval"
        rows = assembly.system.tree
        assert await _until(lambda: any("1 finished runs removed" in str(row.status) for row in rows() if row.path == "caretaker"))


@pytest.mark.parametrize("keep_ms", [0, 3_600_000])
async def test_without_an_age_and_below_it_finished_runs_stay(tmp_path: Path, keep_ms: int) -> None:
    async with _daemon(tmp_path / "data", keep_ms=keep_ms) as assembly:
        done = await _run(assembly, DONE, "done", "completed")
        assembly.system.deliver("caretaker", Sweep())
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert assembly.store.catalog.get(done) is not None

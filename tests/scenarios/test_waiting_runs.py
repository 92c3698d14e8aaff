"""Runs that only wait: rows in the catalog, nothing in memory; a restart leaves them there, and what comes for one wakes that one."""

from __future__ import annotations

import gc

import trio

from actors.run.actor import Run
from actors.run.state import RunState
from supervision.cell import Cell
from tests.scenarios.flows import flow, step, wait
from tests.scenarios.harness import House
from tests.scenarios.history import Life

RUNS = 60
HOUR_S = 3600


def opened(life: Life) -> list[str]:
    """The runs that were opened as actors in that life, in this order."""
    starts = [event.path for _, event in life.kernel if event.happening == "started" and event.path.startswith("runs/")]
    return [path.partition("/")[2] for path in starts if path.count("/") == 1]


async def actors(d: House) -> list[str]:
    """What the tree shows below `runs`."""
    return [row["path"] for row in (await d.call("system.tree"))["rows"] if row["path"].startswith("runs/")]


async def all_waiting(d: House) -> tuple[list[str], list[str]]:
    """Half of them wait for a signal; of the others one each hour has its time. All have come to rest."""
    signalled = flow(wait("w", "signal: go"), step("a", "needs: [w]"), name="signalled")
    timed = [flow(wait("w", f"timer: {n}h"), step("a", "needs: [w]"), name="timed") for n in range(1, RUNS // 2 + 1)]
    found = [await d.begin(signalled) for _ in timed], [await d.begin(text) for text in timed]
    await trio.sleep(60)
    assert (await d.call("system.info"))["runs"] == {"waiting": RUNS}
    return found


async def test_waiting_runs_are_rows_and_what_comes_for_one_wakes_that_one(d: House) -> None:
    signalled, timed = await all_waiting(d)
    assert sorted(opened(d.history.lives[-1])) == sorted([*signalled, *timed])
    assert await actors(d) == []

    await d.restart(crash=True)
    life = d.history.lives[-1]
    await trio.sleep(HOUR_S / 2)
    assert (opened(life), await actors(d)) == ([], [])
    assert (await d.call("system.info"))["runs"] == {"waiting": RUNS}

    await d.call("signal.send", run_id=signalled[17], name="go")
    assert (await d.run_until(signalled[17]))["status"] == "completed"
    assert opened(life) == [signalled[17]]

    await trio.sleep(HOUR_S * 2 / 3)
    assert (opened(life), await actors(d)) == ([signalled[17], timed[0]], [])
    assert (await d.call("system.info"))["runs"] == {"completed": 2, "waiting": RUNS - 2}
    assert d.script.count("a") == 2


async def test_nothing_of_a_run_that_has_come_to_wait_stays_in_memory(d: House) -> None:
    """Not even until the garbage collector comes: it comes late, and thousands that it has not seen yet are megabytes."""
    gc.collect()
    before = held()
    gc.disable()
    try:
        await all_waiting(d)
        assert held() == before
    finally:
        gc.enable()


def held() -> dict[str, int]:
    """How many runs there are in memory, as actors, as cells of the tree and as states."""
    objects = gc.get_objects()
    cells = [one for one in objects if isinstance(one, Cell) and one.path.startswith("runs/")]
    runs, states = ([one for one in objects if type(one) is kind] for kind in (Run, RunState))
    return {"cells": len(cells), "runs": len(runs), "states": len(states)}

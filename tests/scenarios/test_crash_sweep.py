"""The daemon dies at every commit and after every reply of each canonical scenario; the next one goes on, and the end is the same."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.scenarios.bounds import real_seconds
from tests.scenarios.harness import in_memory, open_house
from tests.scenarios.invariants import ALL
from tests.scenarios.tales import TALES, ending_of
from tests.scenarios.tales_outside import outside

POINTS = ("commit.before", "commit.after", "reply.after")


def told(tale: str, plan: list[tuple[str, int]]) -> tuple[dict[str, Any], int]:
    """Tell the tale in a house of its own; how it ended, and how many daemons died. All invariants hold, or this raises."""
    folder = Path(tempfile.mkdtemp(prefix="pk-", dir=in_memory()))

    async def live() -> tuple[dict[str, Any], int]:
        async with open_house(folder, ALL) as house:
            house.revive, house.point.plan = True, list(plan)
            with outside(house, tale):
                await house.start()
                ending = await ending_of(house, await TALES[tale](house))
        _neutral(ending, folder)
        return ending, house.point.fired

    try:
        with real_seconds(60):
            return trio.run(live, clock=MockClock(autojump_threshold=0))
    finally:
        shutil.rmtree(folder)


def _neutral(ending: dict[str, Any], folder: Path) -> None:
    """The definition names its folder, and so does its digest."""
    ending["digest"] = len(ending["digest"])
    assert folder.name not in str({name: value for name, value in ending.items() if name != "nodes"})


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("tale", list(TALES))
def test_a_death_at_each_point_changes_nothing_that_counts(tale: str, point: str) -> None:
    expected, _ = told(tale, [])
    for n in range(1, 200):
        ending, deaths = told(tale, [(point, n)])
        if deaths == 0:
            break
        assert ending == expected, f"{tale}: died at {point} number {n}"
    assert n > {"commit.before": 4, "commit.after": 4, "reply.after": 1}[point]


@pytest.mark.parametrize("tale", list(TALES))
def test_deaths_in_the_recovery_of_a_death_change_nothing_that_counts(tale: str) -> None:
    expected, _ = told(tale, [])
    died = 0
    for n in (2, 4, 6):
        for second in (1, 2):
            plan = [("commit.after", n), ("commit.after", second)]
            ending, deaths = told(tale, plan)
            assert ending == expected, f"{tale}: died at {plan}"
            died += deaths
    assert died >= 7

"""Telling a tale in a house of its own, with daemons that die at points of a plan, once for each point until none is left."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import trio
from trio.testing import MockClock

from tests.scenarios.bounds import real_seconds
from tests.scenarios.harness import House, in_memory, open_house
from tests.scenarios.invariants import ALL
from tests.scenarios.tales import ending_of
from tests.scenarios.tales_learning import LEARNING_TALES
from tests.scenarios.tales_outside import outside
from tests.scenarios.tooling import serve

__all__ = ["Plan", "Tale", "swept", "told"]

Plan = list[tuple[str, int]]
Tale = Callable[[House], Awaitable[str]]
MOST = 200


def told(tale: Tale, plan: Plan) -> tuple[dict[str, Any], int]:
    """How it ended, and how many daemons died. All invariants hold, or this raises."""
    folder = Path(tempfile.mkdtemp(prefix="pk-", dir=in_memory()))

    async def live() -> tuple[dict[str, Any], int]:
        async with open_house(folder, ALL) as house:
            house.revive, house.point.plan = True, list(plan)
            serve(house, read_only=("hammer", "saw"))
            if tale in LEARNING_TALES.values():
                house.configure("learning", enabled=True)
            with outside(house, tale):
                await house.start()
                ending = await ending_of(house, await tale(house))
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


def swept(tale: Tale, point: str, before: Plan | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """The tale with a death at the point, reached for the n-th time in the life that follows those of `before`: n, and how it ended.

    Ends where a telling is over before the point is reached that often.
    """
    first = before or []
    for n in range(1, MOST):
        ending, deaths = told(tale, [*first, (point, n)])
        if deaths <= len(first):
            return
        yield n, ending
    raise AssertionError(f"{point} is reached more often than anybody expects")

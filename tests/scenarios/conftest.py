"""The house in which stories happen, under virtual time. Every story ends with all invariants."""

from __future__ import annotations

import inspect
import shutil
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import evolve
from trio.testing import MockClock

from tests.scenarios.bounds import real_seconds
from tests.scenarios.gits import Repo, real_git
from tests.scenarios.harness import House, in_memory, open_house
from tests.scenarios.host import POINTS
from tests.scenarios.invariants import ALL
from tests.scenarios.oracle import Oracle, oracle_in
from tests.scenarios.told import ALWAYS

__all__ = ["d", "git", "h", "house", "o", "oracle", "place", "real", "repo"]

HERE = Path(__file__).parent


def _virtual(story: Callable[..., Awaitable[Any]], clock: None, instruments: Sequence[trio.abc.Instrument]) -> Any:
    with real_seconds(60):
        return trio.run(story, clock=MockClock(autojump_threshold=0), instruments=instruments)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories have virtual time, but those with real processes (fixture `real`)."""
    for item in items:
        if HERE in item.path.parents and "real" not in getattr(item, "fixturenames", ()) and _is_story(item):
            item.add_marker(pytest.mark.trio(run=_virtual))


def _is_story(item: pytest.Item) -> bool:
    return inspect.iscoroutinefunction(getattr(item, "obj", None))


@pytest.fixture(autouse=True)
def points() -> Generator[None, None, None]:
    """A story may put its own deaths at the points where a test may kill; the next test finds the real ones."""
    patched = [vars(module) for module in POINTS]
    real = [names["reach"] for names in patched]
    yield
    for names, reach in zip(patched, real, strict=True):
        names["reach"] = reach


@pytest.fixture
def place() -> Generator[Path, None, None]:
    """A short path: a socket's name may have 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="pk-", dir=in_memory()))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def house(place: Path) -> AsyncGenerator[House, None]:
    """No daemon yet: for stories that configure it first."""
    async with open_house(place, ALL) as made:
        yield made


@pytest.fixture
async def d(house: House) -> House:
    """A daemon that serves."""
    await house.start()
    return house


@pytest.fixture
async def h(house: House) -> House:
    """A daemon that tells histories as it goes."""
    house.config = evolve(house.config, projection=ALWAYS)
    await house.start()
    return house


@pytest.fixture
async def real(place: Path) -> AsyncGenerator[House, None]:
    """Real time, and a daemon that may start processes."""
    async with open_house(place, ALL, inline=False) as made:
        await made.start()
        yield made


@pytest.fixture
def oracle(house: House, monkeypatch: pytest.MonkeyPatch) -> Oracle:
    """Who answers gates of the types that daemons of this house have resolvers for."""
    return oracle_in(house, monkeypatch)


@pytest.fixture
async def o(house: House, oracle: Oracle) -> House:
    """A daemon with resolvers."""
    await house.start()
    return house


@pytest.fixture
def git() -> Generator[None, None, None]:
    """Git is asked for real, though time is not real."""
    with real_git():
        yield


@pytest.fixture
def repo(d: House, git: None) -> Repo:
    """A repository with one commit on `main`, for worktrees of it."""
    return Repo(d.folder / "repo")

"""The house in which stories happen. Every story ends with all invariants."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from trio.testing import MockClock

from tests.scenarios.harness import House, open_house
from tests.scenarios.invariants import ALL

__all__ = ["d", "house", "quick"]


@pytest.fixture
def place() -> Path:
    """A short path: a socket's name may have 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="pk-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def house(autojump_clock: MockClock, place: Path) -> AsyncGenerator[House, None]:
    """Virtual time, no daemon yet: for tests that configure it first."""
    async with open_house(place, ALL) as made:
        yield made


@pytest.fixture
async def d(house: House) -> House:
    """Virtual time, a daemon that serves."""
    await house.start()
    return house

"""Fixtures of the memory's tests: one contract, run over the inline and the threaded store."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import trio

from storage.store import Store
from tests.storage.support import Clock, open_store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "memory"


@pytest.fixture
def fast_folder() -> Iterator[Path]:
    """A place where a sync costs nothing, for tests that open a memory hundreds of times and never ask the disk to keep a promise."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="penstock-", dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture(params=["inline", "threaded"])
async def store(request: pytest.FixtureRequest, folder: Path, clock: Clock, nursery: trio.Nursery) -> AsyncIterator[Store]:
    """An open and served store, in both modes."""
    with open_store(folder, clock=clock, inline=request.param == "inline") as store:
        await nursery.start(store.serve)
        yield store

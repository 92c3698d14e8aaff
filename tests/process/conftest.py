"""Houses for the tests of this folder. A path must be short: a socket's has at most 107 bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.house import House
from tests.unmeasured import unmeasured

__all__ = ["house", "open_house", "unmeasured"]


@pytest.fixture
def house() -> Iterator[House]:
    """A folder without a daemon."""
    with tempfile.TemporaryDirectory(prefix="house-") as folder:
        place = House(Path(folder))
        try:
            yield place
        finally:
            place.clear()


@pytest.fixture(scope="module")
def open_house() -> Iterator[House]:
    """A daemon for all tests of a module that do it no lasting harm."""
    with tempfile.TemporaryDirectory(prefix="house-") as folder:
        place = House(Path(folder))
        place.config.write_text('[nodes]\nkill_grace = "1s"\n')
        place.start()
        try:
            yield place
            place.end()
        finally:
            place.clear()

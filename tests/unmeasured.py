"""Processes that begin without coverage, where starting it would be most of what they do and others have shown the same lines."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

__all__ = ["unmeasured"]


@pytest.fixture(autouse=True, scope="module")
def unmeasured() -> Iterator[None]:
    """For all tests of a module, and for what its own fixtures start."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
            patch.delenv(name)
        yield

"""A guardian that really starts processes, for those who need one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio

from actors.node.guardian.guardian import Guardian
from tests.actors.node.support import INTERPRETER, tagged, unique


@pytest.fixture
async def guardian(nursery: trio.Nursery) -> AsyncIterator[Guardian]:
    """One that is heard. Afterwards nothing of it is left."""
    guardian = Guardian(unique("store"), interpreter=INTERPRETER)
    async with trio.open_nursery() as hearing:
        await hearing.start(guardian.serve)
        yield guardian
        hearing.cancel_scope.cancel()
    assert tagged(guardian.tag) == []

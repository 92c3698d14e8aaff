from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio

from actors.node.guardian.guardian import Guardian
from tests.actors.node.support import INTERPRETER, tagged, unique
from tests.actors.outside.served import Server, serving


@pytest.fixture
async def web(nursery: trio.Nursery) -> AsyncIterator[Server]:
    """A server on the loopback."""
    async with serving() as server:
        yield server


@pytest.fixture
async def guardian(nursery: trio.Nursery) -> AsyncIterator[Guardian]:
    """One that is heard. Afterwards nothing of it is left."""
    guardian = Guardian(unique("store"), interpreter=INTERPRETER)
    async with trio.open_nursery() as hearing:
        await hearing.start(guardian.serve)
        yield guardian
        hearing.cancel_scope.cancel()
    assert tagged(guardian.tag) == []

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio

from tests.actors.outside.served import Server, serving


@pytest.fixture
async def web(nursery: trio.Nursery) -> AsyncIterator[Server]:
    """A server on the loopback."""
    async with serving() as server:
        yield server

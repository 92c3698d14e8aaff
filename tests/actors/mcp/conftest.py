"""A guardian, and servers that run under it as programs of the tests."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.config.mcp import McpServer
from actors.mcp.connect import Connector
from actors.mcp.servers import BRANCH, Servers
from actors.node.guardian.guardian import Guardian
from supervision import ChildSpec, Dynamic, Supervisor, System
from supervision.clock import SystemClock
from tests.actors.outside.served import Server, serving

SCRIPT = Path(__file__).with_name("server.py")
Made = Callable[..., McpServer]


def program(manner: str = "well", *words: str, name: str = "tests", **more: Any) -> McpServer:
    """A server of that manner."""
    return McpServer(name, command=(sys.executable, "-I", "-S", str(SCRIPT), manner, *words), **more)


@pytest.fixture
async def guardian(nursery: trio.Nursery) -> Guardian:
    made = Guardian(f"tests-{os.getpid()}")
    await nursery.start(made.serve)
    return made


@pytest.fixture
async def web(nursery: trio.Nursery) -> AsyncGenerator[Server, None]:
    """A server on the loopback."""
    async with serving() as made:
        yield made


@pytest.fixture
def connector(guardian: Guardian, tmp_path: Path) -> Connector:
    environ = {"PATH": os.environ["PATH"], "OPENAI_API_KEY": "sk-secret-of-models", "SHOWN": "1", "HIDDEN": "2"}
    return Connector(guardian, environ, ("PATH", "OPENAI_API_KEY"), ("OPENAI_API_KEY",), tmp_path)


class Served:
    """Servers in a tree of their own."""

    def __init__(self, connector: Connector, nursery: trio.Nursery) -> None:
        self._connector, self._nursery = connector, nursery
        self.system: System

    async def start(self, *servers: McpServer) -> Servers:
        self.system = System(Supervisor(children=[ChildSpec(BRANCH, lambda: Dynamic(intensity=1000, period=1.0))]), clock=SystemClock())
        await self._nursery.start(self.system.run)
        return Servers(servers, self._connector.wire, lambda: self.system)


@pytest.fixture
async def served(connector: Connector, nursery: trio.Nursery) -> AsyncGenerator[Served, None]:
    """Ends its tree before the guardian goes."""
    made = Served(connector, nursery)
    yield made
    if hasattr(made, "system"):
        made.system.stop()
        with trio.CancelScope(shield=True):
            await made.system.wait_ended()

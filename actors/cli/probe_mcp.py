"""MCP servers of the configuration, started without a daemon: whether each is greeted and says what tools it has. Nothing of them stays."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from actors.mcp.connect import Connector
from actors.mcp.session import Session
from actors.node.guardian.guardian import Guardian
from actors.outside.trouble import Trouble

if TYPE_CHECKING:
    from actors.config import Config
    from actors.config.mcp import McpServer

__all__ = ["probe_servers"]

Found = dict[str, tuple[str, int, int]]


def probe_servers(config: Config, environ: Mapping[str, str]) -> Found:
    """What is wrong with each server, how many tools it has, and how many more that no agent can use. All at the same time."""
    with tempfile.TemporaryDirectory() as folder:  # for what they write to standard error
        return trio.run(_probe, config, environ, Path(folder))


async def _probe(config: Config, environ: Mapping[str, str], folder: Path) -> Found:
    guardian = Guardian(f"doctor-{os.getpid()}")
    keys = [backend.key_env for backend in config.backends if backend.key_env is not None]
    connector = Connector(guardian, environ, config.flow.script_inherit_env, keys, folder)
    found: Found = {}
    async with trio.open_nursery() as nursery:
        await nursery.start(guardian.serve)
        async with trio.open_nursery() as probes:
            for server in config.mcp:
                probes.start_soon(_one, server, connector, found)
        nursery.cancel_scope.cancel()
    return found


async def _one(server: McpServer, connector: Connector, found: Found) -> None:
    session = Session(server, connector.wire(server))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(session.run)
        try:
            await session.settled()
            catalog = await session.tools()
            found[server.name] = "", len(catalog.tools), len(catalog.left_out)
        except Trouble as trouble:
            found[server.name] = str(trouble), 0, 0
        nursery.cancel_scope.cancel()

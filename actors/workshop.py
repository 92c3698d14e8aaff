"""What the attempts of one daemon share: guardian, tools, and what agents need. Made when the first attempt asks for it."""

from __future__ import annotations

import os
from functools import cached_property, partial
from typing import TYPE_CHECKING

import trio

from actors.agent.house import House
from actors.agent.tools.sandbox import FILTER
from actors.mcp.servers import Servers
from actors.mcp.source import Outfitter
from actors.privacy import private_places

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.agent.backends import Backends
    from actors.config import Config
    from actors.config.mcp import McpServer
    from actors.ledger.prices import PriceTable
    from actors.mcp.wire import Wire
    from actors.node.guardian.guardian import Guardian
    from actors.node.tools import Tools
    from actors.paths import Places
    from actors.secrets.vault import Vault
    from actors.telemetry.meter import Meter
    from storage import Store
    from supervision import Clock, System

__all__ = ["FileBlobs", "Workshop"]


class Workshop:
    """Guardian and tools of this daemon: made when the first attempt asks for them, since they cost what many runs never need.

    `agents` is what its agents need, `servers` those of MCP, whose actors live in `system`; `wires` instead of the usual ways to them.
    `vault` knows the secrets.
    """

    def __init__(
        self, places: Places, store: Store, config: Config, clock: Clock, backends: Backends, prices: PriceTable, meter: Meter,
        vault: Vault, system: Callable[[], System], *, inline: bool, wires: Callable[[McpServer], Wire] | None = None,
    ) -> None:  # fmt: skip
        self._store = store
        self._config = config
        self._inline = inline
        self._data = places.data
        self.vault = vault
        self.servers = Servers(config.mcp, wires or self._wire, system)
        self.agents = House(
            store, clock, backends, prices, places.data / FILTER, meter, private=partial(private_places, places, config),
            http_hosts=config.tools.http_hosts,
            policy=config.tools.policy, outfitter=Outfitter(self.servers, store, clock), redactor=vault.redactor,
        )  # fmt: skip

    def _wire(self, server: McpServer) -> Wire:
        from actors.mcp.connect import Connector  # noqa: PLC0415 - only daemons with such servers pay

        keys = [backend.key_env for backend in self._config.backends if backend.key_env is not None]
        return Connector(self.guardian, os.environ, self._config.flow.script_inherit_env, keys, self._data).wire(server)

    @cached_property
    def guardian(self) -> Guardian:
        """The daemon's side of the guardian; its process starts with the first command."""
        from actors.node.guardian.guardian import Guardian as Made  # noqa: PLC0415 - only runs with attempts pay
        from actors.node.guardian.limits import Limits  # noqa: PLC0415 - as above

        nodes = self._config.nodes
        limits = Limits(nodes.max_cpu_s, nodes.max_memory_mib, nodes.max_processes, nodes.max_open_files, nodes.max_file_mib)
        return Made(str(self._store.info()["store"]), limits=limits)

    @cached_property
    def tools(self) -> Tools:
        """What attempts share."""
        from actors.node.tools import NodeSettings  # noqa: PLC0415 - as above
        from actors.node.tools import Tools as Made  # noqa: PLC0415 - as above

        settings = NodeSettings(
            kill_grace_ms=self._config.nodes.kill_grace_ms,
            inherit_env=self.vault.harmless(self._config.flow.script_inherit_env),
            inline_imports=self._inline,
            http_hosts=self._config.flow.http_hosts,
        )
        return Made(self.guardian, FileBlobs(self._store, inline=self._inline), settings, agents=self.agents, vault=self.vault)


class FileBlobs:
    """The store's contents, as attempts hand files to them."""

    def __init__(self, store: Store, *, inline: bool) -> None:
        self._store = store
        self._inline = inline

    async def put_file(self, fd: int) -> tuple[str, int]:
        """Store everything that the descriptor reads from its beginning; its SHA-256 in hex, and its size in bytes."""
        self._store.look_at_the_clock()
        os.lseek(fd, 0, os.SEEK_SET)
        size = os.fstat(fd).st_size
        if self._inline:
            return self._store.blobs.put_file(fd), size
        return await trio.to_thread.run_sync(self._store.blobs.put_file, fd), size

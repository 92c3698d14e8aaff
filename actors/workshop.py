"""What the attempts of one daemon share: guardian, tools, and what agents need. Made when the first attempt asks for it."""

from __future__ import annotations

import os
from functools import cached_property, partial
from typing import TYPE_CHECKING

import trio

from actors.agent.house import House
from actors.privacy import private_places

if TYPE_CHECKING:
    from actors.agent.backends import Backends
    from actors.config import Config
    from actors.ledger.prices import PriceTable
    from actors.node.guardian.guardian import Guardian
    from actors.node.tools import Tools
    from actors.paths import Places
    from actors.telemetry.meter import Meter
    from storage import Store
    from supervision import Clock

__all__ = ["FileBlobs", "Workshop"]


class Workshop:
    """Guardian and tools of this daemon: made when the first attempt asks for them, since they cost what many runs never need.

    `agents` is what its agents need.
    """

    def __init__(
        self, places: Places, store: Store, config: Config, clock: Clock, backends: Backends, prices: PriceTable, meter: Meter,
        *, inline: bool,
    ) -> None:  # fmt: skip
        self._store = store
        self._config = config
        self._inline = inline
        private = partial(private_places, places, config)
        self.agents = House(store, clock, backends, prices, meter, private=private, http_hosts=config.tools.http_hosts)

    @cached_property
    def guardian(self) -> Guardian:
        """The daemon's side of the guardian; its process starts with the first command."""
        from actors.node.guardian.guardian import Guardian as Made  # noqa: PLC0415 - only runs with attempts pay

        return Made(str(self._store.info()["store"]))

    @cached_property
    def tools(self) -> Tools:
        """What attempts share."""
        from actors.node.tools import NodeSettings  # noqa: PLC0415 - as above
        from actors.node.tools import Tools as Made  # noqa: PLC0415 - as above

        settings = NodeSettings(
            kill_grace_ms=self._config.nodes.kill_grace_ms,
            inherit_env=self._config.flow.script_inherit_env,
            inline_imports=self._inline,
        )
        return Made(self.guardian, FileBlobs(self._store, inline=self._inline), settings, agents=self.agents)


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

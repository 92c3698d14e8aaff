"""The lives of one data folder's daemons, one after the other, and the clients that speak to them through the socket."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import trio
from attrs import define, evolve, field

from actors.agent.backends import Backends
from actors.config import Config
from actors.config.sections import Projection
from actors.config.sections_learning import Learning
from actors.paths import Places
from tests.scenarios.canary import canary_in
from tests.scenarios.client import Client, Lost, new_request_id
from tests.scenarios.clock import WallClock
from tests.scenarios.history import CHANGING, History, Life
from tests.scenarios.host import CrashPoint, Host
from tests.scenarios.models import Backstage
from tests.scenarios.records import Records
from tests.scenarios.script import Script
from tests.scenarios.tooling import Bench

__all__ = ["Lives", "in_memory"]

MEMORY = "/dev/shm"
SILENT_S = 30.0


def in_memory() -> str | None:
    """Where stories keep their folders: they die without losing power, so a disk that forgets is good enough, and much faster."""
    return MEMORY if os.access(MEMORY, os.W_OK) else None


QUIET = Projection(poll_every_ms=360_000_000)
"""In stories that are not about histories, those are told at the end of a daemon only."""
SILENT = Learning(enabled=False)
"""In stories that are not about learning, endings are the last that logs say."""


@define(eq=False)
class Lives:
    """`nursery` carries the daemons. `script` says what python nodes do, `models` what agents do, unless `backends` do it.
    MCP servers are those of the `bench`, unless it does not serve.

    With `revive` a dead daemon is followed by the next one.
    """

    folder: Path
    nursery: trio.Nursery
    clock: WallClock
    script: Script
    config: Config = field()
    history: History = field(factory=History)
    point: CrashPoint = field(factory=CrashPoint)
    inline: bool = True
    models: Backstage = field(factory=Backstage)
    backends: Backends | None = None
    bench: Bench = field(factory=Bench)
    serves: bool = True
    revive: bool = False
    host: Host | None = None
    _client: Client | None = None

    @config.default
    def _with_canary(self) -> Config:
        self.folder.mkdir(exist_ok=True)
        return Config(secrets=(canary_in(self.folder),), projection=QUIET, learning=SILENT)

    @property
    def places(self) -> Places:
        return Places(self.folder / "data", self.folder / "data" / "run" / "control.sock", self.folder / "penstock.toml")

    # Daemons

    async def start(self) -> None:
        """Start a daemon and return when it serves. Raises what refuses the start."""
        life = Life(len(self.history.lives), trio.current_time())
        self.history.lives.append(life)
        self.host = Host(
            self.places, self.config, self.clock, life, self.point, inline=self.inline, backends=self.backends or self.models,
            wires=self.bench.wire if self.serves else None,
        )  # fmt: skip
        if self.revive:
            self.nursery.start_soon(self._live_on, self.host)
            while not self.host.up.is_set():
                await self.host.known.wait()
                await trio.lowlevel.checkpoint()
        else:
            await self.nursery.start(self.host.run)

    async def _live_on(self, host: Host) -> None:
        await host.run()
        self.note_logs()
        if host.life.ending == "crash" and self.revive:
            await self.start()

    async def stop(self) -> None:
        """End the daemon in order; one that is about to revive is let live first."""
        while self.revive and self.host is not None and not self.host.up.is_set():
            await self.host.known.wait()
            await trio.lowlevel.checkpoint()
        self.revive = False
        if self.host is not None:
            await self.host.end_in_order()
            await self._gone()

    async def crash(self) -> None:
        """The daemon dies on the spot."""
        assert self.host is not None
        self.host.abandon()
        await self.host.over.wait()
        await self._gone()

    async def restart(self, *, crash: bool = False) -> None:
        """The next daemon in the same folder."""
        await (self.crash() if crash else self.stop())
        await self.start()

    async def _gone(self) -> None:
        self.host = None
        await self.hang_up()
        self.note_logs()

    def note_logs(self) -> None:
        """Picture all logs as the ended daemon left them."""
        self.history.logs.append(Records.read(self.places.data).logs)

    def configure(self, section: str, **values: Any) -> None:
        """Settings for daemons that start from now on."""
        self.config = evolve(self.config, **{section: evolve(getattr(self.config, section), **values)})

    # Clients

    async def client(self) -> Client:
        """A new connection."""
        return await Client.connect(self.places.socket, self.history)

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask over the common connection. With `revive`, a request whose answer got lost is asked again of the next daemon."""
        if self.revive and method in CHANGING and "request_id" not in params:
            params["request_id"] = new_request_id()
        while True:
            try:
                return await (await self._common()).call(method, params)
            except (Lost, OSError):
                await self.hang_up()
                if not self.revive:
                    raise
                await trio.sleep(0.01)

    async def _common(self) -> Client:
        """The common connection; a new one where the daemon has hung up on a silent one."""
        if self._client is None or self._client.silent_s > SILENT_S:
            await self.hang_up()
            self._client = await self.client()
        return self._client

    async def hang_up(self) -> None:
        """End the common connection; the next call makes another."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

"""A house with one data folder: its daemons one after the other, its clients, its workflow folder. Stories speak through the socket only."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Collection, Iterable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, evolve, field

from actors.config import Config
from actors.paths import Places
from tests.scenarios.client import Client, Lost, Refused, follow, new_request_id
from tests.scenarios.clock import WallClock
from tests.scenarios.history import CHANGING, History, Life
from tests.scenarios.host import CrashPoint, Host
from tests.scenarios.records import Records
from tests.scenarios.script import Script

__all__ = ["ENDED", "House", "in_memory", "open_house"]

ENDED = ("completed", "failed", "cancelled", "blocked")
MEMORY = "/dev/shm"
PATIENCE_S = 20_000.0
SILENT_S = 30.0


def in_memory() -> str | None:
    """Where stories keep their folders: they die without losing power, so a disk that forgets is good enough, and much faster."""
    return MEMORY if os.access(MEMORY, os.W_OK) else None


@define(eq=False)
class House:
    """`nursery` carries the daemons. `script` says what python nodes do. With `revive` a dead daemon is followed by the next one."""

    folder: Path
    nursery: trio.Nursery
    clock: WallClock
    script: Script
    config: Config = field(factory=Config)
    history: History = field(factory=History)
    point: CrashPoint = field(factory=CrashPoint)
    inline: bool = True
    revive: bool = False
    host: Host | None = None
    _client: Client | None = None

    @property
    def places(self) -> Places:
        return Places(self.folder / "data", self.folder / "data" / "run" / "control.sock", self.folder / "penstock.toml")

    # Daemons

    async def start(self) -> None:
        """Start a daemon and return when it serves. Raises what refuses the start."""
        life = Life(len(self.history.lives), trio.current_time())
        self.history.lives.append(life)
        self.host = Host(self.places, self.config, self.clock, life, self.point, inline=self.inline)
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
            await trio.sleep(0.01)
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

    async def refused(self, method: str, **params: Any) -> Refused:
        """Ask what must be declined; the refusal."""
        with pytest.raises(Refused) as caught:
            await self.call(method, **params)
        return caught.value

    # Runs

    async def put(self, text: str) -> dict[str, Any]:
        return await self.call("workflow.put", text=text, folder=str(self.script.folder))

    async def begin(self, text: str, **params: Any) -> str:
        """Start a run of this definition; its id."""
        started = await self.call("run.start", text=text, folder=str(self.script.folder), **params)
        return str(started["run_id"])

    async def run(self, run_id: str) -> dict[str, Any]:
        return dict((await self._read("run.get", run_id=run_id))["run"])

    async def _read(self, method: str, **params: Any) -> dict[str, Any]:
        while True:
            try:
                async with await self.client() as client:
                    return await client.call(method, params)
            except (Lost, OSError):
                if not self.revive:
                    raise
                await trio.sleep(0.01)

    async def nodes(self, run_id: str) -> dict[str, dict[str, Any]]:
        """Its nodes by id."""
        return {node["node_id"]: node for node in (await self.run(run_id))["nodes"]}

    async def statuses(self, run_id: str) -> dict[str, str]:
        """Node id to status."""
        return {node_id: str(node["status"]) for node_id, node in (await self.nodes(run_id)).items()}

    async def events(self, run_id: str) -> list[dict[str, Any]]:
        """Its whole log."""
        found: list[dict[str, Any]] = []
        while True:
            page = (await self._read("run.events", run_id=run_id, after=len(found)))["events"]
            found += page
            if not page:
                return found

    async def names(self, run_id: str, only: Collection[str] = ()) -> list[str]:
        """The names of its events, in order."""
        return [event["event"] for event in await self.events(run_id) if not only or event["event"] in only]

    async def run_until(self, run_id: str, *statuses: str, within: float = PATIENCE_S) -> dict[str, Any]:
        """Follow the run until its status is one of these (default: it has ended); the run."""
        wanted = statuses or ENDED
        return await self.when(run_id, lambda run: run["status"] in wanted, within=within)

    async def when(self, run_id: str, holds: Callable[[dict[str, Any]], bool], *, within: float = PATIENCE_S) -> dict[str, Any]:
        """Follow the run until `holds` does; the run. Raises TooSlowError, or AssertionError when it has ended without that."""
        with trio.fail_after(within):
            while True:
                try:
                    async with aclosing(follow(self.places.socket, self.history, run_id)) as events:
                        async for _ in events:
                            run = await self.run(run_id)
                            if holds(run):
                                return run
                except (Lost, OSError):
                    if not self.revive:
                        raise
                    await trio.sleep(0.01)
                    continue
                run = await self.run(run_id)
                assert holds(run), f"the run ended as {run['status']}: {run.get('detail')}"
                return run

    async def decide(self, run_id: str, decision: str, **params: Any) -> dict[str, Any]:
        return await self.call("gate.decide", run_id=run_id, decision=decision, **params)

    async def gate(self, run_id: str, **params: Any) -> dict[str, Any]:
        """The open gate."""
        return dict((await self.call("gate.get", run_id=run_id, **params))["gate"])

    async def why(self, run_id: str) -> list[str]:
        """The codes of the reasons that `why` gives."""
        return [reason["code"] for reason in (await self.call("run.why", run_id=run_id))["reasons"]]


@asynccontextmanager
async def open_house(
    folder: Path, checks: Iterable[Callable[[Records, History], list[str]]], *, inline: bool = True
) -> AsyncGenerator[House, None]:
    """A house whose first daemon is up; at its end the daemon is ended in order, and every invariant is checked."""
    script = Script.open(folder / "flows")
    async with trio.open_nursery() as nursery:
        house = House(folder, nursery, WallClock(), script, inline=inline)
        yield house
        await house.stop()
        house.history.overlaps, house.history.effects, house.history.jumps = script.overlaps, script.calls(), house.clock.jumps
        nursery.cancel_scope.cancel()
    house.history.forget_unread()
    records = Records.read(house.places.data).without(house.history.unread)
    broken = [problem for check in checks for problem in check(records, house.history)]
    assert broken == [], broken

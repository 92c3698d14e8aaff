"""A house: daemons, clients, and what stories do with runs. Stories speak through the socket only."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Iterable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define

from tests.scenarios.canary import leaks
from tests.scenarios.client import Lost, Refused, follow
from tests.scenarios.clock import WallClock
from tests.scenarios.history import History
from tests.scenarios.lives import Lives, in_memory
from tests.scenarios.records import Records
from tests.scenarios.script import Script

__all__ = ["ENDED", "House", "in_memory", "open_house"]

ENDED = ("completed", "failed", "cancelled", "blocked")
PATIENCE_S = 20_000.0


@define(eq=False)
class House(Lives):
    """One data folder with its workflow folder, as stories see it."""

    async def refused(self, method: str, **params: Any) -> Refused:
        """Ask what must be declined; the refusal."""
        with pytest.raises(Refused) as caught:
            await self.call(method, **params)
        return caught.value

    async def answer(self, method: str, **params: Any) -> str:
        """The status in the answer, or the code of the refusal. Over a connection of its own."""
        async with await self.client() as client:
            try:
                return str((await client.call(method, params))["status"])
            except Refused as refused:
                return refused.code

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
    if house.models.requests and house.config.secrets:
        broken += leaks(house.places.data)
    assert broken == [], broken

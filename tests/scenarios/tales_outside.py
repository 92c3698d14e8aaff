"""Canonical scenarios with somebody outside: who answers gates, and who is told. What is outside does not die with the daemons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
import trio
from attrs import Factory, define

import actors.notification.actor
from actors.notification.delivery import Hook, Parcel
from actors.outside.trouble import Trouble
from actors.resolver.answers import Said
from actors.resolver.registry import Context
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.oracle import oracle_in
from tests.scenarios.script import fail

__all__ = ["OUTSIDE_TALES", "outside"]

MANY = 12
PATIENCE_S = 600


@define
class World:
    """The forge says yes 20 s after it was asked first, and fails once; the chat takes everything at the second time."""

    first_ms: int | None = None
    failed: bool = False
    tries: dict[str, int] = Factory(dict)
    heard: dict[str, bytes] = Factory(dict)

    async def poll(self, run_id: str, params: Mapping[str, Any], run_ctx: Context) -> Said:
        self.first_ms = self.first_ms if self.first_ms is not None else run_ctx.now_ms
        if not self.failed:
            self.failed = True
            raise Trouble("http_timeout", "no answer")
        return Said("approved", "all green") if run_ctx.now_ms >= self.first_ms + 20_000 else Said("pending")

    async def deliver(self, hook: Hook, way: str, parcel: Parcel) -> None:
        name = parcel.notification_id
        self.tries[name] = self.tries.get(name, 0) + 1
        if self.tries[name] < 2:
            raise Trouble("program_failed", "the chat is away")
        known = self.heard.setdefault(name, parcel.body)
        assert known == parcel.body, f"{name} says something else the second time"


WORLDS: dict[int, World] = {}


@contextmanager
def outside(house: House, tale: Callable[[House], Awaitable[str]]) -> Generator[None, None, None]:
    """Where the tale has somebody outside he is there, for all daemons of the house."""
    if tale not in OUTSIDE_TALES.values():
        yield
        return
    world = WORLDS[id(house)] = World()
    with pytest.MonkeyPatch.context() as patched:
        oracle = oracle_in(house, patched)
        patched.setattr(oracle.__class__, "poll", lambda _, *asked: world.poll(*asked))
        patched.setattr(actors.notification.actor, "deliver", world.deliver)
        house.configure("notify", command=("tell",))
        yield
    del WORLDS[id(house)]


async def _resolved(house: House) -> str:
    run_id = await house.begin(flow(step("a"), "{id: g, gate: pr_checks, needs: [a]}", step("b", "needs: [g]")))
    await house.run_until(run_id)
    await _all_told(house, run_id, ["workflow:{}:g:1:decided"])
    return run_id


async def _told(house: House) -> str:
    house.script.on("b", *[fail("broken")] * MANY)
    run_id = await house.begin(flow(step("a"), gate("ask", "needs: [a]"), step("b", "needs: [ask]")))
    await house.run_until(run_id, "awaiting_approval", "failed")
    if (await house.run(run_id))["open_gates"]:
        await house.decide(run_id, "approve", request_id="yes")
    await house.run_until(run_id)
    ending = len(await house.events(run_id)) - 1  # the report is noted after it
    await _all_told(house, run_id, ["workflow:{}:ask:1:opened", "workflow:{}:ask:1:decided", f"{{}}:{ending}"])
    return run_id


async def _all_told(house: House, run_id: str, expected: list[str]) -> None:
    """Everything that is to be told is taken in the end, and nothing else."""
    world = WORLDS[id(house)]
    for _ in range(PATIENCE_S):
        if (await house.call("system.info")).get("notifications") == {"sent": len(expected)}:
            break
        await trio.sleep(1)
    assert sorted(world.heard) == sorted(name.format(run_id) for name in expected)
    assert all(orjson.loads(body)["run_id"] == run_id for body in world.heard.values())


OUTSIDE_TALES: dict[str, Callable[[House], Awaitable[str]]] = {"resolved": _resolved, "told": _told}

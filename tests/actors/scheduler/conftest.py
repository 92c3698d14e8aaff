"""The scheduler's actor over a real memory, with somebody in the registrar's place who only listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define

from actors.run.messages import Launch
from actors.scheduler.actor import Scheduler
from actors.scheduler.messages import QueueNow, Tick
from actors.services import Services
from storage import Acquire, Append, Headline, NewEvent, Transaction
from supervision import ChildSpec, System
from supervision.testing import Probe, run_tree, settled
from tests.actors.run.house import Now, services_at

__all__ = ["Desk", "desk"]

BORN = 1_700_000_000_000


@define(eq=False)
class Desk:
    """`write` puts a run's line into the catalog, with a claim where it runs; `start` brings the scheduler up."""

    services: Services
    registrar: Probe
    nursery: trio.Nursery
    system: System | None = None
    actor: Scheduler | None = None

    async def write(self, run_id: str, status: str, **more: Any) -> None:
        fields: dict[str, Any] = {"created_ms": BORN, "updated_ms": BORN, "group": "w", **more}
        head, known = self.services.store.journal.head(run_id), self.services.store.claims.get(run_id)
        epoch = known.epoch if known is not None else 0
        claim = Acquire("me", epoch + 1, 30_000) if status == "running" else None
        held = epoch if known is not None and known.claimant is not None else None
        append = Append(
            run_id, head, (NewEvent("noted", b"{}"),), None if claim else held, Headline(run_id, "run", status, **fields), claim
        )
        await self.services.store.commit(Transaction(self.services.clock.now_ms(), (append,)))

    async def start(self, slots: int = 2, **more: Any) -> None:
        """Bring the scheduler up; it ticks when a test says so."""
        self.actor = actor = Scheduler(self.services, slots, 60.0, **more)
        self.system = await self.nursery.start(self._run, actor)

    async def _run(self, actor: Scheduler, *, task_status: trio.TaskStatus[System]) -> None:
        children = (ChildSpec("registrar", lambda: self.registrar), ChildSpec("scheduler", lambda: actor))
        async with run_tree(children, clock=self.services.clock) as system:
            task_status.started(system)
            await trio.sleep_forever()

    async def tell(self, message: Any) -> None:
        assert self.system is not None
        await self.system.ref("scheduler").tell(message)
        await settled()

    async def ask(self, request: Any) -> Any:
        assert self.system is not None
        answer = await self.system.ref("scheduler").ask(request, timeout=1)
        await settled()
        return answer

    async def compare(self) -> None:
        """As many ticks as there are from one comparison to the next."""
        for _ in range(10):
            await self.tell(Tick())

    def pass_time(self, ms: int) -> None:
        clock = self.services.clock
        assert isinstance(clock, Now)
        clock.now += ms

    def launched(self) -> list[str]:
        """Who was launched since the last time one asked."""
        found = [message.run_id for message in self.registrar.received if isinstance(message, Launch)]
        self.registrar.received.clear()
        return found

    async def known(self) -> dict[str, str]:
        """What each run has, or why it waits."""
        found = await self.ask(QueueNow(100))
        active = {run["run_id"]: run["holds"] for run in found["active"]}
        return active | {run["run_id"]: run.get("queue_reason", "starting") for run in found["waiting"]}


@pytest.fixture
async def desk(tmp_path: Path, nursery: trio.Nursery) -> AsyncIterator[Desk]:
    with services_at(tmp_path / "data") as services:
        await nursery.start(services.store.serve)
        yield Desk(services, Probe(), nursery)
        nursery.cancel_scope.cancel()

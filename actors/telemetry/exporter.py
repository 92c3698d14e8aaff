"""Tells a collector of runs: reads the log behind the work, makes spans of it, and posts them. Nothing waits for it, and it keeps nothing.

What was told is remembered as a position in the log. A collector that is away is waited for; when more than 100,000 events lie between,
the oldest are left out, and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from attrs import frozen

from actors.outside.trouble import Trouble, not_before
from actors.outside.web import Request, fetch, prepare
from actors.telemetry.otlp import again, encode, rejected
from actors.telemetry.reading import Reading
from actors.version import VERSION
from storage import StreamDamaged
from supervision import Actor

if TYPE_CHECKING:
    from actors.outside.web import Reply
    from actors.services import Services
    from actors.telemetry.collector import Collector
    from actors.telemetry.cursor import Cursor
    from actors.telemetry.spans import Span

__all__ = ["BACKLOG", "FAREWELL_S", "Export", "Exporter"]

PAGE = 64
BATCH = 512
BACKLOG = 100_000
EVERY_S = 2.0
PATIENCE_S = 10.0
FAREWELL_S = 0.4
"""The whole tree has a second for its end."""
SLOWEST_S = 60.0


@frozen
class Export:
    """Told to itself: look whether there is something to tell."""


class Exporter(Actor[Export]):
    """At each look all that is new, in batches; the position moves when a batch was taken or refused for good."""

    accepts = (Export,)

    def __init__(self, services: Services, collector: Collector, cursor: Cursor) -> None:
        self._services = services
        self._collector = collector
        self._cursor = cursor
        self._reading = Reading(services, content=collector.content)
        self._position = 0
        self._pending: list[Span] = []
        self._upto = 0
        self._fails = 0
        self._not_before = 0.0
        self._trouble = collector.problem

    async def started(self) -> None:
        self._position = self._upto = self._cursor.read(self._services.store.journal.position())
        self._keep()  # from here on, whoever comes next knows where to begin
        if not self._collector.problem:
            self.spawn(prepare)
            self.tick(EVERY_S, Export())

    async def receive(self, message: Export) -> None:
        """One look. While the collector is in trouble, the next try waits longer each time."""
        if trio.current_time() >= self._not_before:
            await self._tell_all(PATIENCE_S)

    async def stopped(self) -> None:
        """What is new is told once more; what cannot be told now the next daemon tells."""
        if not self._collector.problem:
            with trio.move_on_after(FAREWELL_S):
                await self._tell_all(FAREWELL_S)

    def status(self) -> str:
        """What it has told, for the tree."""
        told = self._services.meter.total("spans_exported")
        return f"{told:.0f} spans told, {self.behind} events behind" + (f"; {self._trouble}" if self._trouble else "")

    @property
    def behind(self) -> int:
        """Events of the log that nobody was told of yet."""
        return max(0, self._services.store.journal.position() - self._position)

    async def _tell_all(self, patience_s: float) -> None:
        self._leave_out()
        while await self._gather():
            if self._pending and not await self._post(patience_s):
                return
            self._taken()
        self._taken()

    def _leave_out(self) -> None:
        """A collector that was away for so long hears of the newest work first."""
        newest = self._services.store.journal.position()
        if newest - self._upto > BACKLOG:
            self._services.meter.add("telemetry_events_dropped", amount=newest - BACKLOG - self._upto)
            self._upto = newest - BACKLOG

    async def _gather(self) -> bool:
        """Read on until there is a batch, or nothing more; whether there may be something to post."""
        while len(self._pending) < BATCH:
            try:
                page = self._services.store.journal.since(self._upto, PAGE)
            except StreamDamaged as damaged:
                self._trouble = str(damaged)
                return bool(self._pending)
            if not page:
                return bool(self._pending)
            self._pending += self._reading.spans(page)
            self._upto = page[-1][0]
            await trio.lowlevel.checkpoint()
        return True

    async def _post(self, patience_s: float) -> bool:
        """Whether the batch is settled: taken, or refused for good."""
        where = self._collector
        body = encode(where.resource, "penstock", VERSION, self._pending)
        headers = {"Content-Type": "application/json", **where.headers}
        try:
            reply = await fetch(Request("POST", where.url, patience_s, headers, body))
        except Trouble as trouble:
            return self._later(trouble.message, None)
        if again(reply.status):
            return self._later(f"the collector answers {reply.status}", not_before(reply.headers, self._services.clock.now_ms()))
        self._settle(reply)
        return True

    def _settle(self, reply: Reply) -> None:
        taken = reply.status in range(200, 300)
        refused = rejected(reply.body) if taken else len(self._pending)
        self._trouble = "" if taken else f"the collector refuses spans: {reply.status}"
        self._services.meter.add("spans_exported", amount=len(self._pending) - refused)
        self._services.meter.add("spans_refused", amount=refused)
        self._fails, self._not_before = 0, 0.0

    def _later(self, trouble: str, not_before_ms: int | None) -> bool:
        self._services.meter.add("telemetry_posts_failed")
        self._fails += 1
        self._trouble = trouble
        pause_s = min(SLOWEST_S, EVERY_S * 2 ** min(self._fails, 10))
        if not_before_ms is not None:
            pause_s = max(pause_s, (not_before_ms - self._services.clock.now_ms()) / 1000)
        self._not_before = trio.current_time() + pause_s
        return False

    def _taken(self) -> None:
        self._pending.clear()
        if self._upto != self._position:
            self._position = self._upto
            self._keep()

    def _keep(self) -> None:
        try:
            self._cursor.write(self._position)
        except OSError as error:
            self._trouble = f"the position cannot be kept: {error.strerror}"

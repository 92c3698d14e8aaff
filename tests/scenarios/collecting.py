"""A collector of spans without a network, for stories in virtual time."""

from __future__ import annotations

from collections.abc import Callable

import trio
from attrs import Factory, define
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from actors.outside.trouble import Trouble
from actors.outside.web import Reply, Request
from tests.actors.telemetry.collected import spans_of

__all__ = ["TAKEN", "Collector", "away", "prepared"]

TAKEN = Reply(200, {}, b"{}")


@define
class Collector:
    """The other side, without a network. `mood` answers each batch, or raises."""

    bodies: list[bytes] = Factory(list)
    requests: list[Request] = Factory(list)
    mood: Callable[[int], Reply] = lambda _: TAKEN
    _heard: trio.Event = Factory(trio.Event)

    async def fetch(self, request: Request) -> Reply:
        self.requests.append(request)
        reply = self.mood(len(self.requests))
        if reply.status == 200 and request.body is not None:
            self.bodies.append(request.body)
            self._heard.set()
        return reply

    @property
    def spans(self) -> list[Span]:
        return [span for body in self.bodies for span in spans_of(body)]

    async def told(self, name: str, count: int = 1) -> list[Span]:
        """All spans, when so many of that name are here."""
        with trio.fail_after(1_000):
            while sum(span.name == name for span in self.spans) < count:
                self._heard = trio.Event()
                await self._heard.wait()
        return self.spans


async def prepared() -> None:
    """There is no library to be had."""


def away(_: int) -> Reply:
    """Nobody listens."""
    raise Trouble("http_unreachable", "nobody listens")

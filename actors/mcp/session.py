"""One life with a server: its greeting, what it has, uses of its tools, its end. Penstock's own client of the protocol.

The protocol's own library (`mcp` 2.3) is not used. It starts servers itself, beside our guardian; it keeps a line without an end whole and
goes over all of it again with each piece (48 MB took 21 s of processor time and 160 MB of memory), and reads HTTP answers without a bound;
its import takes a second and 66 MB, with 14 packages that nothing else here needs. What it would spare is this file and `rpc`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count
from typing import Any, Final

import trio
from attrs import Factory, define

from actors.config.mcp import McpServer
from actors.mcp import rpc
from actors.mcp.catalog import MOST_TOOLS, Catalog, Row, read_catalog, read_row
from actors.mcp.wire import Wire
from actors.outside.trouble import Trouble
from storage.strict_json import BadJson

__all__ = ["Session"]

MOST_PAGES: Final = 64
MOST_GARBAGE: Final = 100
"""Lines that are no messages. Some programs write their log where the messages go."""
PING_S: Final = 10.0


@define(eq=False)
class _Waiter:
    """Somebody who waits for an answer."""

    heard: trio.Event = Factory(trio.Event)
    message: Mapping[str, Any] | None = None
    trouble: Trouble | None = None

    def result(self) -> Mapping[str, Any]:
        if self.trouble is not None:
            raise _again(self.trouble)
        assert self.message is not None
        return rpc.result_of(self.message)


class Session:
    """`ended` says why it is over, None while it is not. `catalog` are its tools as it last told them, `about` how it calls itself."""

    def __init__(self, server: McpServer, wire: Wire) -> None:
        self.server = server
        self.ended: Trouble | None = None
        self.catalog: Catalog | None = None
        self.about = ""
        self.version = ""
        self.has_tools = False
        self._wire = wire
        self._numbers = count(1)
        self._waiting: dict[int, _Waiter] = {}
        self._garbage = self._changes = 0
        self._settled = trio.Event()
        self._over = trio.Event()

    @property
    def ready(self) -> bool:
        """Whether it has been greeted and is not over."""
        return self._settled.is_set() and self.ended is None

    async def run(self) -> Trouble:
        """Live with the server until it is gone or has become useless; why. When cancelled, the server has ended."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._carry)
            with trio.CancelScope() as greeting:
                nursery.start_soon(self._cut, greeting)
                await self._greet()
            await self._over.wait()
            nursery.cancel_scope.cancel()
        assert self.ended is not None
        return self.ended

    async def _carry(self) -> None:
        self.end(await self._wire.run(self._take))

    async def _cut(self, greeting: trio.CancelScope) -> None:
        await self._over.wait()
        greeting.cancel()

    def end(self, trouble: Trouble) -> None:
        """It is over; all who wait learn why. Harmless when it is over already."""
        if self.ended is None:
            self.ended = trouble
            self._settled.set()
            self._over.set()
            for waiter in self._waiting.values():
                waiter.trouble = waiter.trouble or trouble
                waiter.heard.set()

    async def settled(self) -> None:
        """Wait until it has been greeted. Raises Trouble when it is over."""
        await self._settled.wait()
        if self.ended is not None:
            raise _again(self.ended)

    async def _greet(self) -> None:
        start_s = self.server.start_ms / 1000
        try:
            self._met(await self._request("initialize", rpc.greeting(), start_s, hint="mcp.NAME.start bounds that"))
            self._wire.agreed(self.version)
            await self._wire.send(rpc.notice("notifications/initialized"))
        except Trouble as trouble:
            self.end(trouble)
        self._settled.set()

    def _met(self, result: Mapping[str, Any]) -> None:
        self.version = rpc.text_of(result.get("protocolVersion"), 40)
        if self.version not in rpc.VERSIONS:
            known = ", ".join(rpc.VERSIONS)
            raise Trouble("mcp_version_unsupported", f"the server speaks version {self.version!r} of the protocol; spoken are {known}")
        info, able = result.get("serverInfo"), result.get("capabilities")
        if isinstance(info, Mapping):
            self.about = f"{rpc.text_of(info.get('name'), 80)} {rpc.text_of(info.get('version'), 40)}".strip()
        self.has_tools = isinstance(able, Mapping) and "tools" in able

    async def tools(self) -> Catalog:
        """Ask for its tools. Raises Trouble."""
        rows: list[Row] = []
        params: dict[str, Any] = {}
        changes, self.catalog = self._changes, None
        for _ in range(MOST_PAGES if self.has_tools else 0):
            page = await self._request("tools/list", params, self.server.start_ms / 1000)
            found = page.get("tools")
            if not isinstance(found, list):
                raise Trouble("mcp_malformed", "the server's answer to tools/list holds no list of tools")
            for one in found[: MOST_TOOLS + 1]:
                rows.append(read_row(one))
                await trio.lowlevel.checkpoint()  # each may take milliseconds
            cursor = page.get("nextCursor")
            if not isinstance(cursor, str) or not cursor or len(rows) > MOST_TOOLS:
                break
            params = {"cursor": cursor}
        catalog = read_catalog(self.server, rows)
        if changes == self._changes:  # else it is asked for again by the next who needs it
            self.catalog = catalog
        return catalog

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Use a tool; its result. Raises Trouble. Cancelling tells the server that nobody waits any more."""
        params = {"name": tool, "arguments": dict(arguments)}
        return await self._request("tools/call", params, self.server.timeout_ms / 1000, hint="mcp.NAME.timeout bounds that")

    async def ping(self) -> None:
        """Whether it lives: where it does not answer, it is over."""
        try:
            await self._request("ping", {}, PING_S)
        except Trouble as trouble:
            if trouble.code != "mcp_refused":
                self.end(Trouble("mcp_server_hung", f"the server does not answer any more: {trouble.message}"))

    async def _request(self, method: str, params: Mapping[str, Any], seconds: float, *, hint: str = "") -> Mapping[str, Any]:
        if self.ended is not None:
            raise _again(self.ended)
        number, waiter = next(self._numbers), _Waiter()
        self._waiting[number] = waiter
        try:
            with trio.move_on_after(seconds):
                answered = await self._wire.send(rpc.request(number, method, params))
                if answered and not waiter.heard.is_set():
                    raise Trouble("mcp_broken_off", f"the server's answer to {method} ended before it was whole")
                await waiter.heard.wait()
            if not waiter.heard.is_set():
                said = hint.replace("NAME", self.server.name)
                raise Trouble("mcp_timeout", f"the server has not answered {method} after {seconds:g} s{'; ' + said if said else ''}")
        finally:
            del self._waiting[number]
            if not waiter.heard.is_set() and method != "initialize":
                self._wire.send_soon(rpc.notice("notifications/cancelled", {"requestId": number, "reason": "nobody waits any more"}))
        return waiter.result()

    def _take(self, data: bytes) -> Collection[object]:
        try:
            found = rpc.messages(data)
        except BadJson as error:
            self._garbage += 1
            if self._garbage > MOST_GARBAGE:
                self.end(Trouble("mcp_malformed", f"the server sends what is no message: {error}"))
            return ()
        return [number for message in found if (number := self._hear(message)) is not None]

    def _hear(self, message: dict[str, Any]) -> object:
        """The number of the request that this answers."""
        if "method" in message:
            if "id" in message:
                self._wire.send_soon(rpc.reply(message))
            elif message["method"] == "notifications/tools/list_changed":
                self._changes, self.catalog = self._changes + 1, None
            return None
        number = message.get("id")
        waiter = self._waiting.get(number) if isinstance(number, int) else None
        if waiter is not None and not waiter.heard.is_set():
            waiter.message = message
            waiter.heard.set()
        return number


def _again(trouble: Trouble) -> Trouble:
    """The same for one who waits: an error that is raised in several tasks at once would collect all their traces."""
    return Trouble(trouble.code, trouble.message)

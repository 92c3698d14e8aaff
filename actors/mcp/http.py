"""A server that runs elsewhere, over streamable HTTP: each message is a request of its own, answered as JSON or as a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import trio
from attrs import define, field

from actors.agent.provider.border import encode, excerpt
from actors.agent.provider.sse import Events, EventTooLarge
from actors.mcp.rpc import MOST_BYTES
from actors.mcp.wire import Take
from actors.outside.trouble import Trouble
from actors.outside.web import Line, http_client, load_http

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx2

__all__ = ["Address", "Http"]

MOST_WAITING: Final = 64
FAREWELL_S: Final = 2.0
AGAIN_S: Final = 10.0
SOON_S: Final = 10.0
REFUSAL_BYTES: Final = 2_000
JSON: Final = "application/json"
STREAM: Final = "text/event-stream"
LOST: Final = 404
SHORTEST_SECRET: Final = 8
LONGEST_SESSION: Final = 1_000


@define
class Address:
    """Where it is, and what is sent along. `secret` is taken out of everything that comes back."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    secret: str = field(default="", repr=False)


class Http:
    """A wire. `address` is asked when it runs, and raises Trouble where the server cannot be spoken to as it is configured."""

    def __init__(self, address: Callable[[], Address]) -> None:
        self._find = address
        self._address = Address("", {})
        self._client: httpx2.AsyncClient | None = None
        self._open, self._known, self._over = trio.Event(), trio.Event(), trio.Event()
        self._version = self._session = ""
        self._trouble: Trouble | None = None
        self._soon, self._posts = trio.open_memory_channel[Mapping[str, Any]](MOST_WAITING)
        self._take: Take = _nobody

    def agreed(self, version: str) -> None:
        self._version = version
        self._known.set()

    def send_soon(self, message: Mapping[str, Any]) -> None:
        with suppress(trio.WouldBlock):
            self._soon.send_nowait(message)

    async def run(self, take: Take) -> Trouble:
        self._take = take
        try:
            self._address = self._find()
        except Trouble as trouble:
            return trouble
        await load_http()
        async with http_client() as self._client:
            self._open.set()
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._post_soon)
                    nursery.start_soon(self._listen)
                    await self._over.wait()
                    nursery.cancel_scope.cancel()
            finally:
                await self._farewell()
        assert self._trouble is not None
        return self._trouble

    async def send(self, message: Mapping[str, Any]) -> bool:
        await self._open.wait()
        async with self._exchange("POST", encode(message)) as response:
            if self._session and response.status_code == LOST:
                self._lost()
            if response.status_code >= 300 or response.status_code < 200:
                raise await self._refused(response)
            self._session = self._session or _session_of(response)
            form = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
                raise Trouble("mcp_malformed", "the server packed its answer, which nobody has asked for")
            if form == STREAM:
                await self._stream(response, message.get("id"))
            elif "id" in message:
                if form != JSON:
                    raise Trouble(
                        "mcp_malformed", f"the answer is neither {JSON} nor {STREAM}, so the address may be that of something else"
                    )
                self._heard(await _body(response, MOST_BYTES))
        return True

    def _lost(self) -> None:
        """The server knows nothing of the session any more: it has done nothing, and a new one can be begun."""
        self._trouble = Trouble("mcp_session_lost", "the server has forgotten the session")
        self._over.set()
        raise self._trouble

    async def _refused(self, response: httpx2.Response) -> Trouble:
        said = excerpt(self._hiding(await _body(response, REFUSAL_BYTES, cut=True)).decode("utf-8", "replace"), 150)
        if response.status_code in (401, 403):
            return Trouble("mcp_unauthorized", f"the server answers HTTP {response.status_code}; see its token and headers: {said}")
        if response.is_redirect:
            return Trouble(
                "mcp_redirected", "the server's address leads elsewhere, which is not followed; set the new address if it is right"
            )
        return Trouble("mcp_http_status", f"the server answers HTTP {response.status_code}: {said}")

    async def _stream(self, response: httpx2.Response, number: object) -> None:
        """Reads until the request is answered. Cancelled rather than left: only that closes the library's generators in their order."""
        events, too_large = Events(), False
        with trio.CancelScope() as reading:
            async for piece in response.aiter_raw():
                try:
                    if any(number in self._heard(event.data) for event in events.feed(piece)):
                        reading.cancel()
                except EventTooLarge:
                    too_large = True
                    reading.cancel()
        if too_large:
            raise Trouble("mcp_too_large", f"the server sent a message of more than {MOST_BYTES} bytes")

    def _heard(self, data: bytes) -> Collection[object]:
        return self._take(self._hiding(data))

    def _hiding(self, data: bytes) -> bytes:
        secret = self._address.secret.encode()
        return data.replace(secret, b"***") if len(secret) >= SHORTEST_SECRET else data

    async def _post_soon(self) -> None:
        """What nobody waits for: where it does not arrive, nobody misses it."""
        async for message in self._posts:
            with suppress(Trouble), trio.move_on_after(SOON_S):
                await self.send(message)

    async def _listen(self) -> None:
        """What the server says unasked, where it has a way to: that its tools have changed."""
        await self._known.wait()
        while True:
            with suppress(Trouble):
                async with self._exchange("GET") as response:
                    if response.status_code != 200:
                        return
                    await self._stream(response, None)
            await trio.sleep(AGAIN_S)

    async def _farewell(self) -> None:
        if self._session and self._trouble is None:
            with trio.CancelScope(shield=True), suppress(Trouble), trio.move_on_after(FAREWELL_S):
                async with self._exchange("DELETE"):
                    return

    @asynccontextmanager
    async def _exchange(self, method: str, body: bytes | None = None) -> AsyncGenerator[httpx2.Response, None]:
        """One request; within it the answer. Raises Trouble `mcp_unreachable`, `mcp_broken_off`."""
        assert self._client is not None
        if self._client.is_closed:
            raise Trouble("mcp_broken_off", "the exchange with the server is over")
        library, opened = await load_http(), Line()
        headers = {
            **self._address.headers, "accept": f"{JSON}, {STREAM}" if method == "POST" else STREAM, "accept-encoding": "identity",
        }  # fmt: skip
        headers |= {"content-type": JSON} if body is not None else {}
        headers |= {"mcp-session-id": self._session} if self._session else {}
        headers |= {"mcp-protocol-version": self._version} if self._version else {}
        try:
            async with self._client.stream(
                method, self._address.url, headers=headers, content=body, extensions={"trace": opened.trace}
            ) as response:
                yield response
        except library.ConnectError as error:
            raise Trouble("mcp_unreachable", f"the server cannot be reached: {error}") from None
        except (library.HTTPError, library.InvalidURL, library.StreamError) as error:
            raise Trouble("mcp_broken_off", f"the exchange with the server broke off ({type(error).__name__})") from None
        finally:
            await opened.hang_up()


def _session_of(response: httpx2.Response) -> str:
    name: str = response.headers.get("mcp-session-id", "")
    if len(name) > LONGEST_SESSION or not name.isascii() or (name and not name.isprintable()):
        raise Trouble("mcp_malformed", "the server's name for the session is none: printable ASCII is")
    return name


def _nobody(data: bytes) -> Collection[object]:
    return ()


async def _body(response: httpx2.Response, most: int, *, cut: bool = False) -> bytes:
    """All of it, or its beginning. Raises Trouble `mcp_too_large`."""
    body = bytearray()
    with trio.CancelScope() as reading:
        async for piece in response.aiter_raw():
            body += piece[: most + 1 - len(body)]
            if len(body) > most:
                reading.cancel()
    if len(body) > most and not cut:
        raise Trouble("mcp_too_large", f"the server sent a message of more than {most} bytes")
    return bytes(body[:most])

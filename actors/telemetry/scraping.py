"""Numbers over HTTP for a Prometheus on the same machine: one path, one method, on the loopback alone, bounded in time and size.

A web page that a browser of this machine has open may send requests here, too: so the name by which it asks must be that of the loopback.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import trio

from supervision import Actor

__all__ = ["Scraped", "answer_to"]

MOST = 8
LARGEST = 8 << 10
PATIENCE_S = 5.0
AGAIN_S = 30.0
HOSTS = ("127.0.0.1", "[::1]", "localhost")
END = b"\r\n\r\n"


class Scraped(Actor[None]):
    """`text` makes what is answered. An address that somebody else has is tried again; nothing else waits for that."""

    def __init__(self, address: str, text: Callable[[], Awaitable[str]]) -> None:
        self._address = address
        self._text = text
        self._asked = self._open = 0
        self._trouble = ""

    async def main(self) -> None:
        """Serve until stopped."""
        host, _, port = self._address.rpartition(":")
        while True:
            try:
                listeners = await trio.open_tcp_listeners(int(port), host=host.strip("[]"))
            except OSError as error:
                self._trouble = f"cannot listen: {error.strerror or error}"
                await trio.sleep(AGAIN_S)
            else:
                self._trouble = ""
                await trio.serve_listeners(self._serve, listeners)

    def status(self) -> str:
        """Where, and how often it was asked."""
        return f"http://{self._address}/metrics: " + (self._trouble or f"{self._asked} times asked")

    async def _serve(self, stream: trio.SocketStream) -> None:
        async with stream:
            if self._open >= MOST:
                return
            self._open += 1
            try:
                with trio.move_on_after(PATIENCE_S), suppress(trio.BrokenResourceError):
                    await self._answer(stream)
            finally:
                self._open -= 1

    async def _answer(self, stream: trio.SocketStream) -> None:
        head = b""
        while END not in head:
            chunk = await stream.receive_some(LARGEST)
            head += chunk
            if not chunk or len(head) > LARGEST:
                return
        status = answer_to(head)
        body = (await self._text()).encode() if status == "200 OK" else f"{status}\n".encode()
        self._asked += 1
        lines = [f"HTTP/1.1 {status}", "Content-Type: text/plain; version=0.0.4; charset=utf-8", f"Content-Length: {len(body)}"]
        await stream.send_all("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)


def answer_to(head: bytes) -> str:
    """The status line's end for a request with that head."""
    first, *lines = head.partition(END)[0].decode("latin-1").split("\r\n")
    hosts = [value.strip() for name, _, value in (line.partition(":") for line in lines) if name.lower() == "host"]
    if len(hosts) != 1 or (hosts[0] not in HOSTS and hosts[0].rpartition(":")[0] not in HOSTS):
        return "403 Forbidden"
    method, _, rest = first.partition(" ")
    if rest.partition(" ")[0].partition("?")[0] != "/metrics":
        return "404 Not Found"
    return "200 OK" if method == "GET" else "405 Method Not Allowed"

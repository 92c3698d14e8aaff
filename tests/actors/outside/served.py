"""A small HTTP server on the loopback, in the test's own loop: it keeps what it was asked, and answers what it is told to."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import orjson
import trio
from attrs import Factory, define, frozen

__all__ = ["Asked", "Server", "answer", "serving"]


@frozen
class Asked:
    """One request as it came, headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@define
class Server:
    """`respond` gets each request and answers the bytes that are sent; None: nothing is ever sent."""

    url: str = ""
    asked: list[Asked] = Factory(list)
    respond: Callable[[Asked], bytes | None] = lambda _: answer(200)

    async def handle(self, stream: trio.SocketStream) -> None:
        """One connection, one request."""
        async with stream:
            data = b""
            while b"\r\n\r\n" not in data:
                chunk = await stream.receive_some()
                if not chunk:
                    return
                data += chunk
            head, _, body = data.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            while len(body) < int(headers.get("content-length", "0")):
                body += await stream.receive_some()
            method, path, _ = first.split(" ")
            request = Asked(method, path, headers, body)
            self.asked.append(request)
            reply = self.respond(request)
            if reply is None:
                await trio.sleep_forever()
            else:
                with suppress(trio.BrokenResourceError):  # who asked has heard enough
                    await stream.send_all(reply)


def answer(status: int, body: Any = None, /, **headers: str) -> bytes:
    """A whole answer; the body as JSON unless it is bytes. Underscores in names of headers stand for dashes."""
    data = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(data)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


@asynccontextmanager
async def serving() -> AsyncGenerator[Server, None]:
    """One that listens until the end of the block."""
    server = Server()
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, server.handle, 0, host="127.0.0.1"))

        server.url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        yield server
        nursery.cancel_scope.cancel()

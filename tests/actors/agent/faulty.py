"""A service on loopback that answers as it is told, connection by connection: also wrongly, in halves, or never."""

from __future__ import annotations

import gzip
import json
import socket
import struct
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import trio
from attrs import Factory, define, frozen

__all__ = ["Asked", "Faulty", "Reply", "anthropic_events", "chat_chunk", "chat_events", "event", "faulty", "packed", "whole"]


@frozen
class Reply:
    """What one connection gets. `raw` stands for head and all; without a length the end of the connection ends the body.

    `then` happens behind the last piece: `close`, `reset` (RST), or `hang` until the client goes.
    """

    pieces: Sequence[bytes] = ()
    status: int = 200
    headers: Mapping[str, str] = Factory(lambda: {"Content-Type": "text/event-stream"})
    then: Literal["close", "reset", "hang"] = "close"
    raw: bool = False
    reads: bool = True


@define
class Asked:
    """What one connection sent."""

    path: str
    headers: dict[str, str]
    body: Any


@define
class Faulty:
    """The server at work. `closed` counts the connections that the client closed while they hung."""

    replies: list[Reply]
    asked: list[Asked] = Factory(list)
    port: int = 0
    closed: int = 0
    hung_up: trio.Event = Factory(trio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, stream: trio.SocketStream) -> None:
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        try:
            if reply.reads:
                self.asked.append(await _request(stream))
            if not reply.raw:
                head = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
                if reply.pieces or reply.then != "hang":
                    await stream.send_all(f"HTTP/1.1 {reply.status} Said\r\nConnection: close\r\n{head}\r\n".encode())
            for piece in reply.pieces:
                await stream.send_all(piece)
            if reply.then == "hang":
                while await stream.receive_some(65536):
                    pass
                self._hung_up()
            if reply.then == "reset":
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except trio.BrokenResourceError:
            self._hung_up()
        finally:
            await stream.aclose()

    def _hung_up(self) -> None:
        self.closed += 1
        self.hung_up.set()


async def _request(stream: trio.SocketStream) -> Asked:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive_some(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += await stream.receive_some(65536)
    return Asked(first.split()[1], headers, json.loads(body))


@asynccontextmanager
async def faulty(*replies: Reply) -> AsyncGenerator[Faulty, None]:
    """Serves the replies in order; the last one is repeated."""
    server = Faulty(list(replies))
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        server.port = listeners[0].socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, server.serve, listeners)
        yield server
        nursery.cancel_scope.cancel()


def event(data: Any, name: str = "") -> bytes:
    """One server-sent event; `data` is JSON, or text that stays as it is."""
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode("utf-8", "surrogatepass")


def chat_chunk(delta: Mapping[str, Any] | None = None, finish: str | None = None, **more: Any) -> bytes:
    """A piece of a chat completion."""
    choices = [{"index": 0, "delta": delta or {}, "finish_reason": finish}] if delta is not None or finish else []
    return event({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m-2026", "choices": choices, **more})


def chat_events(*texts: str, finish: str = "stop", done: bool = True) -> list[bytes]:
    """A whole chat completion of these pieces of text, 12 tokens in and 5 out."""
    usage = {"prompt_tokens": 12, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}
    said = [chat_chunk({"content": text}) for text in texts]
    return [chat_chunk({"role": "assistant"}), *said, chat_chunk({}, finish), chat_chunk(usage=usage), *([event("[DONE]")] if done else [])]


def anthropic_events(*blocks: Mapping[str, Any], stop: str = "end_turn") -> list[bytes]:
    """A whole message: `{"text": …}` or `{"id": …, "name": …, "input": TEXT}`; 3 fresh, 20 cached and 10 stored tokens in, 7 out."""
    counted = {"input_tokens": 3, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 10, "output_tokens": 1}
    found = [_named("message_start", message={"id": "msg_1", "model": "claude-x", "content": [], "usage": counted})]
    for i, block in enumerate(blocks):
        if "text" in block:
            begun: dict[str, Any] = {"type": "text", "text": ""}
            delta = {"type": "text_delta", "text": block["text"]}
        else:
            begun = {"type": "tool_use", "id": block["id"], "name": block["name"], "input": {}}
            delta = {"type": "input_json_delta", "partial_json": block["input"]}
        found += [
            _named("content_block_start", index=i, content_block=begun),
            _named("ping"),
            _named("content_block_delta", index=i, delta=delta),
            _named("content_block_stop", index=i),
        ]
    return [*found, _named("message_delta", delta={"stop_reason": stop}, usage={"output_tokens": 7}), _named("message_stop")]


def _named(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, kind)


def whole(*texts: str) -> Reply:
    """An answer with nothing wrong about it."""
    return Reply(chat_events(*texts))


def packed(size: int) -> Reply:
    """Little that becomes much: `size` bytes of one event, packed."""
    headers = {"Content-Type": "text/event-stream", "Content-Encoding": "gzip"}
    return Reply([gzip.compress(b"data: " + b"x" * size)], headers=headers)

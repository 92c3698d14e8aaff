"""A client of the control socket in the test's own loop. Each request is written into the history before it is sent."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Self

import orjson
import trio

from tests.scenarios.canary import told_of
from tests.scenarios.history import CHANGING, Followed, History, Op

__all__ = ["Client", "Lost", "Refused", "follow"]

_ids = itertools.count(1)


class Lost(Exception):
    """The connection ended before an answer came: nobody knows what became of the request."""


class Refused(Exception):
    """The daemon declined."""

    def __init__(self, code: str, message: str, data: dict[str, Any]) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.data = code, message, data


def new_request_id() -> str:
    """One that no other request of this process has."""
    return f"req-{next(_ids)}"


class Client:
    """One connection; one request at a time."""

    def __init__(self, stream: trio.SocketStream, history: History) -> None:
        self._stream = stream
        self._history = history
        self._buffer = b""
        self._turn = trio.Lock()
        self._heard_s = trio.current_time()

    @property
    def silent_s(self) -> float:
        """How long nothing was said here."""
        return trio.current_time() - self._heard_s

    @classmethod
    async def connect(cls, path: Path, history: History) -> Self:
        """Raises OSError when nobody listens."""
        return cls(await trio.open_unix_socket(str(path)), history)

    async def close(self) -> None:
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Ask and wait. A changing request without a request id gets one. Raises Refused, Lost."""
        if method in CHANGING and "request_id" not in params:
            params = {**params, "request_id": new_request_id()}
        history = self._history
        op = Op(len(history.ops), method, params, trio.current_time(), len(history.lives))
        history.ops.append(op)
        try:
            async with self._turn:
                await self.send({"jsonrpc": "2.0", "id": op.number + 1, "method": method, "params": params})
                message = await self.next(op.number + 1)
        except Lost:
            op.outcome = "unknown"
            raise
        finally:
            op.ended_s = self._heard_s = trio.current_time()
        return _take(op, message)

    async def send(self, message: dict[str, Any]) -> None:
        """One line."""
        try:
            await self._stream.send_all(orjson.dumps(message) + b"\n")
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise Lost(str(error)) from error

    async def next(self, number: int | None = None) -> dict[str, Any]:
        """The next message, or the next answer to request `number`."""
        while True:
            line = await self._line()
            message: dict[str, Any] = orjson.loads(line)
            if message.get("params", {}).get("closed", {}).get("code") == "shutting_down":
                raise Lost("the daemon stops")
            if number is None or message.get("id") == number:
                return message

    async def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            try:
                chunk = await self._stream.receive_some()
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                raise Lost(str(error)) from error
            if not chunk:
                raise Lost("closed by the daemon")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        assert not told_of(line), line
        return line


def _take(op: Op, message: dict[str, Any]) -> dict[str, Any]:
    if "error" in message:
        error = message["error"]
        op.outcome, op.code, op.data = "fail", str(error["data"]["code"]), error["data"]
        raise Refused(op.code, error["message"], op.data)
    op.outcome, op.result = "ok", message["result"]
    return op.result


async def follow(path: Path, history: History, run_id: str, after: int = 0) -> AsyncGenerator[dict[str, Any], None]:
    """Every event of the run behind `after`, until it has ended for good. Raises Refused, Lost."""
    async with aclosing(_notices(path, history, "run.follow", {"run_id": run_id, "after": after})) as notices:
        followed = Followed(run_id, after, [])
        history.followed.append(followed)
        async for notice in notices:
            if "closed" in notice:
                raise Refused(notice["closed"]["code"], notice["closed"]["message"], notice["closed"])
            if notice.get("end"):
                return
            if "event" in notice:
                followed.events.append(notice["event"])
                yield notice["event"]


async def _notices(path: Path, history: History, method: str, params: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
    async with await Client.connect(path, history) as client:
        await client.send({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        answer = await client.next(1)
        if "error" in answer:
            error = answer["error"]
            raise Refused(error["data"]["code"], error["message"], error["data"])
        while True:
            message = await client.next()
            yield message["params"]

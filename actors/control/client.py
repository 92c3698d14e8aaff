"""The client of the control socket: blocking, on the standard library alone, so that a command starts fast. One thread uses one client."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

__all__ = ["CallRefused", "Client", "Disconnected", "NoDaemon", "Stream"]

_CHUNK = 64 << 10
_MESSAGE = 8 << 20
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25
_BRIEFLY = 0.0001


class NoDaemon(Exception):
    """Nobody listens on the socket, or it cannot be reached. `denied` when the system refused us."""

    def __init__(self, path: Path, reason: str, *, denied: bool = False) -> None:
        super().__init__(f"no daemon answers on {path}: {reason}")
        self.path, self.denied = path, denied


class Disconnected(Exception):
    """The daemon went away, or answered with something that is no answer."""


class CallRefused(Exception):
    """The daemon declined. `code` is its snake_case word, `number` the one of JSON-RPC, `data` the values its message names."""

    def __init__(self, number: int, message: str, data: dict[str, Any]) -> None:
        super().__init__(message)
        self.number, self.message, self.data = number, message, data
        self.code = str(data.get("code", "internal"))


class Client:
    """One connection. Requests are answered in order; notifications that arrive meanwhile are kept for `next_notification`."""

    def __init__(self, path: Path, *, patience: float = 0.0, timeout: float = 60.0) -> None:
        """Connect to the socket at `path`, trying for `patience` seconds; `timeout` bounds each wait for an answer, in seconds."""
        self._socket = _connect(path, patience)
        self._timeout = timeout
        self._buffer = bytearray()
        self._searched = 0
        self._notifications: list[dict[str, Any]] = []
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; what the daemon was asked goes on there."""
        self._socket.close()

    def fileno(self) -> int:
        """For select: readable when something may have arrived."""
        return self._socket.fileno()

    def call(self, method: str, params: dict[str, Any] | None = None, *, timeout: float | None = None) -> dict[str, Any]:
        """Ask and wait. Raises CallRefused, Disconnected."""
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params or {}})
        deadline = time.monotonic() + (self._timeout if timeout is None else timeout)
        while True:
            message = self._receive(deadline - time.monotonic())
            if message is None:
                raise Disconnected(f"no answer to {method} in time; the request may still take effect")
            if "method" in message:
                self._notifications.append(message)
            elif message.get("id") in (self._number, None):
                return _outcome(message)

    def next_notification(self, timeout: float) -> dict[str, Any] | None:
        """The params of the next notification, with its method as `method`; None when none came in `timeout` seconds."""
        message = self._notifications.pop(0) if self._notifications else self._receive(timeout)
        return None if message is None else {**message.get("params", {}), "method": message.get("method")}

    def _send(self, message: dict[str, Any]) -> None:
        self._socket.settimeout(self._timeout)
        try:
            self._socket.sendall(json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
        except OSError as error:
            # A daemon that closes in anger says why first, and that line may be waiting.
            with contextlib.suppress(Disconnected):
                if (last := self._receive(0.2)) is not None and "error" in last:
                    _outcome(last)
            raise Disconnected(f"the daemon closed the connection: {error.strerror or error}") from None

    def _receive(self, timeout: float) -> dict[str, Any] | None:
        deadline = time.monotonic() + timeout
        while (end := self._buffer.find(b"\n", self._searched)) < 0:
            self._searched = len(self._buffer)
            if not self._read(max(_BRIEFLY, deadline - time.monotonic())):
                return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return _object(line)

    def _read(self, timeout: float) -> bool:
        """Whether bytes came in time."""
        self._socket.settimeout(timeout)
        try:
            chunk = self._socket.recv(_CHUNK)
        except TimeoutError:
            return False
        except OSError as error:
            raise Disconnected(f"the connection broke: {error.strerror or error}") from None
        if not chunk or len(self._buffer) > _MESSAGE:
            raise Disconnected("the daemon closed the connection" if not chunk else "the daemon sent a line beyond all bounds")
        self._buffer += chunk
        return True


class Stream:
    """A subscription on a connection of its own: iterate it, or `poll` it between other things."""

    def __init__(self, client: Client, method: str, params: dict[str, Any]) -> None:
        self._client = client
        self.ended = False
        self.subscription = client.call(method, params)["subscription"]

    def fileno(self) -> int:
        """For select."""
        return self._client.fileno()

    def poll(self, timeout: float) -> dict[str, Any] | None:
        """The next event, or None when none came in time or the stream has ended. Raises CallRefused when the daemon cut us off."""
        while not self.ended:
            params = self._client.next_notification(timeout)
            if params is None:
                return None
            if (closed := params.get("closed")) is not None:
                raise CallRefused(0, str(closed.get("message", "")), dict(closed))
            self.ended = bool(params.get("end"))
            if "event" in params:
                return dict(params["event"])
        return None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while not self.ended:
            if (event := self.poll(3600.0)) is not None:
                yield event


def _connect(path: Path, patience: float) -> socket.socket:
    deadline = time.monotonic() + patience
    pause = _FIRST_PAUSE
    while True:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            link.connect(str(path))
        except OSError as error:
            link.close()
            if time.monotonic() + pause > deadline:
                nobody = isinstance(error, FileNotFoundError | ConnectionRefusedError)
                reason = "nobody listens" if nobody else error.strerror or str(error)
                raise NoDaemon(path, reason, denied=isinstance(error, PermissionError)) from None
        else:
            return link
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        raise Disconnected("the daemon sent something that is not JSON") from None
    if not isinstance(value, dict):
        raise Disconnected("the daemon sent something that is no message")
    return value


def _outcome(message: dict[str, Any]) -> dict[str, Any]:
    if (error := message.get("error")) is not None:
        raise CallRefused(int(error["code"]), str(error["message"]), dict(error.get("data") or {}))
    return dict(message["result"])

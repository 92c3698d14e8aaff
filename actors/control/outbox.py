"""The write side of one connection: a bounded queue of lines and the task that sends them. Whoever fills it waits here, never elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

import trio

from actors.control import protocol
from actors.control.limits import Limits

__all__ = ["ByteSink", "CutOff", "Outbox"]


class CutOff(Exception):
    """The connection takes no more lines: args (reason,), `slow_reader` or `gone`."""


class ByteSink(Protocol):
    """A socket, as far as writing goes: sends some of the bytes and says how many."""

    def send(self, data: memoryview, /) -> Awaitable[int]: ...


class Outbox:
    """At most `unsent` bytes wait (one line may be larger, alone); each piece must go within the stall time or the reader is cut off."""

    def __init__(self, sink: ByteSink, limits: Limits, redact: Callable[[bytes], bytes] = bytes) -> None:
        self._sink = sink
        self._limits = limits
        self._redact = redact
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._changed = trio.Event()
        self.cut: str | None = None

    async def put(self, line: bytes) -> None:
        """Queue a line, without the secrets in it, waiting for room. Raises CutOff."""
        line = self._redact(line)
        while self.cut is None and self._size and self._size + len(line) > self._limits.unsent:
            await self._changed.wait()
        if self.cut is not None:
            raise CutOff(self.cut)
        self._lines.append(line)
        self._size += len(line)
        self._tell()

    async def drained(self, within: float) -> None:
        """Wait until all lines are out or the connection is cut, at most `within` seconds."""
        with trio.move_on_after(within):
            while self._size and self.cut is None:
                await self._changed.wait()

    async def run(self) -> str:
        """Send what is queued for as long as the peer takes it; returns why it ended."""
        reason = "gone"
        try:
            while True:
                while not self._lines:
                    await self._changed.wait()
                if not await self._send(self._lines[0]):
                    reason = "slow_reader"
                    return reason
                self._size -= len(self._lines.popleft())
                self._tell()
        except (OSError, trio.ClosedResourceError):
            return reason
        finally:
            self.cut = reason
            self._lines.clear()
            self._size = 0
            self._tell()

    async def _send(self, line: bytes) -> bool:
        rest = memoryview(line)
        while rest:
            piece = rest[: self._limits.piece]
            with trio.move_on_after(self._limits.stall) as patience:
                while piece:
                    sent = await self._sink.send(piece)
                    piece, rest = piece[sent:], rest[sent:]
            if patience.cancelled_caught:
                await self._explain(rest)
                return False
        return True

    async def _explain(self, rest: memoryview) -> None:
        """Say why, should the reader wake up just now: the line that was begun must be whole before another can follow."""
        seconds = self._limits.stall
        reason = {"code": "slow_reader", "message": f"nothing was read for {seconds:g} s: follow again from the last sequence number seen"}
        notice = bytes(rest) + protocol.notification("session.closed", {"closed": reason})
        with trio.move_on_after(self._limits.farewell):
            unsent = memoryview(notice)
            while unsent:
                unsent = unsent[await self._sink.send(unsent) :]

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    def __repr__(self) -> str:
        return f"Outbox({len(self._lines)} lines, {self._size} bytes)"

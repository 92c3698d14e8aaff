"""Lines from a byte stream, bounded in size and in time. Knows bytes and deadlines, not JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import trio

from actors.control.limits import Limits

__all__ = ["ByteSource", "FrameTooLarge", "FrameTooSlow", "Idle", "LineReader"]

_CHUNK = 64 << 10


class FrameTooLarge(Exception):
    """The peer sent more than a frame may hold without a line end. The stream cannot be read on."""


class FrameTooSlow(Exception):
    """The peer began a line and did not end it in time."""


class Idle(Exception):
    """The peer said nothing for the idle time, and nothing was owed to it."""


class ByteSource(Protocol):
    """A socket, as far as reading goes: up to `size` bytes, b"" at the end of the stream."""

    def recv(self, size: int, /) -> Awaitable[bytes]: ...


class LineReader:
    """Reads one line after the other. `occupied` tells whether silence is in order (an answer is due, or a subscription runs)."""

    def __init__(self, source: ByteSource, limits: Limits, *, idle: float, occupied: Callable[[], bool]) -> None:
        self._source = source
        self._limits = limits
        self._idle = idle
        self._occupied = occupied
        self._buffer = bytearray()
        self._searched = 0

    async def read(self) -> bytes | None:
        """The next line without its end; None when the peer has closed. Raises FrameTooLarge, FrameTooSlow, Idle."""
        deadline = self._new_deadline() if self._buffer else None
        while (end := self._buffer.find(b"\n", self._searched)) < 0:
            self._searched = len(self._buffer)
            if self._searched > self._limits.frame:
                raise FrameTooLarge
            chunk = await (self._first_chunk() if deadline is None else self._next_chunk(deadline))
            if not chunk:
                return None
            deadline = deadline or self._new_deadline()
            self._buffer += chunk
        return self._take(end)

    def _take(self, end: int) -> bytes:
        if end > self._limits.frame:
            raise FrameTooLarge
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return line

    def _new_deadline(self) -> float:
        # It runs from when this reader looked, not from when the bytes came: the time an answer takes is not the peer's fault.
        return trio.current_time() + self._limits.frame_deadline

    async def _next_chunk(self, deadline: float) -> bytes:
        with trio.move_on_at(deadline):
            return await self._source.recv(_CHUNK)
        raise FrameTooSlow

    async def _first_chunk(self) -> bytes:
        while True:
            with trio.move_on_after(self._idle):
                return await self._source.recv(_CHUNK)
            if not self._occupied():
                raise Idle

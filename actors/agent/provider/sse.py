"""Server-sent events out of bytes, piece by piece, with a bound for each event. Pure."""

from __future__ import annotations

import re

from attrs import Factory, define, frozen

__all__ = ["MOST_BYTES", "EventTooLarge", "Events", "ServerEvent"]

MOST_BYTES = 4 * 1024 * 1024
"""Of one event. The longest that services send is a whole answer in one piece."""
_LINE_END = re.compile(rb"\r\n|\n|\r")


class EventTooLarge(Exception):
    """One event is longer than MOST_BYTES; no more of it is kept."""


@frozen
class ServerEvent:
    """`name` is the `event:` field, "" where there was none; `data` the joined `data:` lines, still bytes."""

    name: str
    data: bytes


@define
class Events:
    """Takes bytes as they come and gives the events that are whole. What no blank line has ended is no event."""

    _rest: bytearray = Factory(bytearray)
    _searched: int = 0
    _name: str = ""
    _data: list[bytes] = Factory(list)
    _size: int = 0

    def feed(self, piece: bytes) -> list[ServerEvent]:
        """The events that `piece` completes. Raises EventTooLarge."""
        self._rest += piece
        found, start = [], 0
        while (end := _LINE_END.search(self._rest, max(start, self._searched))) is not None:
            if end[0] == b"\r" and end.end() == len(self._rest):
                break  # the other half of this line's end may be on the way
            event = self._line(bytes(self._rest[start : end.start()]))
            start = end.end()
            if event is not None:
                found.append(event)
        del self._rest[:start]
        self._searched = max(0, len(self._rest) - 1)
        if self._size + len(self._rest) > MOST_BYTES:
            raise EventTooLarge
        return found

    def _line(self, line: bytes) -> ServerEvent | None:
        if not line:
            return self._end()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._size += len(value) + 1
            self._data.append(value)
        elif field == b"event":
            self._name = value[:64].decode("utf-8", "replace")
        return None

    def _end(self) -> ServerEvent | None:
        event = ServerEvent(self._name, b"\n".join(self._data)) if self._data else None
        self._name, self._data, self._size = "", [], 0
        return event

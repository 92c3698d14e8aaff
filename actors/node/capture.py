"""What a process writes to one stream: a log file of bounded size, the first bytes in memory, and counts of the rest."""

from __future__ import annotations

import os

from actors.secrets.redactor import Redactor
from actors.secrets.stream import Stream

__all__ = ["CHUNK", "Capture"]

CHUNK = 64 << 10
"""The most bytes that are fed at once, and the longest line that a log keeps."""


class Capture:
    """Takes chunks in order. The log file appears with the first byte; at most `cap` bytes of it are kept: the first seven eighths as they
    come, the last eighth when the stream ends, between them a line that says how much was left out. Lines are cut at CHUNK bytes.

    With `append` what a file of that name holds stays before it. `head` is what came first, uncut, up to `keep` bytes; `end` is what came
    after it: all of that, or its last `keep_last` bytes and perhaps some before them. `total` counts everything. `broken` is the error that
    ended the log, if any. With a `redactor`, all of that is what is left when secrets are taken out.
    """

    def __init__(
        self, path: str, *, cap: int, keep: int, keep_last: int = 0, append: bool = False, redactor: Redactor | None = None
    ) -> None:
        self.path = path
        self.head = bytearray()
        self.end = bytearray()
        self._keep_last = keep_last
        self.total = 0
        self.broken: OSError | None = None
        self._keep = keep
        self._how = os.O_APPEND if append else os.O_TRUNC
        self._room = cap - cap // 8
        self._tail_cap = cap // 8
        self._tail = bytearray()
        self._tail_seen = 0
        self._line = 0
        self._cut = 0
        self._fd: int | None = None
        self._clean = None if redactor is None else Stream(redactor)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, at most CHUNK of them."""
        if self._clean is None:
            self._take(chunk)
        else:
            self._take_pieces(self._clean.feed(chunk))

    def _take_pieces(self, data: bytes) -> None:
        """What was held back comes with the next chunk, and what stands for a secret may be longer than it."""
        for start in range(0, len(data), CHUNK):
            self._take(data[start : start + CHUNK])

    def _take(self, chunk: bytes) -> None:
        self.total += len(chunk)
        room = self._keep - len(self.head)
        if room > 0:
            self.head += chunk[:room]
        if self._keep_last and room < len(chunk):
            self.end += chunk[max(0, room) :]
            if len(self.end) > 2 * self._keep_last:
                del self.end[: -self._keep_last]
        self._log(self._short_lines(chunk))

    def close(self) -> None:
        """The stream has ended: write what is still held back."""
        if self._clean is not None:
            self._take_pieces(self._clean.close())
        if self._cut:
            self._log(self._cut_note())
        if self._tail_seen > self._tail_cap:
            self._write(b"\n[penstock: %d bytes left out]\n" % (self._tail_seen - self._tail_cap))
        del self._tail[: -self._tail_cap]
        self._write(self._tail)
        self._tail = bytearray()
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _short_lines(self, chunk: bytes) -> bytes:
        """The chunk with its first line cut where the cap for lines falls; no other line in a chunk can be that long."""
        first = chunk.find(b"\n")
        room = CHUNK - self._line
        length = len(chunk) if first < 0 else first
        note = b""
        if length > room:
            self._cut += length - room
            rest = b"" if first < 0 else chunk[first:]
            note = self._cut_note() if rest else b""
            chunk = chunk[:room] + note + rest
        elif first >= 0 and self._cut:
            chunk = self._cut_note() + chunk
        self._line = min(self._line + length, CHUNK) if first < 0 else len(chunk) - chunk.rfind(b"\n") - 1
        return chunk

    def _cut_note(self) -> bytes:
        note, self._cut = b" [penstock: %d bytes of this line left out]" % self._cut, 0
        return note

    def _log(self, data: bytes) -> None:
        if self._room:
            self._write(data[: self._room])
            data, self._room = data[self._room :], max(0, self._room - len(data))
        if data:
            self._tail_seen += len(data)
            self._tail += data
            if len(self._tail) > 2 * self._tail_cap:
                del self._tail[: -self._tail_cap]

    def _write(self, data: bytes | bytearray) -> None:
        """A log that cannot be written stops; the stream is read on, so that the process is not held up."""
        if not data or self.broken is not None:
            return
        try:
            if self._fd is None:
                self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | self._how | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            view = memoryview(data)
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as error:
            self.broken = error

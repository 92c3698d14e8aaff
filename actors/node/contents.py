"""The store of contents as attempts use it: artifacts go there by descriptor. What lies behind it is in `storage.blobs`."""

from __future__ import annotations

import os
from typing import Protocol

import trio

__all__ = ["Contents", "Files"]


class Files(Protocol):
    """The synchronous store: `storage.blobs.Blobs`."""

    def put_file(self, source: int) -> str:
        """Store what can be read from the descriptor, from its present position to its end; the SHA-256 in hex."""
        ...


class Contents:
    """Stores artifacts one at a time, in a thread because it waits for the disk; `inline` does without (under a mocked clock)."""

    def __init__(self, files: Files, *, inline: bool = False) -> None:
        self._files = files
        self._inline = inline
        self._one = trio.CapacityLimiter(1)

    async def put_file(self, fd: int) -> tuple[str, int]:
        """Store the file from the descriptor's position on; the SHA-256 in hex, and the size in bytes. Raises OSError."""
        if self._inline:
            digest = self._files.put_file(fd)
        else:
            digest = await trio.to_thread.run_sync(self._files.put_file, fd, limiter=self._one)
        return digest, os.lseek(fd, 0, os.SEEK_CUR)

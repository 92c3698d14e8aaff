"""How far the log has been told: a small file beside the database, replaced as a whole after each batch that was taken."""

from __future__ import annotations

import os
from pathlib import Path

import orjson

__all__ = ["Cursor"]

NAME = "telemetry.json"


class Cursor:
    """`store` names the log: a file of another one counts for nothing. What is lost of it is told again, under the same ids."""

    def __init__(self, folder: Path, store: str) -> None:
        self._file = folder / NAME
        self._store = store

    def read(self, newest: int) -> int:
        """The position up to which everything was told; the newest one where nobody knows, or where the log is shorter than that."""
        try:
            said = orjson.loads(self._file.read_bytes())
            position = int(said["position"]) if said["store"] == self._store else newest
        except (OSError, ValueError, KeyError, TypeError):
            return newest
        return min(position, newest)

    def write(self, position: int) -> None:
        """Raises OSError."""
        part = self._file.with_suffix(".part")
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, orjson.dumps({"store": self._store, "position": position}))
        finally:
            os.close(fd)
        part.replace(self._file)

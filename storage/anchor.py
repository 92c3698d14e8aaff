"""The head of the log, kept outside the database: a log that ends before its anchor has lost acknowledged facts.

A file of two slots, written in turn after each COMMIT and before the answers, synced at checkpoints. A torn slot leaves the other.
It is never ahead of the log, for the log is synced first. Not a defence against somebody who changes both.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from struct import Struct
from struct import error as StructError  # noqa: N812  the struct module names it in lower case

from attrs import frozen

from storage.errors import StoreDamaged
from storage.folder import sync_folder
from storage.sums import SUM_SIZE, row_sum

__all__ = ["Anchor", "Mark"]

_SLOT = Struct(f">4sQ16sIQ{SUM_SIZE}sQ32sQ{SUM_SIZE}s")
_MAGIC = b"PSA1"
_OFFSETS = (0, 512)  # one sector each: a slot is written whole or not at all


@frozen
class Mark:
    """How far the log reaches: newest position with its sum, newest audit entry with its hash, newest receipt."""

    store: bytes
    generation: int
    position: int = 0
    sum: bytes = bytes(SUM_SIZE)
    audit: int = 0
    audit_hash: bytes = bytes(32)
    receipt: int = 0


class Anchor:
    """The anchor file of one folder. `mark` is the newest that is written, None while there is none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "penstock.anchor"
        self._fd = -1
        self._turn = 0
        self.mark: Mark | None = None

    def read(self) -> Mark | None:
        """The newest intact mark, or None if there is no file. Raises StoreDamaged if neither slot is intact."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        slots = [slot for offset in _OFFSETS if (slot := _unpack(data[offset : offset + _SLOT.size]))]
        if not slots:
            raise StoreDamaged(self._path, "neither of its two slots is intact")
        self._turn, self.mark = max(slots, key=lambda slot: slot[0])
        return self.mark

    def start(self, mark: Mark) -> None:
        """Make sure that the file holds `mark` or follows it, durably where it is a new file, and keep it open for `write`."""
        if self.mark is not None and (self.mark.store, self.mark.generation) == (mark.store, mark.generation):
            self._fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            self.write(mark)
            return
        self._turn += 1
        fresh = self._path.with_suffix(".fresh")
        fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        for offset in _OFFSETS:
            os.pwrite(fd, _pack(self._turn, mark), offset)
        os.fsync(fd)
        fresh.rename(self._path)
        sync_folder(self._folder)
        self._fd, self.mark = fd, mark

    def write(self, mark: Mark) -> None:
        """Move the anchor to `mark`: one write, no sync. If it is lost or fails, the anchor is behind the log, which is lawful."""
        self._turn += 1
        with suppress(OSError):
            os.pwrite(self._fd, _pack(self._turn, mark), _OFFSETS[self._turn & 1])
        self.mark = mark

    def sync(self) -> None:
        """Make the last mark durable, as far as the disk takes it."""
        with suppress(OSError):
            os.fdatasync(self._fd)

    def close(self) -> None:
        """Make the last mark durable and let go of the file."""
        if self._fd >= 0:
            with suppress(OSError):
                os.fdatasync(self._fd)
            os.close(self._fd)
            self._fd = -1


def _pack(turn: int, mark: Mark) -> bytes:
    fields = (
        _MAGIC, turn, mark.store, mark.generation, mark.position, mark.sum, mark.audit, mark.audit_hash, mark.receipt,
    )  # fmt: skip
    return _SLOT.pack(*fields, row_sum(fields))


def _unpack(slot: bytes) -> tuple[int, Mark] | None:
    try:
        *fields, found = _SLOT.unpack(slot)
    except StructError:
        return None
    if fields[0] != _MAGIC or row_sum(fields) != found:
        return None
    return fields[1], Mark(*fields[2:])

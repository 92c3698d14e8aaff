"""A copy of the memory while it is in use, through SQLite's backup API. The copy is one file, complete and checked, or it is not there."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from attrs import frozen

from storage.blobs import Blobs
from storage.database import connect
from storage.errors import StoreDamaged
from storage.folder import sync_folder
from storage.verify import verify_tail

__all__ = ["Backup", "back_up"]


@frozen
class Backup:
    """A finished copy: its file, the newest position in it, its size in bytes, how many blobs lie beside it."""

    path: Path
    position: int
    size: int
    blobs: int


def back_up(source: Path, blobs: Blobs, target: Path, tail: int) -> Backup:
    """Copy the database to `target`, and blobs, if there are any, to the folder `target` + ".blobs". Blocks until both are durable.

    To restore: an empty folder (0700) with the file as `penstock.db` and the blobs as `blobs`. Raises FileExistsError, StoreDamaged.
    """
    if target.exists():
        raise FileExistsError(target)
    partial = target.with_name(f"{target.name}.partial")
    fd = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        position = _copy(source, partial, tail)
        count = _copy_blobs(blobs, target.with_name(f"{target.name}.blobs"))
        os.fsync(fd)
        size = os.fstat(fd).st_size
        partial.rename(target)
        sync_folder(target.parent)
    finally:
        os.close(fd)
        partial.unlink(missing_ok=True)
    return Backup(target, position, size, count)


def _copy(source: Path, partial: Path, tail: int) -> int:
    with closing(connect(source, "ro")) as live, closing(connect(partial, "rw")) as copy:
        # One step: a single read transaction, so the copy is one moment of the log and the writer never waits.
        live.backup(copy, pages=-1)
        # A plain file that needs nothing beside it; the store turns it into WAL mode again.
        copy.execute("PRAGMA journal_mode = DELETE").fetchone()
        try:
            damage = [text for (text,) in copy.execute("PRAGMA quick_check(1)") if text != "ok"] or verify_tail(copy, tail)
        except sqlite3.DatabaseError as error:
            damage = [str(error)]
        if damage:
            raise StoreDamaged(source, f"the copy does not pass its check ({damage[0]})")
        position: int = copy.execute("SELECT coalesce(max(position), 0) FROM journal").fetchone()[0]
        return position


def _copy_blobs(blobs: Blobs, folder: Path) -> int:
    kept = Blobs(folder)
    count = 0
    for digest in blobs.digests():
        target = kept.path(digest)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copyfile(blobs.path(digest), target)
        except FileNotFoundError:  # collected at this moment, so nothing that was copied names it
            target.unlink(missing_ok=True)
            continue
        target.chmod(0o600)
        count += 1
    if count:
        os.sync()
    return count

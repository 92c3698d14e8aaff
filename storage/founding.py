"""The birth of a database: made aside, made durable, then named. So it is there complete, with its identity, or it is not there."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from storage.database import connect
from storage.ids import fresh_id
from storage.migrations import migrate

__all__ = ["found"]


def found(path: Path) -> None:
    """Make an empty database at `path`, which nobody has open. The name is durable with the next sync of the folder."""
    fresh = path.with_name("penstock.fresh")
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(f"{fresh.name}{suffix}").unlink(missing_ok=True)
    before = os.umask(0o077)
    try:
        with closing(connect(fresh, "rwc")) as connection:
            _fill(connection)
    finally:
        os.umask(before)
    # No connection to this file is left, so opening and closing it here drops nobody's locks.
    fd = os.open(fresh, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    fresh.rename(path)


def _fill(connection: sqlite3.Connection) -> None:
    # One sync at the end is enough for a file that has no name yet.
    connection.execute("PRAGMA synchronous = OFF")
    # Goes into the first page, and cannot be changed later without a VACUUM.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    migrate(connection)
    connection.execute("INSERT INTO meta(key, value) VALUES ('store', ?), ('generation', 1)", (fresh_id(),))

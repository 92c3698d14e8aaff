"""What attacks reach for inside a living daemon: its tree, its writer. Stories do not come here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import trio

from storage import Store
from supervision import System
from supervision.testing import crash
from tests.scenarios.harness import House

__all__ = ["crash_at_next", "full_disk", "store_of", "system_of", "tampered"]


def system_of(d: House) -> System:
    """The living tree."""
    assert d.host is not None
    assert d.host.assembly is not None
    return d.host.assembly.system


def store_of(d: House) -> Store:
    """The open store."""
    assert d.host is not None
    assert d.host.assembly is not None
    return d.host.assembly.store


def crash_at_next(d: House, path: str) -> None:
    """The next message makes the actor raise."""
    crash(system_of(d), path)


@contextmanager
def full_disk(d: House) -> Iterator[None]:
    """While inside, no COMMIT succeeds, as on a disk without room."""
    writer: Any = store_of(d)._writer

    def refuse() -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
        raise error

    began = trio.current_time()
    writer._commit = refuse
    try:
        yield
    finally:
        vars(writer).pop("_commit", None)
        d.history.faults.append((began, trio.current_time()))


def tampered(d: House, change: Callable[[sqlite3.Connection], Any]) -> None:
    """Change the database behind everybody's back; the daemon must be gone."""
    assert d.host is None
    db = sqlite3.connect(d.places.data / "penstock.db")
    with db:
        change(db)
    db.close()

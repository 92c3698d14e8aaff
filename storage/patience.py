"""Waiting, for a bounded time, until a foreign process lets go of the write lock. Blocks its thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from storage.database import code_of
from storage.errors import StorageBusy

__all__ = ["is_busy", "until_unlocked"]

T = TypeVar("T")
_FIRST_S, _MOST_S = 0.002, 0.05


def is_busy(error: BaseException) -> bool:
    """Whether SQLite refused because another connection holds a lock."""
    return code_of(error) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def until_unlocked(work: Callable[[], T], patience_ms: int) -> T:
    """The result of `work`, which is called again while the database is locked. Raises StorageBusy after `patience_ms`."""
    try:
        return work()
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
    from tenacity import RetryError, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential  # noqa: PLC0415  7 ms, rarely needed

    again = Retrying(
        retry=retry_if_exception(is_busy),
        stop=stop_after_delay(patience_ms / 1_000),
        wait=wait_random_exponential(multiplier=_FIRST_S, max=_MOST_S),
    )
    try:
        return again(work)
    except RetryError:
        raise StorageBusy(patience_ms) from None

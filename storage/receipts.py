"""Replies of requests that were applied, for the client that asks again. Reads only; written with the request's facts by the batch."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from storage.records import Receipt

__all__ = ["Receipts"]


class Receipts:
    """Reads receipts on the reading connection."""

    def __init__(self, reader: Callable[[], sqlite3.Connection], assert_sound: Callable[[], None]) -> None:
        self._reader = reader
        self._assert_sound = assert_sound

    def get(self, request_id: str) -> Receipt | None:
        """The receipt of this request, or None if it was never applied (or is older than receipts are kept).

        Raises StoreFailed once the store has stopped: what it reads then may be gone after the next start, and a reply is a promise.
        """
        self._assert_sound()
        row = self._reader().execute("SELECT request_id, digest, reply FROM receipts WHERE request_id = ?", (request_id,)).fetchone()
        return Receipt(*row) if row else None

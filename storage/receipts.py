"""Replies of requests that were applied, for the client that asks again. Reads only; written with the request's facts by the batch."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from storage.records import Receipt

__all__ = ["Receipts"]


class Receipts:
    """Reads receipts on the reading connection."""

    def __init__(self, reader: Callable[[], sqlite3.Connection]) -> None:
        self._reader = reader

    def get(self, request_id: str) -> Receipt | None:
        """The receipt of this request, or None if it was never applied (or is older than receipts are kept)."""
        row = self._reader().execute("SELECT request_id, digest, reply FROM receipts WHERE request_id = ?", (request_id,)).fetchone()
        return Receipt(*row) if row else None

"""Removing contents that no log names any more, in bounded steps beside the work; what may still come to be named stays.

Whatever looks like a digest in an event or a headline counts as naming that content: so nobody can forget to declare what he names.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
from attrs import define, frozen

from storage.blobs import Blobs
from storage.database import connect_to_verify

__all__ = ["COLLECTED", "PURGED", "Collected", "Collector"]

COLLECTED, PURGED = "contents_collected", "stream_purged"
"""Records in the system's stream: until which purges contents were looked through; a purge."""
_DIGEST = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_PAGE = 2_000
_ROWS = f"SELECT position, data FROM journal WHERE position > ? ORDER BY position LIMIT {_PAGE}"  # noqa: S608  a constant of this module
_FACTS = f"SELECT stream, facts FROM catalog WHERE stream > ? ORDER BY stream LIMIT {_PAGE}"  # noqa: S608  same
_SYSTEM = "(SELECT id FROM streams WHERE name = 'system')"
_LAST = f"SELECT data FROM journal WHERE stream = {_SYSTEM} AND kind = ? ORDER BY seq DESC LIMIT 1"  # noqa: S608  same
_OLDEST = f"SELECT min(at_ms) FROM journal WHERE stream = {_SYSTEM} AND kind = ? AND at_ms > ?"  # noqa: S608  same


@frozen
class Collected:
    """A finished round: how many contents and bytes it removed, and that it covers purges up to `upto_ms`."""

    contents: int
    bytes: int
    upto_ms: int


@define
class _Round:
    """One walk over all that could name a content. `ends`: how often it came to the end of the log."""

    before_ms: int
    candidates: set[str]
    position: int = 0
    stream: int = 0
    ends: int = 0


class Collector:
    """A round begins when a purge is older than `grace_ms`, and rounds are at least that far apart.

    It looks at contents older than the grace alone, and leaves whatever is stored (again) while it lasts. It must come to the end of the
    log in two steps before it removes anything: what was stored right before the first one has been named by then.
    """

    def __init__(self, database: Path, blobs: Blobs, grace_ms: int) -> None:
        self._database = database
        self._blobs = blobs
        self._grace_ms = grace_ms
        self._began_ms: int | None = None
        self._round: _Round | None = None

    def step(self, now_ms: int, rows: int) -> Collected | None:
        """One bounded piece of work, at most about `rows` rows; the result once a round is over. Blocks: for a thread."""
        with closing(connect_to_verify(self._database)) as connection:
            if self._round is None:
                self._begin(connection, now_ms)
            if self._round is None or not self._walk(connection, self._round, rows):
                return None
        return self._finish(self._round)

    def forget(self) -> None:
        """Give the round up: something stood in the way of the work that would have named contents."""
        self._round, self._blobs.stored = None, None

    def _begin(self, connection: sqlite3.Connection, now_ms: int) -> None:
        (last,) = connection.execute(_LAST, (COLLECTED,)).fetchone() or (None,)
        upto = orjson.loads(last)["upto_ms"] if last is not None else 0
        (oldest,) = connection.execute(_OLDEST, (PURGED, upto)).fetchone()
        early = self._began_ms is not None and 0 <= now_ms - self._began_ms < self._grace_ms
        before_ms = now_ms - self._grace_ms
        if oldest is None or oldest >= before_ms or early:
            return
        self._blobs.stored = set()
        self._began_ms, self._round = now_ms, _Round(before_ms, set(self._blobs.older(before_ms)))

    def _walk(self, connection: sqlite3.Connection, round_: _Round, rows: int) -> bool:
        """Strike out all that is named; whether the end was reached for the second time."""
        for _ in range(max(1, rows // _PAGE)):
            facts = connection.execute(_FACTS, (round_.stream,)).fetchall()
            found = connection.execute(_ROWS, (round_.position,)).fetchall()
            for _, data in (*facts, *found):
                if len(data) >= 64:
                    round_.candidates.difference_update(name.decode() for name in _DIGEST.findall(data))
            round_.stream = facts[-1][0] if facts else round_.stream
            round_.position = found[-1][0] if found else round_.position
            if len(facts) < _PAGE and len(found) < _PAGE:
                round_.ends += 1
                round_.stream = 0  # headlines are replaced, so they are looked through anew
                return round_.ends > 1
        return False

    def _finish(self, round_: _Round) -> Collected:
        removed = [size for digest in sorted(round_.candidates) if (size := self._blobs.collect(digest, round_.before_ms)) is not None]
        self._blobs.clear_remains(round_.before_ms)
        self.forget()
        return Collected(len(removed), sum(removed), round_.before_ms - 1)

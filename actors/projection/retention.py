"""Forgetting what of histories is old enough: events are compacted first, then snapshots go (spec 9.5 to 9.7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

import orjson
from attrs import Factory, define

from actors.projection.bodies import event_of, subject_in
from actors.projection.compaction import Row, compact, stale_snapshots
from actors.projection.known import COMPACTED
from actors.projection.record import Boundary
from storage.telling import Compacted, NewRow, compact_rows, prune_rows

if TYPE_CHECKING:
    from storage.histories import History
    from storage.store import Store

__all__ = ["Forgetting"]

PAGE = 200


@define(eq=False)
class Forgetting:
    """`retention_ms` 0 switches all of it off. A step that fails is a warning; without compaction no snapshot goes, for the newest one
    says what compaction leaves.
    """

    store: Store
    retention_ms: int
    keep_last: int
    warnings: list[str] = Factory(list)

    @property
    def on(self) -> bool:
        """Whether anything is ever forgotten."""
        return self.retention_ms > 0

    async def sweep(self, now: int) -> tuple[int, int]:
        """How many events and snapshots went. Raises Unavailable."""
        if not self.on:
            return 0, 0
        try:
            events = await self.compact_events(self.retention_ms, now)
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            self.warnings.append(f"events were not compacted, and no snapshots removed: {type(error).__name__}: {error}")
            return 0, 0
        return events, await self.prune_snapshots(self.retention_ms, self.keep_last, now)

    async def compact_events(self, retention_ms: int, now: int) -> int:
        """Put a marker in the place of old events of each history; how many went by their age. One transaction for each page of them."""
        if retention_ms == 0:
            return 0
        cutoff, pruned = max(0, now - retention_ms), 0
        for page in self._pages():
            made = [found for history in page if (found := self._compacted(history, cutoff, now)) is not None]
            if made:
                await self.store.work(partial(compact_rows, made=[one for one, _ in made]))
            pruned += sum(count for _, count in made)
        return pruned

    async def prune_snapshots(self, retention_ms: int, keep_last: int, now: int) -> int:
        """Remove old snapshots but for the newest `keep_last` of each history; how many."""
        if retention_ms == 0:
            return 0
        cutoff, removed = max(0, now - retention_ms), 0
        for page in self._pages():
            for history in page:
                rows = [(row.seq, row.id, row.at_ms) for row in self.store.histories.snapshots(history.id)]
                if gone := stale_snapshots(rows, cutoff, keep_last):
                    await self.store.work(partial(prune_rows, history=history.id, gone=gone))
                    removed += len(gone)
        return removed

    def _pages(self) -> Iterable[list[History]]:
        after = 0
        while page := self.store.histories.some(after, PAGE):
            yield page
            after = page[-1].id

    def _compacted(self, history: History, cutoff: int, now: int) -> tuple[Compacted, int] | None:
        histories = self.store.histories
        rows = histories.events(history.id)
        if not rows or min(row.at_ms for row in rows) >= cutoff:
            return None
        newest = histories.newest_snapshot(history.id)
        run_id, org, workspace, deployment = history.key
        subject = subject_in(run_id, history.about)
        told = {row.seq: event_of(subject, row) for row in rows}
        looked = [
            Row(row.seq, row.id, row.at_ms, event if (event := told[row.seq]) is not None and event["event_type"] == COMPACTED else None)
            for row in rows
        ]
        found = compact(run_id, Boundary(org, workspace, deployment), looked, cutoff, newest.seq if newest is not None else None, now)
        if found is None:
            return None
        first = told[found.first]
        body = {name: found.marker[name] for name in ("event_type", "payload")}
        body["scope"] = first["scope"] if first is not None else subject.scope
        marker = NewRow(found.marker["event_id"], now, orjson.dumps(body), None, found.marker["seq"])
        return Compacted(history.id, found.gone, marker, found.spent), found.pruned

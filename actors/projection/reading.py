"""What may be asked of a history: pages of events, the last snapshots, one snapshot, and numbers (spec 9.3, 9.4)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from actors.projection.bodies import Unreadable, event_of, snapshot_of, subject_in

if TYPE_CHECKING:
    from actors.projection.record import Boundary
    from storage.histories import History
    from storage.store import Store

__all__ = ["clamped", "history_of", "list_snapshots", "next_seq", "query_events", "read_snapshot", "seq_by_id"]

DEFAULT, MOST = 250, 1000


def clamped(limit: int | None) -> int:
    """The number of rows that a page of the public form has."""
    return DEFAULT if limit is None else min(max(limit, 1), MOST)


def history_of(store: Store, run_id: str, boundary: Boundary | None = None) -> History | None:
    """The history of a run that a tenant sees; without one, the run's own, which is the first that was begun."""
    if boundary is not None:
        return store.histories.get((run_id, boundary.org_id, boundary.workspace_id, boundary.deployment_id))
    return next(iter(store.histories.of(run_id)), None)


def query_events(
    store: Store, history: History | None, *, after_seq: int = 0, before_seq: int | None = None, limit: int = 0, tail: bool = False
) -> list[dict[str, Any]]:
    """Events between two numbers, ascending: the first `limit` of them, or with `tail` the last; 0: all.

    A row that cannot be read is left out, with a warning; its number is used all the same.
    """
    if history is None:
        return []
    subject = subject_in(history.key[0], history.about)
    found = []
    for row in store.histories.events(history.id, after=after_seq, before=before_seq, limit=limit, tail=tail):
        event = event_of(subject, row)
        if event is None:
            sys.stderr.write(f"warning: the event {row.id} (number {row.seq}) of {history.key[0]} cannot be read, and is left out\n")
            continue
        found.append(event)
    return found


def list_snapshots(store: Store, history: History | None, limit: int = 0) -> list[dict[str, Any]]:
    """The last `limit` snapshots, ascending; 0: all. One that cannot be read is left out, with a warning."""
    if history is None:
        return []
    subject = subject_in(history.key[0], history.about)
    found = []
    for row in store.histories.snapshots(history.id, limit):
        try:
            found.append(snapshot_of(subject, row))
        except Unreadable as unreadable:
            sys.stderr.write(f"warning: {unreadable}\n")
    return found


def read_snapshot(store: Store, history: History | None, snapshot_id: str) -> dict[str, Any] | None:
    """One snapshot; None where there is none. Raises Unreadable."""
    row = store.histories.snapshot(history.id, snapshot_id) if history is not None else None
    return None if row is None or history is None else snapshot_of(subject_in(history.key[0], history.about), row)


def next_seq(history: History | None) -> int:
    """The number that the next event gets."""
    return 1 if history is None else history.last_seq + 1


def seq_by_id(store: Store, history: History | None, event_id: str) -> int | None:
    """The number of an event, also of one that was compacted."""
    if history is None:
        return None
    row = store.histories.event(history.id, event_id)
    return row.seq if row is not None else store.histories.spent(history.id, event_id)

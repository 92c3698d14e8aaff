"""What of a history is old enough to go, and the marker that stays in its place (spec 9.5, 9.6). Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from actors.projection.known import COMPACTED, compacted_ids
from actors.projection.record import Boundary

__all__ = ["Compaction", "Row", "compact", "marker_id", "stale_snapshots"]


@frozen
class Row:
    """One event of a history, as far as its age matters. `marker` is the event itself where it is one."""

    seq: int
    event_id: str
    at_ms: int
    marker: Mapping[str, Any] | None = None


@frozen
class Compaction:
    """`gone` are the numbers of rows that go, `marker` is put in their place; `pruned` counts those that went by their age."""

    gone: tuple[int, ...]
    marker: Mapping[str, Any]
    pruned: int
    first: int
    spent: tuple[tuple[str, int], ...] = ()


def compact(run_id: str, boundary: Boundary, rows: Sequence[Row], cutoff_ms: int, floor: int | None, now: int) -> Compaction | None:
    """What goes of one history, whose rows come in the order of their numbers; None where nothing does.

    A row stays that is young, or whose number is not below `floor`, that of the newest snapshot.
    """
    old = [row for row in rows if row.at_ms < cutoff_ms and (floor is None or row.seq < floor)]
    if not any(row.marker is None for row in old):
        return None  # a marker alone would be written anew at every turn
    gone = {row.seq: row for row in (*old, *(row for row in rows if row.marker is not None))}
    listed: dict[str, int] = {}
    for row in (gone[seq] for seq in sorted(gone)):
        for event_id, seq in compacted_ids(row.marker) if row.marker is not None else ():
            listed.setdefault(event_id, seq)
        listed.setdefault(row.event_id, row.seq)
    return Compaction(
        gone=tuple(sorted(gone)),
        marker=_marker(run_id, boundary, listed, len(gone), max(row.at_ms for row in gone.values()), now),
        pruned=len(old),
        first=min(row.seq for row in old),
        spent=tuple(sorted(listed.items(), key=lambda item: (item[1], item[0]))),
    )


def _marker(run_id: str, boundary: Boundary, listed: Mapping[str, int], count: int, through_ms: int, now: int) -> dict[str, Any]:
    through = max(listed.values())
    ids = sorted(listed.items(), key=lambda item: (item[1], item[0]))
    return {
        "event_id": marker_id(run_id, boundary, through), "seq": through, "event_type": COMPACTED, "occurred_at_ms": now,
        "payload": {
            "compacted_through_seq": through, "compacted_through_ms": through_ms, "pruned_events": count,
            "compacted_event_ids": [{"event_id": event_id, "seq": seq} for event_id, seq in ids],
            "source": "stateful_event_log_compaction",
        },
    }  # fmt: skip


def marker_id(run_id: str, boundary: Boundary, through: int) -> str:
    """The id of the marker of everything up to that number."""
    parts = (boundary.org_id, boundary.workspace_id, boundary.deployment_id, run_id, str(through))
    return f"stateful-compaction-{hashlib.sha256(b''.join(part.encode() + bytes(1) for part in parts)).hexdigest()}"


def stale_snapshots(rows: Sequence[tuple[int, str, int]], cutoff_ms: int, keep_last: int) -> list[tuple[int, str]]:
    """Which snapshots (number, id, time) of one history go: the old ones but for the newest few. 0 behaves as 1."""
    newest = sorted(rows, key=lambda row: (row[0], row[1]), reverse=True)
    return [(seq, snapshot_id) for seq, snapshot_id, at in newest[max(keep_last, 1) :] if at < cutoff_ms]

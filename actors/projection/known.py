"""Which ids a run's history knows: those of its events, of compacted ones, and those that older ids stand for (spec 5.5). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from actors.projection.derived import TYPE_PREFIX, text
from actors.projection.identity import event_id_of, identity_hash
from actors.projection.record import Record

__all__ = ["COMPACTED", "STOP_KINDS", "compacted_ids", "known_ids"]

COMPACTED = "stateful_runtime.event_log_compacted"
STOP_KINDS = frozenset(("cancelled", "operator_stopped", "guardrail_stopped", "panic", "shutdown", "server_restart", "stale_reaped"))


def known_ids(run_id: str, workflow_id: str, events: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, int]]:
    """Id to the id under which it is stored, and its number. `events` come in the order of their numbers."""
    known: dict[str, tuple[str, int]] = {}
    counts: dict[str, int] = {}
    for event in events:
        event_id, seq = event["event_id"], event["seq"]
        if event["event_type"] == COMPACTED:
            for listed, number in compacted_ids(event):
                known.setdefault(listed, (listed, number))
        known[event_id] = (event_id, seq)
        if event["event_type"].startswith(TYPE_PREFIX) and event.get("correlation_id") == workflow_id:
            known.setdefault(_stable_id(run_id, workflow_id, event, counts), (event_id, seq))
    return known


def compacted_ids(event: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The ids that a marker lists, with their numbers; what is none is left out."""
    payload = event.get("payload")
    items = payload.get("compacted_event_ids") if isinstance(payload, Mapping) else None
    found = []
    for item in items if isinstance(items, list) else ():
        event_id, seq = (text(item.get("event_id")), _whole(item.get("seq"))) if isinstance(item, Mapping) else (None, None)
        if event_id is not None and seq is not None:
            found.append((event_id, seq))
    return found


def _whole(value: object) -> int | None:
    """The number, where it is one that counts something."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _stable_id(run_id: str, workflow_id: str, event: Mapping[str, Any], counts: dict[str, int]) -> str:
    """The id that the record behind the event has today."""
    found = event.get("payload")
    payload: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    reason, stop_kind = payload.get("reason"), payload.get("stop_kind")
    record = Record(
        event["event_type"].removeprefix(TYPE_PREFIX),
        event["occurred_at_ms"],
        reason if isinstance(reason, str) else None,
        stop_kind if stop_kind in STOP_KINDS else None,
        payload.get("metadata"),
    )
    digest = identity_hash(run_id, workflow_id, record)
    occurrence = _whole(payload.get("lifecycle_occurrence"))
    if occurrence is None:
        occurrence = counts.get(digest, 0)
        counts[digest] = occurrence + 1
    return event_id_of(run_id, record.event, digest, occurrence)

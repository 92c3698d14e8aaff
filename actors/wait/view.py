"""A wait as JSON, for the socket and for people. Pure."""

from __future__ import annotations

from typing import Any

from actors.wait.row import WaitRow

__all__ = ["wait_json"]

OPTIONAL = (
    "wake_at_ms", "timeout_at_ms", "on_timeout", "escalate_to", "remind_every_ms", "key", "ended_seq", "completion_key", "denied",
)  # fmt: skip


def wait_json(row: WaitRow) -> dict[str, Any]:
    """One wait: what for, since when, until when, and how it ended."""
    found: dict[str, Any] = {
        "wait_id": row.wait_id, "node_id": row.node_id, "instance": row.instance, "wait_kind": row.kind, "status": row.status,
        "created_at_ms": row.created_at_ms,
    }  # fmt: skip
    found |= {name: value for name in OPTIONAL if (value := getattr(row, name)) is not None}
    if row.match:
        found["match"] = dict(row.match)
    if row.reminders:
        found["reminders"] = row.reminders
    return found

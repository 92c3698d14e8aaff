"""What an event says beside its record: phase, wait kind, causation, payload, status (spec 4, 5.1). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.projection.record import Moment, Record

__all__ = [
    "TYPE_PREFIX", "WAIT_PREFIX", "causation_of", "counts_as_activity", "phase_id_of", "phase_status", "status_of", "text",
    "wait_kind_of",
]  # fmt: skip

TYPE_PREFIX = "stateful_runtime.automation_v2."
WAIT_PREFIX = "stateful_runtime.wait."
WAIT_KINDS = frozenset(("timer", "webhook", "approval", "external_condition", "retry_backoff"))
TERMINAL = frozenset(("completed", "blocked", "failed", "cancelled"))
CLAIMS = frozenset(("run_execution_claimed", "run_execution_claim_expired_requeued"))
CAUSES = ("session_id", "wait_id", "delivery_id", "handoff_id")


def text(value: object) -> str | None:
    """The text without blanks around it; None for nothing, and for what is no text."""
    return (value.strip() or None) if isinstance(value, str) else None


def phase_id_of(record: Record, moment: Moment) -> str | None:
    """The node that a record is about, else the one of the first open gate."""
    own = text((record.metadata or {}).get("node_id"))
    return own if own is not None else _awaiting(moment)


def _awaiting(moment: Moment) -> str | None:
    """A run that has ended waits for nobody, though a cancelled one keeps its gates for readers."""
    return None if moment.status in TERMINAL else moment.awaiting


def wait_kind_of(record: Record, moment: Moment, phase_id: str | None) -> str | None:
    """What is waited for at the record. An open gate says nothing about records of other branches."""
    if moment.status == "awaiting_approval" or (moment.status not in TERMINAL and phase_id in moment.gates):
        return "approval"
    if record.metadata is None or "wait_kind" not in record.metadata:
        return None
    own = text(record.metadata["wait_kind"])
    return own if own in WAIT_KINDS else None


def causation_of(metadata: Mapping[str, Any] | None) -> str | None:
    """What caused the record, as its metadata name it."""
    if not metadata:
        return None
    for name in CAUSES:
        if name in metadata and (found := text(metadata[name])) is not None:
            return found
    claim = metadata.get("claim")
    return text(claim.get("claim_id")) if isinstance(claim, Mapping) else None


def counts_as_activity(event: str) -> bool:
    """What daemons do with their claims is nothing that happens in the run."""
    return event not in CLAIMS


def status_of(moment: Moment) -> str:
    """The stateful status: that of the run, but for waiting, which says for what."""
    if moment.status != "waiting":
        return moment.status
    return "awaiting_webhook" if any(kind != "timer" for kind in moment.waits) else "sleeping"


def phase_status(event: str, moment: Moment) -> str:
    """The status that the phase follows: a run that is queued because its back-off lasts is retrying."""
    status = status_of(moment)
    backing_off = event == "node_retry_backoff_scheduled" or moment.queue_reason == "retry_backoff"
    return "retrying" if status == "queued" and backing_off else status

"""From a fact of a run's log to what is projected of it: its public fields, or the event that a wait makes (spec 1.1, 10.4). Pure."""

from __future__ import annotations

from typing import Any

import orjson

from actors.entity import Fact
from actors.node.events import NodeRetryBackoffScheduled
from actors.projection.derived import WAIT_PREFIX
from actors.projection.record import Record, WaitEvent
from actors.run.events import RunExecutionClaimed
from actors.wait.row import WaitRow
from storage.records import Recorded

__all__ = ["record_of", "what_of"]

NO_PART = frozenset(("$v",))
"""The version of the form in which a fact is stored."""
SCHEDULER = "stateful-wait-scheduler"


def what_of(recorded: Recorded, fact: Fact, row: WaitRow | None, fields: dict[str, Any] | None = None) -> Record | WaitEvent:
    """The record of a fact, or its wait event.

    `row` is the wait of the fact's node as it was before; `fields` those of the fact, where somebody has read them already.
    """
    if recorded.kind.startswith(WAIT_PREFIX) and row is not None:
        return _wait_event(recorded, fact, row)
    return record_of(recorded, type(fact).PRIVATE, fields)


def record_of(recorded: Recorded, private: frozenset[str], fields: dict[str, Any] | None = None) -> Record:
    """The record: what stands in the log but for the private body. A claim is one field, and a back-off says that it is one.

    Fields that have their defaults stand in no log, and so in no record: an id must not change when a fact gets another field.
    """
    if fields is None:
        fields = orjson.loads(recorded.data)
        assert isinstance(fields, dict)
    reason, stop_kind = _text(fields.pop("reason", None)), _text(fields.pop("stop_kind", None))
    for name in NO_PART | private if private else NO_PART:
        fields.pop(name, None)
    if recorded.kind == RunExecutionClaimed.kind:
        fields = {"claim": fields}
    elif recorded.kind == NodeRetryBackoffScheduled.kind:
        fields.setdefault("wait_kind", "retry_backoff")
    return Record(recorded.kind, recorded.at_ms, reason, stop_kind, fields or None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _wait_event(recorded: Recorded, fact: Any, row: WaitRow) -> WaitEvent:
    due: int | None = getattr(fact, "due_at_ms", None)
    at: int = getattr(fact, "judged_at_ms", None) or recorded.at_ms
    policy = None
    if row.timeout_at_ms is not None:
        policy = {
            "timeout_at_ms": row.timeout_at_ms, "on_timeout": row.on_timeout, "escalate_to": row.escalate_to,
            "remind_every_ms": row.remind_every_ms,
        }  # fmt: skip
    return WaitEvent(
        event_id=f"stateful-wait-{fact.completion_key}", event_type=recorded.kind, occurred_at_ms=at, phase_id=fact.node_id,
        wait_kind=row.kind, correlation_id=fact.completion_key, causation_id=fact.wait_id,
        payload={
            "wait_id": fact.wait_id, "wait_kind": row.kind, "wake_at_ms": row.wake_at_ms, "timeout_policy": policy,
            "completion_key": fact.completion_key, "lag_ms": 0 if due is None else at - due, "scheduler": SCHEDULER,
        },
    )  # fmt: skip

"""One event of a run's log as it was recorded, for people and programs."""

from __future__ import annotations

from typing import Any

from attrs import asdict

from actors.entity import Fact
from actors.run.view import event_json
from actors.run.vocabulary import run_codec
from storage import BadRecord, Recorded, UnknownKind

__all__ = ["event_of"]


def event_of(recorded: Recorded) -> dict[str, Any]:
    """The event with all its fields, also those that equal their default; as recorded where it cannot be read."""
    try:
        event: Fact = run_codec().decode(recorded)
    except (BadRecord, UnknownKind):
        return {"seq": recorded.seq, "event": recorded.kind, "at_ms": recorded.at_ms, "unreadable": True}
    return event_json(recorded.seq, event, recorded.at_ms, asdict(event))

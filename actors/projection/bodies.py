"""Events and snapshots as they lie in their rows, and as they are told. What follows from the rest is not kept. Pure.

The body of an event that the projector has made holds `e` (the record's name), `s` (the run's status), `i` and `o` (index and
occurrence), `r`, `k` and `m` (reason, stop kind, metadata), `p`, `w` and `c` (phase, wait kind, cause); that of a snapshot `s` (status),
`h` (how it came to its phase), `p`, `c` (checkpoint without what is empty), `d` (digest), `e`, `i`, `g` (what the guard said). All others
are kept as they are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from actors.projection.content import filled
from actors.projection.derived import TYPE_PREFIX, counts_as_activity
from actors.projection.phases import EXITS, PHASE_OF, PhaseState, expanded, observed
from actors.projection.record import LOCAL, Subject
from storage.records import Row

__all__ = ["Unreadable", "about_of", "event_of", "foreign", "phase_of", "snapshot_of", "subject_in"]

_IN_ROWS = frozenset(("event_id", "snapshot_id", "run_id", "seq", "occurred_at_ms", "created_at_ms"))
_OPTIONAL = ("actor", "phase_id", "phase_transition", "wait_kind", "causation_id", "correlation_id")


class Unreadable(Exception):
    """A snapshot that is not what it should be: args (run, id, what is wrong)."""

    code = "snapshot_unreadable"

    def __str__(self) -> str:
        run_id, name, why = self.args
        return f"the snapshot {name} of {run_id} cannot be read: {why}. Write it anew with: penstock history {run_id} --rebuild"


def about_of(subject: Subject) -> bytes:
    """What a history keeps once for all its rows."""
    return orjson.dumps(
        {
            "workflow_id": subject.workflow_id, "trigger_type": subject.trigger_type, "scope": dict(subject.scope),
            "version": subject.definition_version, "hash": subject.definition_hash,
        }
    )  # fmt: skip


def subject_in(run_id: str, about: bytes) -> Subject:
    """The subject of a history, as it keeps it."""
    kept = orjson.loads(about)
    return Subject(
        run_id, kept.get("workflow_id", ""), kept.get("trigger_type", ""), kept.get("scope", LOCAL), kept.get("version"), kept.get("hash")
    )  # fmt: skip


def foreign(told: Mapping[str, Any]) -> bytes:
    """The body of an event or a snapshot that comes from elsewhere, whole."""
    return orjson.dumps({name: value for name, value in told.items() if name not in _IN_ROWS})


def event_of(subject: Subject, row: Row) -> dict[str, Any] | None:
    """The event as people and programs see it (spec 2.2); None where the row cannot be read."""
    body = _loaded(row.body)
    if body is None:
        return None
    if "e" in body:
        body = _event_whole(subject, body)
    if not isinstance(body.get("event_type"), str):
        return None
    event = {
        "schema_version": body.get("schema_version", 1), "event_id": row.id, "run_id": subject.run_id, "seq": row.seq,
        "event_type": body["event_type"], "occurred_at_ms": row.at_ms, "scope": body.get("scope", subject.scope),
    }  # fmt: skip
    event |= {name: body[name] for name in _OPTIONAL if body.get(name) is not None}
    return event | {"payload": body.get("payload")}


def _event_whole(subject: Subject, body: dict[str, Any]) -> dict[str, Any]:
    name = str(body["e"])
    payload = {
        "source": "automation_v2_lifecycle", "workflow_id": subject.workflow_id, "trigger_type": subject.trigger_type,
        "status": body.get("s"), "event": name, "lifecycle_index": body.get("i"), "lifecycle_occurrence": body.get("o", 0),
        "reason": body.get("r"), "stop_kind": body.get("k"), "metadata": body.get("m"), "counts_as_activity": counts_as_activity(name),
    }  # fmt: skip
    return {
        "event_type": f"{TYPE_PREFIX}{name}", "payload": payload, "phase_id": body.get("p"), "wait_kind": body.get("w"),
        "causation_id": body.get("c"), "correlation_id": subject.workflow_id,
    }  # fmt: skip


def snapshot_of(subject: Subject, row: Row) -> dict[str, Any]:
    """The snapshot (spec 2.3); what an older one lacks is filled in. Raises Unreadable."""
    run_id, body = subject.run_id, _loaded(row.body)
    if body is None:
        raise Unreadable(run_id, row.id, "it is no JSON object")
    if "h" in body:
        body = _snapshot_whole(subject, row, body)
    status = body.get("status")
    if not isinstance(status, str) or status not in PHASE_OF:
        raise Unreadable(run_id, row.id, f"its status is {status!r}")
    head = {
        "schema_version": body.pop("schema_version", 1), "snapshot_id": row.id, "run_id": run_id, "seq": row.seq,
        "created_at_ms": row.at_ms, "scope": body.pop("scope", subject.scope),
    }  # fmt: skip
    if "phase" not in body:
        seen = observed(status, row.at_ms, body.get("phase_id"))
        body["phase"] = seen.phase
        body.setdefault("phase_history", expanded(run_id, seen.history))
    if body["phase"] not in EXITS:
        raise Unreadable(run_id, row.id, f"its phase is {body['phase']!r}")
    body.setdefault("phase_history", [])
    body.setdefault("allowed_next_phases", list(EXITS[body["phase"]]))
    return head | body


def _snapshot_whole(subject: Subject, row: Row, body: dict[str, Any]) -> dict[str, Any]:
    try:
        phase = PhaseState.kept(body["h"])
        history = expanded(subject.run_id, phase.history)
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise Unreadable(subject.run_id, row.id, f"its phases: {error!r}") from error
    whole: dict[str, Any] = {
        "status": body.get("s"), "phase": phase.phase, "phase_history": history, "allowed_next_phases": list(EXITS.get(phase.phase, ())),
        "source_record_kind": "automation_v2",
    }  # fmt: skip
    named = {
        "phase_id": body.get("p"), "workflow_definition_version": subject.definition_version,
        "workflow_definition_snapshot_hash": subject.definition_hash,
    }  # fmt: skip
    whole |= {name: value for name, value in named.items() if value is not None}
    if "e" not in body:
        return whole | {"metadata": body.get("metadata", {"source": "stateful_wait_scheduler", "event_id": row.id})}
    metadata = {
        "source": "automation_v2_lifecycle", "event_id": row.id, "event": body["e"], "lifecycle_index": body.get("i"),
        "redaction_tier": "summary", "activity_boundary": counts_as_activity(str(body["e"])),
    }  # fmt: skip
    if "g" in body:
        code, before, after = body["g"]
        metadata["phase_guard"] = {"code": code, "from_phase": before, "to_phase": after}
    checkpoint = filled(body.get("c", {}), int(body.get("i", 0)) + 1)
    return whole | {"checkpoint": checkpoint, "payload_digest": f"sha256:{body.get('d')}", "metadata": metadata}


def phase_of(snapshot: Mapping[str, Any]) -> PhaseState:
    """The phase that a snapshot says, as the base of the next one."""
    return PhaseState(snapshot["phase"], tuple(snapshot["phase_history"]))


def _loaded(body: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None

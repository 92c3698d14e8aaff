"""One step after the other along a run's log: from each entry its event and its snapshot (spec 5.2 to 5.4). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import Factory, define, frozen

from actors.projection.content import payload_digest
from actors.projection.derived import (
    causation_of,
    phase_id_of,
    phase_status,
    status_of,
    wait_kind_of,
)
from actors.projection.identity import event_id_of, identity_hash
from actors.projection.phases import PhaseRefused, PhaseState, guarded, observed
from actors.projection.record import Entry, Moment, Record, Subject, WaitEvent

__all__ = ["OPERATOR_ACTIONS", "Seen", "Step", "Walk"]

OPERATOR_ACTIONS = frozenset((
    "run_recovered", "run_recovered_from_pause", "run_step_repaired", "run_task_retried", "run_task_requeued", "run_task_continued",
    "stateful_dead_letter_retry_requeued",
))  # fmt: skip
"""At these a run may leave a phase that nothing else leaves."""


@frozen
class Seen:
    """A snapshot that is there already, or `gone` by retention: then the phase is worked out, and nothing is written."""

    phase: PhaseState | None = None
    status: str = ""
    gone: bool = False


@define
class Step:
    """What one entry came to, as bodies of rows.

    `event` None: it is known already, under `event_id` and `known_seq`. `snapshot` None: it is there, or is to stay away.
    """

    position: int
    event_id: str
    at: int
    event: Mapping[str, Any] | None
    snapshot: Mapping[str, Any] | None
    known_seq: int | None = None
    observation: bool = False
    finding: str | None = None


def _nothing(event_id: str) -> Seen | None:
    """Nothing of what is new has been seen."""
    return None


@define(eq=False)
class Walk:
    """Where a walk along one run's log is. `known` maps stable ids to the id and number of an event that is there.

    `latest` and `status` are those of the snapshot before, `seen` says what is known of the snapshot of an event. `counts` are
    occurrences by identity hash, `records` how many were walked over.
    """

    subject: Subject
    latest: PhaseState | None = None
    status: str = ""
    known: Mapping[str, tuple[str, int]] = Factory(dict)
    seen: Callable[[str], Seen | None] = _nothing
    counts: dict[str, int] = Factory(dict)
    records: int = 0

    def name(self, record: Record) -> tuple[str, int]:
        """The stable id of the next record, and its occurrence."""
        digest = identity_hash(self.subject.run_id, self.subject.workflow_id, record)
        occurrence = self.counts.get(digest, 0)
        self.counts[digest] = occurrence + 1
        self.records += 1
        return event_id_of(self.subject.run_id, record.event, digest, occurrence), occurrence

    def step(self, entry: Entry) -> Step:
        """Go over the next entry."""
        if isinstance(entry.what, Record):
            return self._record(entry.position, entry.what, entry.moment)
        return self._wait(entry.position, entry.what, entry.moment)

    def _record(self, position: int, record: Record, moment: Moment) -> Step:
        stable, occurrence = self.name(record)
        phase_id = phase_id_of(record, moment)
        event_id, seq = self.known.get(stable, (stable, None))
        event = None if seq is not None else self._event(record, moment, occurrence, phase_id)
        there = self.seen(event_id)
        if there is not None and there.phase is not None:
            self.latest, self.status = there.phase, there.status
            return Step(position, event_id, record.recorded_at_ms, event, None, seq)
        self.latest, refused = self._phase(record, moment, phase_id)
        self.status = status_of(moment)
        snapshot = None if there is not None else self._snapshot(record, moment, phase_id, refused)
        left = refused is not None and refused.code == "phase_terminal" and record.event not in OPERATOR_ACTIONS
        finding = "terminal_exit_without_operator_action" if left else None
        return Step(
            position, event_id, record.recorded_at_ms, event, snapshot, seq, observation=refused is not None and snapshot is not None,
            finding=finding,
        )  # fmt: skip

    def _phase(self, record: Record, moment: Moment, phase_id: str | None) -> tuple[PhaseState, PhaseRefused | None]:
        """The log states what has happened: where the table has no such way, the phase follows the fact, and says so."""
        status, at = phase_status(record.event, moment), record.recorded_at_ms
        try:
            return guarded(status, at, phase_id, self.latest, f"automation_v2_lifecycle:{record.event}"), None
        except PhaseRefused as refused:
            assert self.latest is not None
            return observed(status, at, phase_id, self.latest.history), refused

    def _event(self, record: Record, moment: Moment, occurrence: int, phase_id: str | None) -> dict[str, Any]:
        body: dict[str, Any] = {"e": record.event, "s": moment.status, "i": self.records - 1}
        optional = (
            ("o", occurrence or None), ("r", record.reason), ("k", record.stop_kind), ("m", record.metadata), ("p", phase_id),
            ("w", wait_kind_of(record, moment, phase_id)), ("c", causation_of(record.metadata)),
        )  # fmt: skip
        return body | {name: value for name, value in optional if value is not None}

    def _snapshot(self, record: Record, moment: Moment, phase_id: str | None, refused: PhaseRefused | None) -> dict[str, Any]:
        body = self._state(phase_id)
        body |= {
            "e": record.event, "i": self.records - 1, "c": moment.checkpoint,
            "d": payload_digest(moment.checkpoint, self.records).removeprefix("sha256:"),
        }  # fmt: skip
        if refused is not None:
            body["g"] = refused.args
        return body

    def _wait(self, position: int, event: WaitEvent, moment: Moment) -> Step:
        """It moves nothing by itself: its snapshot repeats what the one before it said."""
        event_id, seq = self.known.get(event.event_id, (event.event_id, None))
        body: dict[str, Any] | None = None
        if seq is None:
            body = {
                "event_type": event.event_type, "phase_id": event.phase_id, "wait_kind": event.wait_kind,
                "causation_id": event.causation_id, "correlation_id": event.correlation_id, "payload": event.payload,
            }  # fmt: skip
        there = self.seen(event_id)
        if there is not None and there.phase is not None:
            self.latest, self.status = there.phase, there.status
            return Step(position, event_id, event.occurred_at_ms, body, None, seq)
        if self.latest is None:
            self.status = status_of(moment)
            self.latest = observed(self.status, event.occurred_at_ms, event.phase_id)
        snapshot = self._state(event.phase_id) if there is None else None
        return Step(position, event_id, event.occurred_at_ms, body, snapshot, seq)

    def _state(self, phase_id: str | None) -> dict[str, Any]:
        assert self.latest is not None
        body: dict[str, Any] = {"s": self.status, "h": self.latest.history}
        if phase_id is not None:
            body["p"] = phase_id
        return body

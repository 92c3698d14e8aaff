"""The phases of a run and the ways between them (spec 8). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from attrs import frozen

__all__ = [
    "EXITS",
    "PHASE_OF",
    "TERMINAL",
    "PhaseRefused",
    "PhaseState",
    "Step",
    "expanded",
    "guarded",
    "observed",
    "transition_event",
    "validate",
]

_HELD = "paused_attention_required"
EXITS: Mapping[str, tuple[str, ...]] = {
    "created": ("queued", "cancelled"),
    "queued": ("running_phase", _HELD, "cancelled"),
    "running_phase": ("sleeping", "waiting_webhook", "awaiting_approval", "retrying", _HELD, "completed", "failed", "cancelled"),
    "sleeping": ("running_phase", _HELD, "cancelled"),
    "waiting_webhook": ("running_phase", "retrying", _HELD, "failed", "cancelled"),
    "awaiting_approval": ("running_phase", _HELD, "failed", "cancelled"),
    "retrying": ("running_phase", _HELD, "failed", "cancelled"),
    _HELD: ("queued", "running_phase", "failed", "cancelled"),
    "failed": (),
    "completed": (),
    "cancelled": (),
}
"""Which phases may follow which, in the order in which they are told."""
TERMINAL = frozenset(("failed", "completed", "cancelled"))
PHASE_OF: Mapping[str, str] = {
    "queued": "queued", "running": "running_phase", "sleeping": "sleeping", "awaiting_webhook": "waiting_webhook",
    "awaiting_approval": "awaiting_approval", "pausing": _HELD, "paused": _HELD, "blocked": _HELD, "retrying": "retrying",
    "completed": "completed", "dry_run": "completed", "failed": "failed", "dead_lettered": "failed", "cancelled": "cancelled",
}  # fmt: skip
"""The phase of each stateful status."""


class PhaseRefused(Exception):
    """A transition that is not in the table: args (code, from, to)."""

    @property
    def code(self) -> str:
        """`phase_terminal` from a phase that nothing leaves, else `phase_transition_not_allowed`."""
        return str(self.args[0])

    def __str__(self) -> str:
        code, before, after = self.args
        ways = ", ".join(EXITS[before]) or "nothing"
        return f"{code}: a run in the phase {before} cannot come to {after}; {ways} can follow"


Step = tuple[str | None, str, int, str | None, str | None]
"""One transition: from where (None: it was only seen), where to, when, at which node, and why."""


@frozen
class PhaseState:
    """A phase and how the run came to it: transitions, oldest first; those that come from elsewhere stand there as they came."""

    phase: str
    history: tuple[Step | Mapping[str, Any], ...]

    @classmethod
    def kept(cls, history: list[Any]) -> Self:
        """From what a row keeps: the last transition is where the run is."""
        steps = tuple(step if isinstance(step, dict) else (step[0], step[1], step[2], step[3], step[4]) for step in history)
        last = steps[-1]
        return cls(last["to_phase"] if isinstance(last, dict) else last[1], steps)


def validate(before: str, after: str) -> None:
    """Raises PhaseRefused unless the table has the way; a phase to itself is none."""
    if after not in EXITS[before]:
        raise PhaseRefused("phase_terminal" if before in TERMINAL else "phase_transition_not_allowed", before, after)


def observed(status: str, at: int, phase_id: str | None, before: Sequence[Step | Mapping[str, Any]] = ()) -> PhaseState:
    """The phase of a status, seen and not asked; what was known before is kept."""
    phase = PHASE_OF[status]
    return PhaseState(phase, (*before, (None, phase, at, phase_id, f"observed_status:{status}")))


def guarded(status: str, at: int, phase_id: str | None, previous: PhaseState | None, reason: str | None = None) -> PhaseState:
    """The phase after `previous` for that status. Raises PhaseRefused where the table has no such way (spec 8.4)."""
    if previous is None:
        return observed(status, at, phase_id)
    phase, before = PHASE_OF[status], previous.phase
    if phase == before:
        return previous if previous.history else observed(status, at, phase_id)
    validate(before, phase)
    why = reason if reason is not None else f"status_transition:{status}"
    return PhaseState(phase, (*previous.history, (before, phase, at, phase_id, why)))


def expanded(run_id: str, history: Sequence[Step | Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Transitions as records (spec 2.4)."""
    return [_record(run_id, *step) if isinstance(step, tuple) else step for step in history]


def _record(run_id: str, before: str | None, after: str, at: int, phase_id: str | None, reason: str | None) -> dict[str, Any]:
    seen = before is None
    record: dict[str, Any] = {
        "schema_version": 1,
        "event_id": f"{run_id}:phase:{after}:{at}" if seen else f"{run_id}:phase_transition:{before}:{after}:{at}",
        "to_phase": after, "event_type": f"stateful_runtime.phase.{'observed' if seen else 'transition'}", "occurred_at_ms": at,
    }  # fmt: skip
    optional = {"from_phase": before, "phase_id": phase_id, "reason": reason}
    return record | {name: value for name, value in optional.items() if value is not None}


def transition_event(run_id: str, seq: int, scope: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """A transition record as an event of its own (spec 8.5)."""
    event = {
        "schema_version": 1, "event_id": record["event_id"], "run_id": run_id, "seq": seq, "event_type": record["event_type"],
        "occurred_at_ms": record["occurred_at_ms"], "scope": scope, "phase_transition": record,
        "payload": {"from_phase": record.get("from_phase"), "to_phase": record["to_phase"], "reason": record.get("reason")},
    }  # fmt: skip
    return event | ({"phase_id": record["phase_id"]} if "phase_id" in record else {})

"""What of a run's facts the hook is told, and in which words. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from actors.entity import Fact
from actors.gate import events as gate
from actors.gate.record import request_id, seen_option
from actors.notification.events import NotificationQueued
from actors.notification.note import queued
from actors.run import events as run
from actors.run.course import RunBlocked
from actors.run.interventions import RunPausedStale
from actors.settings import RunRules
from storage.records import Append

__all__ = ["appends_for", "commands_for", "told_of_ending"]

LONGEST_PROMPT = 4_000
_VERBS = {"approve": "approve", "reject": "reject", "rework": "rework", "cancel": "cancel-gate"}


class _Gate(Protocol):
    """An open question, as far as it is told."""

    @property
    def node_id(self) -> str: ...
    @property
    def gate_name(self) -> str: ...
    @property
    def instance(self) -> int: ...
    @property
    def tool(self) -> str | None: ...
    @property
    def shown_digest(self) -> str: ...
    @property
    def decisions(self) -> tuple[str, ...]: ...
    @property
    def shown(self) -> Mapping[str, Any]: ...
    @property
    def expires_at_ms(self) -> int | None: ...


class _Run(Protocol):
    """A run before the fact is applied to it."""

    @property
    def run_id(self) -> str: ...
    @property
    def workflow_id(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def open_gates(self) -> Mapping[str, Any]: ...


def appends_for(rules: RunRules, state: _Run, event: Fact, at_ms: int) -> list[Append]:
    """What is to be written beside the fact, one append for each way to tell it; nothing where the settings do not ask for it.

    `state` is the run before the fact.
    """
    told = _TOLD.get(type(event))
    found = told(state, event) if told is not None else None
    if found is None or found[0] not in rules.notify_events:
        return []
    what, name, about = found
    return [
        queued(
            NotificationQueued(name, what, way, state.run_id, state.workflow_id, {k: v for k, v in about.items() if v is not None}), at_ms
        )
        for way in rules.notify_ways
    ]


def told_of_ending(rules: RunRules, run_id: str, workflow_id: str, seq: int, event: Fact, at_ms: int) -> list[Append]:
    """The same for an ending that is appended in a dead run's place, as the event `seq`."""
    return appends_for(rules, _Locked(run_id, workflow_id, seq - 1), event, at_ms)


class _Locked:
    """What is known of a run that nobody can open."""

    def __init__(self, run_id: str, workflow_id: str, seq: int) -> None:
        self.run_id, self.workflow_id, self.seq = run_id, workflow_id, seq
        self.open_gates: Mapping[str, Any] = {}


def commands_for(run_id: str, gate_name: str, decisions: tuple[str, ...], seen: tuple[str, ...] = ()) -> list[str]:
    """The command lines that answer the gate; `seen` is what that of an approval says in addition."""
    return [
        shlex.join(["penstock", _VERBS[one], run_id, gate_name, *(seen if one == "approve" else ())]) for one in decisions if one in _VERBS
    ]


_Told = tuple[str, str, dict[str, Any]]


def _asked(event: Any, asks: _Gate, run_id: str) -> dict[str, Any]:
    """What is said of a gate that is open."""
    prompt = asks.shown.get("prompt")
    short = prompt if prompt is None or len(prompt) <= LONGEST_PROMPT else f"{prompt[:LONGEST_PROMPT]}…"
    return {
        **_named(event), "prompt": short, "decisions": list(asks.decisions), "expires_at": asks.expires_at_ms,
        "commands": commands_for(run_id, event.gate_name, asks.decisions, seen_option(asks)),
    }  # fmt: skip


def _named(event: Any) -> dict[str, Any]:
    return {"node_id": event.node_id, "gate_name": event.gate_name, "instance": event.instance}


def _id(state: _Run, event: Any, what: str) -> str:
    asked = event if isinstance(event, gate.ApprovalGateOpened) else state.open_gates[event.node_id]
    return f"{request_id(state.run_id, asked)}:{what}"


def _opened(state: _Run, event: gate.ApprovalGateOpened) -> _Told | None:
    """Only where a person may answer."""
    if not event.decisions:
        return None
    return "gate_opened", _id(state, event, "opened"), {**_asked(event, event, state.run_id), "gate_type": event.gate_type}


def _reminded(state: _Run, event: gate.ApprovalGateReminderDue) -> _Told:
    about = _asked(event, state.open_gates[event.node_id], state.run_id)
    return "gate_reminded", event.notification_key, {**about, "reminder_count": event.reminder_count, "expired": event.expired}


def _escalated(state: _Run, event: gate.ApprovalGateEscalated) -> _Told:
    about = _asked(event, state.open_gates[event.node_id], state.run_id)
    return "gate_escalated", event.notification_key, {**about, "escalated_to": event.escalated_to}


def _decided(state: _Run, event: gate.ApprovalGateDecided) -> _Told | None:
    """Only of a gate that was asked; what is computed was no question."""
    if event.node_id not in state.open_gates:
        return None
    return "gate_decided", _id(state, event, "decided"), {**_named(event), "decision": event.decision, "decided_by": event.decided_by}


def _expired(state: _Run, event: gate.ApprovalGateExpired) -> _Told | None:
    """The other actions are followed by a decision."""
    if event.action != "cancel":
        return None
    return "gate_decided", _id(state, event, "decided"), {**_named(event), "decision": "expired", "decided_by": "system"}


def _ended(what: str) -> Callable[[_Run, Any], _Told]:
    def told(state: _Run, event: Any) -> _Told:
        code = getattr(event, "code", None) or event.kind.removeprefix("run_")
        about = {"code": code, "node_ids": list(getattr(event, "node_ids", ())), "commands": [f"penstock why {state.run_id}"]}
        return what, f"{state.run_id}:{state.seq + 1}", about

    return told


def _held(state: _Run, event: RunPausedStale) -> _Told:
    commands = [f"penstock why {state.run_id}", f"penstock resume {state.run_id}"]
    return "run_held", f"{state.run_id}:{state.seq + 1}", {"code": event.reason, "node_ids": list(event.node_ids), "commands": commands}


_TOLD: dict[type[Fact], Callable[[_Run, Any], _Told | None]] = {
    gate.ApprovalGateOpened: _opened,
    gate.ApprovalGateReminderDue: _reminded,
    gate.ApprovalGateEscalated: _escalated,
    gate.ApprovalGateDecided: _decided,
    gate.ApprovalGateExpired: _expired,
    run.RunFailed: _ended("run_failed"),
    run.RunFailedPanic: _ended("run_failed"),
    run.RunFailedServerRestart: _ended("run_failed"),
    RunBlocked: _ended("run_blocked"),
    run.RunBlockedCorruptCheckpoint: _ended("run_blocked"),
    RunPausedStale: _held,
}

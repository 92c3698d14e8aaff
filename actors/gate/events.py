"""The facts of a gate: asked, answered, expired, asked anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import Factory, frozen

from actors.entity import Fact

__all__ = [
    "ApprovalGateDecided", "ApprovalGateEscalated", "ApprovalGateExpired", "ApprovalGateMarkedStale", "ApprovalGateOpened",
    "ApprovalGateReminderDue", "ApprovalGateReopened", "ApprovalGateTransitionGuardDenied", "ApprovalGateVoteRecorded",
]  # fmt: skip


@frozen
class ApprovalGateOpened(Fact):
    """A person or a resolver is asked. `shown` is what is shown, `shown_digest` its SHA-256; `nonce` belongs to this instance alone.

    `dropped_options`: what the source of the options names beside them that is no text. `tool`: an agent node wants to use that tool.
    """

    kind: ClassVar[str] = "approval_gate_opened"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({
        "shown", "expires_at_ms", "on_expiry", "escalate_to", "remind_every_ms", "stale_at_ms", "min_approvals", "approvers",
        "dropped_options",
    })  # fmt: skip
    node_id: str
    gate_name: str
    gate_type: str
    instance: int
    nonce: str
    decisions: tuple[str, ...]
    shown_digest: str
    shown: Mapping[str, Any] = Factory(dict)
    expires_at_ms: int | None = None
    on_expiry: str | None = None
    escalate_to: str | None = None
    remind_every_ms: int | None = None
    stale_at_ms: int | None = None
    min_approvals: int = 1
    approvers: tuple[str, ...] = ()
    dropped_options: tuple[str, ...] = ()
    tool: str | None = None


@frozen
class ApprovalGateVoteRecorded(Fact):
    """One of several approvals that the gate wants: the `approvals`th of `needed`. It stays open."""

    kind: ClassVar[str] = "approval_gate_vote_recorded"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"feedback", "selections"})
    node_id: str
    gate_name: str
    instance: int
    decided_by: str
    approvals: int
    needed: int
    feedback: str | None = None
    selections: tuple[str, ...] = ()


@frozen
class ApprovalGateDecided(Fact):
    """The one decision of this instance. A rework names the nodes it resets, sorted; `voters`: all who approved, where several had to.

    A quality gate decides by itself: `pass` or `fail`, by `quality_gate`, without having been opened.
    """

    kind: ClassVar[str] = "approval_gate_decided"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"feedback", "selections"})
    node_id: str
    gate_name: str
    instance: int
    decision: str
    decided_by: str
    shown_digest: str
    reason: str | None = None
    reset_nodes: tuple[str, ...] = ()
    feedback: str | None = None
    selections: tuple[str, ...] = ()
    voters: tuple[str, ...] = ()


@frozen
class ApprovalGateReopened(Fact):
    """The gate opens as the next instance: what was shown changed before it was used (`shown_changed`), or the run was pinned to another
    version (`version_changed`), so that an approval is void; or it was open when it was reset with others (`reset`).
    """

    kind: ClassVar[str] = "approval_gate_reopened"
    node_id: str
    instance: int
    reason: str
    old_digest: str
    new_digest: str
    reset_nodes: tuple[str, ...] = ()


@frozen
class ApprovalGateExpired(Fact):
    """Nobody answered in time; `action` is what the gate says to that."""

    kind: ClassVar[str] = "approval_gate_expired"
    node_id: str
    gate_name: str
    instance: int
    action: str


@frozen
class ApprovalGateEscalated(Fact):
    """Nobody answered in time: somebody else is asked. Once for each instance; it stays open."""

    kind: ClassVar[str] = "approval_gate_escalated"
    node_id: str
    gate_name: str
    instance: int
    escalated_to: str
    reminder_count: int
    notification_key: str


@frozen
class ApprovalGateReminderDue(Fact):
    """People are to be reminded for the `reminder_count`th time; `expired`: its time is over."""

    kind: ClassVar[str] = "approval_gate_reminder_due"
    node_id: str
    gate_name: str
    instance: int
    reminder_count: int
    expired: bool
    notification_key: str


@frozen
class ApprovalGateMarkedStale(Fact):
    """It has been open for long. Once for each instance."""

    kind: ClassVar[str] = "approval_gate_marked_stale"
    node_id: str
    gate_name: str
    instance: int


@frozen
class ApprovalGateTransitionGuardDenied(Fact):
    """An answer meant for another instance of the gate was refused."""

    kind: ClassVar[str] = "approval_gate_transition_guard_denied"
    node_id: str
    gate_name: str
    instance: int
    decision: str
    decided_by: str

"""An open question and the answers so far, as the log says them. Data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

__all__ = ["Answer", "GateRecord", "OpenGate", "Vote"]


@frozen
class Vote:
    """One of several approvals that a gate wants."""

    by: str
    feedback: str | None = None
    selections: tuple[str, ...] = ()


@frozen
class Answer:
    """What is decided, and by whom. `voters`: all who approved, where more than one had to."""

    decision: str
    by: str
    feedback: str | None = None
    selections: tuple[str, ...] = ()
    reason: str | None = None
    voters: tuple[str, ...] = ()


@frozen
class OpenGate:
    """One instance of a question that is open. `shown` is what the decider is shown; `reminders` counts notifications about it.

    `votes` are approvals short of `min_approvals`; `approvers` are the only ones who may decide, where there are any.
    """

    node_id: str
    gate_name: str
    gate_type: str
    instance: int
    nonce: str
    decisions: tuple[str, ...]
    shown: Mapping[str, Any]
    shown_digest: str
    opened_at_ms: int
    expires_at_ms: int | None = None
    on_expiry: str | None = None
    escalate_to: str | None = None
    remind_every_ms: int | None = None
    stale_at_ms: int | None = None
    reminders: int = 0
    reminded_at_ms: int | None = None
    escalated: str | None = None
    stale: bool = False
    min_approvals: int = 1
    approvers: tuple[str, ...] = ()
    dropped_options: tuple[str, ...] = ()
    votes: tuple[Vote, ...] = ()

    def request_id(self, run_id: str) -> str:
        """The name of this one request for an answer (gates spec, 1)."""
        return f"workflow:{run_id}:{self.node_id}:{self.instance}"


@frozen
class GateRecord:
    """One entry of a run's gate history. `version`: the digest of the version to which the run was pinned then."""

    node_id: str
    gate_name: str
    instance: int
    decision: str
    decided_at_ms: int
    decided_by: str
    shown_digest: str | None = None
    feedback: str | None = None
    selections: tuple[str, ...] = ()
    version: str | None = None

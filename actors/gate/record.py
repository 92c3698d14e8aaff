"""An open question and the answers so far, as the log says them. Data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from attrs import frozen

__all__ = ["SHORTEST_DIGEST", "Answer", "GateRecord", "OpenGate", "Vote", "outcome_gate", "request_id", "seen_option", "tool_gate"]

SHORTEST_DIGEST = 16
"""How many characters of a digest are enough to name what was seen."""


def outcome_gate(node_id: str) -> str:
    """The name of the gate that asks whether the effect of a node happened."""
    return f"{node_id}.outcome"


def tool_gate(node_id: str) -> str:
    """The name of the gate that asks whether an agent node may use a tool."""
    return f"{node_id}.tool"


class _Asked(Protocol):
    """A question, as far as its name needs it."""

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


def seen_option(asked: _Asked) -> tuple[str, ...]:
    """What the command that approves it says beside the gate's name: what was seen, where only that may be approved."""
    return () if asked.tool is None else ("--shown", asked.shown_digest[:SHORTEST_DIGEST])


def request_id(run_id: str, asked: _Asked) -> str:
    """The name of one request for an answer (gates spec, 1). Questions about tools are counted apart from those of their node."""
    return f"workflow:{run_id}:{asked.node_id if asked.tool is None else asked.gate_name}:{asked.instance}"


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

    `votes` are approvals short of `min_approvals`; `approvers` are the only ones who may decide, where there are any. `tool` is the tool
    that an agent node wants to use, where that is the question: its instances are counted by themselves, from 1 for each node.
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
    tool: str | None = None

    def request_id(self, run_id: str) -> str:
        """The name of this one request for an answer."""
        return request_id(run_id, self)


@frozen
class GateRecord:
    """One entry of a run's gate history. `version`: the digest of the version to which the run was pinned then.

    `iteration_path`: the turns of the loops around the gate, outermost first.
    """

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
    iteration_path: tuple[int, ...] = ()

"""What is asked of learnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from actors.refusals import Principal, Refusal, RequestKey
from supervision import Request

__all__ = [
    "Distill", "ForLearning", "LookAtEndings", "Operation", "Promote", "Put", "PutRevision", "Review", "SpawnRevision", "Teach", "Try",
]  # fmt: skip

Reply = Mapping[str, Any] | Refusal


@frozen
class LookAtEndings:
    """Runs have ended, from which something is to be learned soon."""


@frozen
class Teach:
    """Tell of the keeper to itself: it is soon."""


@frozen
class Try:
    """Tell of the keeper to itself: look at the trials that go on."""


@frozen
class Review:
    """What a person says of a learning: approve, reject, apply, supersede, regress. `reviewer_id`: in whose name, the asker's otherwise.

    `verify`: it is applied only after it has won a trial on so many of the newest runs; 0: at once.
    """

    learning_id: str
    action: str | None
    reviewer_id: str | None = None
    note: str | None = None
    verify: int = 0


@frozen
class Put:
    """Put a learning there as it is, as JSON, or replace the one with its id."""

    learning: Mapping[str, Any]


@frozen
class Promote:
    """Have a fact that was learned remembered for the whole project."""

    learning_id: str
    reviewer_id: str | None = None
    approval_id: str | None = None
    run_id: str | None = None
    reason: str | None = None


@frozen
class SpawnRevision:
    """Draft the next version of the workflow from a learning."""

    learning_id: str
    reviewer_id: str | None = None
    title: str | None = None


@frozen
class PutRevision:
    """Store the newest draft of a learning as the workflow's next version."""

    learning_id: str


@frozen
class Distill:
    """Learn from a conversation. `facts` None: what stands in the conversation itself. `threshold`: how important a fact must be."""

    session_id: str
    facts: Sequence[Mapping[str, Any]] | None = None
    workflow_id: str | None = None
    project_id: str | None = None
    run_id: str | None = None
    threshold: float | None = None


Operation = Review | Put | Promote | SpawnRevision | PutRevision | Distill


@frozen
class ForLearning(Request[Reply]):
    """An operation on learnings, asked of their keeper."""

    operation: Operation
    by: Principal
    request: RequestKey

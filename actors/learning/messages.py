"""What is asked of learnings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from actors.refusals import Principal, Refusal, RequestKey
from supervision import Request

__all__ = ["ForLearning", "LookAtEndings", "Operation", "Put", "Review", "Teach"]

Reply = Mapping[str, Any] | Refusal


@frozen
class LookAtEndings:
    """Runs have ended, from which something is to be learned soon."""


@frozen
class Teach:
    """Tell of the keeper to itself: it is soon."""


@frozen
class Review:
    """What a person says of a learning: approve, reject, apply, supersede, regress. `reviewer_id`: in whose name, the asker's otherwise."""

    learning_id: str
    action: str | None
    reviewer_id: str | None = None
    note: str | None = None


@frozen
class Put:
    """Put a learning there as it is, as JSON, or replace the one with its id."""

    learning: Mapping[str, Any]


Operation = Review | Put


@frozen
class ForLearning(Request[Reply]):
    """An operation on learnings, asked of their keeper."""

    operation: Operation
    by: Principal
    request: RequestKey

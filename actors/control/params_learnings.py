"""The parameters of the methods about learnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from actors.control import bounds

__all__ = [
    "LearningDistill", "LearningEvents", "LearningList", "LearningMetrics", "LearningOnly", "LearningPromote", "LearningPut",
    "LearningReview", "LearningSpawnRevision",
]  # fmt: skip


@frozen
class LearningList:
    """Learnings that fit all that is given, the newest change first."""

    workflow_id: str | None = field(default=None, validator=bounds.name)
    project_id: str | None = field(default=None, validator=bounds.name)
    status: str | None = field(default=None, validator=bounds.text)
    kind: str | None = field(default=None, validator=bounds.text)
    limit: int = field(default=100, validator=bounds.count)


@frozen
class LearningEvents:
    """What has happened to the learnings of a workflow, oldest first, behind that number."""

    workflow_id: str = field(validator=bounds.name)
    after: int = field(default=0, validator=bounds.position)
    limit: int = field(default=500, validator=bounds.count)


@frozen
class LearningOnly:
    """One learning."""

    learning_id: str = field(validator=bounds.text)


@frozen
class LearningReview:
    """What a person says of a learning: approve, reject, apply, supersede, regress."""

    learning_id: str = field(validator=bounds.text)
    action: str | None = field(default=None, validator=bounds.text)
    reviewer_id: str | None = field(default=None, validator=bounds.text)
    note: str | None = field(default=None, validator=bounds.text)
    verify: bool = False


@frozen
class LearningPut:
    """A learning with all its fields."""

    learning: Mapping[str, Any]


@frozen
class LearningMetrics:
    """How a workflow does."""

    workflow_id: str = field(validator=bounds.name)


@frozen
class LearningPromote:
    """A fact to be remembered for its project."""

    learning_id: str = field(validator=bounds.text)
    reviewer_id: str | None = field(default=None, validator=bounds.text)
    approval_id: str | None = field(default=None, validator=bounds.text)
    run_id: str | None = field(default=None, validator=bounds.text)
    reason: str | None = field(default=None, validator=bounds.text)


@frozen
class LearningSpawnRevision:
    """A learning of which the next version of its workflow is to be drafted."""

    learning_id: str = field(validator=bounds.text)
    reviewer_id: str | None = field(default=None, validator=bounds.text)
    title: str | None = field(default=None, validator=bounds.text)


@frozen
class LearningDistill:
    """A conversation, and what it says where that is not to be read from it."""

    session_id: str = field(validator=bounds.name)
    facts: Sequence[Mapping[str, Any]] | None = None
    workflow_id: str | None = field(default=None, validator=bounds.name)
    project_id: str | None = field(default=None, validator=bounds.name)
    run_id: str | None = field(default=None, validator=bounds.name)
    threshold: float | None = None

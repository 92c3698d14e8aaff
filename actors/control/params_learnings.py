"""The parameters of the methods about learnings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from actors.control import bounds

__all__ = ["LearningList", "LearningMetrics", "LearningOnly", "LearningPut", "LearningReview"]


@frozen
class LearningList:
    """Learnings that fit all that is given, the newest change first."""

    workflow_id: str | None = field(default=None, validator=bounds.name)
    project_id: str | None = field(default=None, validator=bounds.name)
    status: str | None = field(default=None, validator=bounds.text)
    kind: str | None = field(default=None, validator=bounds.text)
    limit: int = field(default=100, validator=bounds.count)


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


@frozen
class LearningPut:
    """A learning with all its fields."""

    learning: Mapping[str, Any]


@frozen
class LearningMetrics:
    """How a workflow does."""

    workflow_id: str = field(validator=bounds.name)

"""The facts of revisions that learnings ask for. Pure."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.learning.events import PREFIX, LearningFact
from actors.learning.record import Metrics
from actors.learning.revision import Revision

__all__ = ["REVISION_FACTS", "PlanBundleMissing", "RevisionPut", "RevisionSpawned", "RevisionStored"]


@frozen
class PlanBundleMissing(LearningFact):
    """A revision was wanted, and the workflow carries no plan that it could begin from. `learning_kind` is told as `kind`."""

    kind: ClassVar[str] = f"{PREFIX}plan_bundle_missing"
    learning_id: str
    learning_kind: str


@frozen
class RevisionStored(LearningFact):
    """A planner session with the draft of a new version, for a person to look at."""

    kind: ClassVar[str] = "workflow_learning.revision.stored"
    session_id: str
    session: Revision


@frozen
class RevisionSpawned(LearningFact):
    """That session is the learning's. `baseline_before` where it was captured now."""

    kind: ClassVar[str] = f"{PREFIX}revision_spawned"
    learning_id: str
    session_id: str
    reviewer_id: str | None = None
    baseline_before: Metrics | None = None


@frozen
class RevisionPut(LearningFact):
    """A person has stored the draft: it is the workflow's newest version from that moment on."""

    kind: ClassVar[str] = "workflow_learning.revision.put"
    session_id: str
    version: int
    digest: str
    by: str


REVISION_FACTS: tuple[type[LearningFact], ...] = (PlanBundleMissing, RevisionStored, RevisionSpawned, RevisionPut)
"""All of them."""

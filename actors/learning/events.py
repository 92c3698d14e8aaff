"""The facts of the learnings of one workflow (learning spec 3.5): its learning log, which the keeper alone writes. Pure.

`learning_kind` is the learning's kind; as an event is told it is its `kind`. Times are those of the commit.
"""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from actors.entity import Fact
from actors.learning.record import Learning, Metrics, Status

__all__ = [
    "FACTS", "PREFIX", "LearningApplied", "LearningFact", "LearningMerged", "LearningProposed", "LearningRegressed", "LearningReviewed",
    "LearningStored", "LearningsMeasured",
]  # fmt: skip

PREFIX = "workflow_learning.candidate."


@frozen
class LearningFact(Fact):
    """What all of them say."""

    workflow_id: str


@frozen
class LearningStored(LearningFact):
    """A person has put it there, or replaced it, as a whole."""

    kind: ClassVar[str] = f"{PREFIX}stored"
    learning_id: str
    learning: Learning


@frozen
class LearningProposed(LearningFact):
    """A new one, which nobody has looked at yet."""

    kind: ClassVar[str] = f"{PREFIX}proposed"
    learning_id: str
    learning: Learning


@frozen
class LearningMerged(LearningFact):
    """It has come up again in that run: only what changed, and only the elements that lists have got."""

    kind: ClassVar[str] = f"{PREFIX}merged"
    learning_id: str
    run_id: str
    summary: str | None = None
    confidence: float | None = None
    node_id: str | None = None
    node_kind: str | None = None
    validator_family: str | None = None
    proposed_memory_payload: Any = None
    proposed_revision_prompt: str | None = None
    source_memory_id: str | None = None
    promoted_memory_id: str | None = None
    baseline_before: Metrics | None = None
    latest_observed_metrics: Metrics | None = None
    last_revision_session_id: str | None = None
    needs_plan_bundle: bool | None = None
    artifact_refs: tuple[str, ...] = ()
    run_ids: tuple[str, ...] = ()
    evidence_refs: tuple[Any, ...] = ()


@frozen
class LearningApplied(LearningFact):
    """The policy has applied it, without a person."""

    kind: ClassVar[str] = f"{PREFIX}auto_applied"
    learning_id: str
    learning_kind: str
    confidence: float
    baseline_before: Metrics


@frozen
class LearningsMeasured(LearningFact):
    """How the workflow does with the learnings that are in use; it leaves their time of change alone."""

    kind: ClassVar[str] = f"{PREFIX}measured"
    learning_ids: tuple[str, ...]
    latest_observed_metrics: Metrics


@frozen
class LearningRegressed(LearningFact):
    """The workflow does worse since it was applied: later runs are not told of it."""

    kind: ClassVar[str] = f"{PREFIX}regressed"
    learning_id: str
    learning_kind: str
    reason_code: str
    baseline_before: Metrics
    latest_observed_metrics: Metrics
    post_apply_count: int


@frozen
class LearningReviewed(LearningFact):
    """What a person has said of it. `baseline_before` where it was captured now, instead of an earlier one."""

    kind: ClassVar[str] = f"{PREFIX}reviewed"
    learning_id: str
    from_status: Status
    to_status: Status
    action: str
    reviewer_id: str
    reviewed_at_ms: int
    note: str | None = None
    baseline_before: Metrics | None = None


FACTS: tuple[type[LearningFact], ...] = (
    LearningStored, LearningProposed, LearningMerged, LearningApplied, LearningsMeasured, LearningRegressed, LearningReviewed,
)  # fmt: skip
"""All of them."""

"""What a run's log says of learning: what its agents were told, and what its ending taught (learning spec 3.5). Pure."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact
from actors.learning.record import Metrics

__all__ = ["Judged", "LearningFinalized", "LearningSkipped", "LearningsInjected"]


@frozen
class Judged:
    """What the promotion policy said of one learning: auto_apply, require_human_review or block, with the code of the rule."""

    learning_id: str
    decision: str
    reason_code: str


@frozen
class LearningsInjected(Fact):
    """These learnings stand in the prompt of an agent node's attempt. Recorded before the prompt is sent."""

    kind: ClassVar[str] = "learnings_injected"
    node_id: str
    attempt: int
    learning_ids: tuple[str, ...]


@frozen
class LearningFinalized(Fact):
    """Bookkeeping after the ending: what it taught, and how the workflow does now. Once for each ending."""

    kind: ClassVar[str] = "learning_finalized"
    generated_learning_ids: tuple[str, ...] = ()
    post_run_metrics: Metrics | None = None
    decisions: tuple[Judged, ...] = ()


@frozen
class LearningSkipped(Fact):
    """Instead of it: nothing can be learned from the ending. `reason`: workflow_version_missing."""

    kind: ClassVar[str] = "learning_skipped"
    reason: str

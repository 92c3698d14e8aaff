"""All learnings of one workflow, as its learning log folds (learning spec 3.4). Pure."""

from __future__ import annotations

from typing import Any

from attrs import Factory, define, evolve, fields

from actors.learning import events as e
from actors.learning.record import Kind, Learning

__all__ = ["LISTS", "Book"]

LISTS = ("artifact_refs", "run_ids", "evidence_refs")
CHANGES = tuple(
    one.name for one in fields(e.LearningMerged) if one.name not in {"workflow_id", "learning_id", "run_id", *LISTS}
)  # fmt: skip
"""What a merge may change beside the lists."""


@define(eq=False)
class Book:
    """`seq` is the length of the log; learnings stand in the order in which they came."""

    workflow_id: str
    seq: int = 0
    learnings: dict[str, Learning] = Factory(dict)
    known: dict[tuple[Kind, str], str] = Factory(dict)

    def copy(self) -> Book:
        """One on which a decision can be tried."""
        return Book(self.workflow_id, self.seq, dict(self.learnings), dict(self.known))

    def alike(self, learning: Learning) -> Learning | None:
        """The one with the same kind and fingerprint, whatever its status."""
        found = self.known.get((learning.kind, learning.fingerprint))
        return None if found is None else self.learnings[found]

    def apply(self, fact: e.LearningFact, at_ms: int) -> None:
        """One more fact."""
        self.seq += 1
        match fact:
            case e.LearningStored() | e.LearningProposed():
                self._put(fact.learning)
            case e.LearningMerged():
                self._merge(fact, at_ms)
            case e.LearningApplied():
                self._change(fact.learning_id, status="applied", baseline_before=fact.baseline_before, updated_at_ms=at_ms)
            case e.LearningsMeasured():
                for learning_id in fact.learning_ids:
                    self._change(learning_id, latest_observed_metrics=fact.latest_observed_metrics)
            case e.LearningRegressed():
                self._change(fact.learning_id, status="regressed", updated_at_ms=at_ms)
            case _:
                assert isinstance(fact, e.LearningReviewed)
                self._review(fact, at_ms)

    def _put(self, learning: Learning) -> None:
        before = self.learnings.get(learning.learning_id)
        if before is not None:
            self.known.pop((before.kind, before.fingerprint), None)
        self.learnings[learning.learning_id] = learning
        self.known.setdefault((learning.kind, learning.fingerprint), learning.learning_id)

    def _merge(self, fact: e.LearningMerged, at_ms: int) -> None:
        before = self.learnings[fact.learning_id]
        changes = {name: value for name in CHANGES if (value := getattr(fact, name)) is not None}
        grown = {name: getattr(before, name) + more for name in LISTS if (more := getattr(fact, name))}
        self._change(fact.learning_id, **changes, **grown, updated_at_ms=at_ms)

    def _review(self, fact: e.LearningReviewed, at_ms: int) -> None:
        before = self.learnings[fact.learning_id]
        note = {
            "review_note": fact.note, "reviewer_id": fact.reviewer_id, "reviewed_at_ms": fact.reviewed_at_ms, "action": fact.action,
        }  # fmt: skip
        self._change(
            fact.learning_id, status=fact.to_status, baseline_before=fact.baseline_before or before.baseline_before,
            evidence_refs=(*before.evidence_refs, *([note] if fact.note is not None else [])), updated_at_ms=at_ms,
        )  # fmt: skip

    def _change(self, learning_id: str, **changes: Any) -> None:
        self.learnings[learning_id] = evolve(self.learnings[learning_id], **changes)

"""All learnings of one workflow, as its learning log folds (learning spec 3.4). Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import Factory, define, evolve, fields

from actors.learning import events as e
from actors.learning import memory_events as m
from actors.learning import revision_events as r
from actors.learning import trial_events as t
from actors.learning.memory import Memory
from actors.learning.record import Kind, Learning
from actors.learning.revision import Revision
from actors.learning.trial import Trial

__all__ = ["LISTS", "Book"]

LISTS = ("artifact_refs", "run_ids", "evidence_refs")
CHANGES = tuple(
    one.name for one in fields(e.LearningMerged) if one.name not in {"workflow_id", "learning_id", "run_id", *LISTS}
)  # fmt: skip
"""What a merge may change beside the lists."""


@define(eq=False)
class Book:
    """`seq` is the length of the log; what is in it stands in the order in which it came. `trials`: the newest one of each learning."""

    workflow_id: str
    seq: int = 0
    learnings: dict[str, Learning] = Factory(dict)
    known: dict[tuple[Kind, str], str] = Factory(dict)
    memories: dict[str, Memory] = Factory(dict)
    revisions: dict[str, Revision] = Factory(dict)
    trials: dict[str, Trial] = Factory(dict)

    def copy(self) -> Book:
        """One on which a decision can be tried."""
        return Book(
            self.workflow_id, self.seq, dict(self.learnings), dict(self.known), dict(self.memories), dict(self.revisions),
            dict(self.trials),
        )  # fmt: skip

    def alike(self, learning: Learning) -> Learning | None:
        """The one with the same kind and fingerprint, whatever its status."""
        found = self.known.get((learning.kind, learning.fingerprint))
        return None if found is None else self.learnings[found]

    def apply(self, fact: e.LearningFact, at_ms: int) -> None:
        """One more fact."""
        FOLDS[type(fact)](self, fact, at_ms)
        self.seq += 1

    def put(self, fact: e.LearningStored | e.LearningProposed, at_ms: int) -> None:
        """It stands as it is told."""
        learning, before = fact.learning, self.learnings.get(fact.learning.learning_id)
        if before is not None and self.known.get((before.kind, before.fingerprint)) == before.learning_id:
            del self.known[before.kind, before.fingerprint]
        self.learnings[learning.learning_id] = learning
        self.known.setdefault((learning.kind, learning.fingerprint), learning.learning_id)

    def merge(self, fact: e.LearningMerged, at_ms: int) -> None:
        """Some fields have changed, and lists have grown."""
        before = self.learnings[fact.learning_id]
        changes = {name: value for name in CHANGES if (value := getattr(fact, name)) is not None}
        grown = {name: getattr(before, name) + more for name in LISTS if (more := getattr(fact, name))}
        self.change(fact.learning_id, **changes, **grown, updated_at_ms=at_ms)

    def measure(self, fact: e.LearningsMeasured, at_ms: int) -> None:
        """The one change that leaves the time of change alone."""
        for learning_id in fact.learning_ids:
            self.change(learning_id, latest_observed_metrics=fact.latest_observed_metrics)

    def review(self, fact: e.LearningReviewed, at_ms: int) -> None:
        """A new status, and the note among the evidence."""
        before = self.learnings[fact.learning_id]
        note = {
            "review_note": fact.note, "reviewer_id": fact.reviewer_id, "reviewed_at_ms": fact.reviewed_at_ms, "action": fact.action,
        }  # fmt: skip
        self.change(
            fact.learning_id, status=fact.to_status, baseline_before=fact.baseline_before or before.baseline_before,
            evidence_refs=(*before.evidence_refs, *([note] if fact.note is not None else [])), updated_at_ms=at_ms,
        )  # fmt: skip

    def spawn(self, fact: r.RevisionSpawned, at_ms: int) -> None:
        """Its newest revision is that session; the plan was found."""
        baseline = fact.baseline_before or self.learnings[fact.learning_id].baseline_before
        self.change(
            fact.learning_id, last_revision_session_id=fact.session_id, baseline_before=baseline, needs_plan_bundle=False,
            updated_at_ms=at_ms,
        )  # fmt: skip

    def change(self, learning_id: str, **changes: Any) -> None:
        """That learning has these values now."""
        self.learnings[learning_id] = evolve(self.learnings[learning_id], **changes)


def _applied(book: Book, fact: e.LearningApplied, at_ms: int) -> None:
    book.change(fact.learning_id, status="applied", baseline_before=fact.baseline_before, updated_at_ms=at_ms)


def _regressed(book: Book, fact: e.LearningRegressed, at_ms: int) -> None:
    book.change(fact.learning_id, status="regressed", updated_at_ms=at_ms)


def _remembered(book: Book, fact: m.MemoryStored, at_ms: int) -> None:
    book.memories[fact.memory_id] = fact.memory


def _scoped(book: Book, fact: m.MemoryScoped, at_ms: int) -> None:
    book.memories[fact.memory_id] = evolve(book.memories[fact.memory_id], scope=fact.scope)


def _promoted(book: Book, fact: m.LearningPromoted, at_ms: int) -> None:
    book.change(
        fact.learning_id, source_memory_id=fact.source_memory_id, promoted_memory_id=fact.promoted_memory_id, updated_at_ms=at_ms
    )  # fmt: skip


def _unplanned(book: Book, fact: r.PlanBundleMissing, at_ms: int) -> None:
    book.change(fact.learning_id, needs_plan_bundle=True, updated_at_ms=at_ms)


def _drafted(book: Book, fact: r.RevisionStored, at_ms: int) -> None:
    book.revisions[fact.session_id] = fact.session


def _put(book: Book, fact: r.RevisionPut, at_ms: int) -> None:
    book.revisions[fact.session_id] = evolve(book.revisions[fact.session_id], put_version=fact.version, put_digest=fact.digest)


def _tried(book: Book, fact: t.VerificationBegun, at_ms: int) -> None:
    book.trials[fact.learning_id] = Trial(fact.learning_id, fact.by, fact.replayed, at_ms, fact.status, fact.note)


def _pair(book: Book, fact: t.VerificationPairBegun, at_ms: int) -> None:
    book.trials[fact.learning_id] = evolve(book.trials[fact.learning_id], open=(fact.with_run_id, fact.without_run_id))


def _paired(book: Book, fact: t.VerificationPairEnded, at_ms: int) -> None:
    known = book.trials[fact.learning_id]
    book.trials[fact.learning_id] = evolve(known, open=None, pairs=(*known.pairs, fact.pair))


def _verified(book: Book, fact: t.VerificationEnded, at_ms: int) -> None:
    book.trials[fact.learning_id] = evolve(book.trials[fact.learning_id], verdict=fact.verdict, reason=fact.reason)


FOLDS: dict[type[e.LearningFact], Callable[[Book, Any, int], None]] = {
    e.LearningStored: Book.put, e.LearningProposed: Book.put, e.LearningMerged: Book.merge, e.LearningApplied: _applied,
    e.LearningsMeasured: Book.measure, e.LearningRegressed: _regressed, e.LearningReviewed: Book.review, m.MemoryStored: _remembered,
    m.MemoryScoped: _scoped, m.LearningPromoted: _promoted, r.PlanBundleMissing: _unplanned, r.RevisionStored: _drafted,
    r.RevisionSpawned: Book.spawn, r.RevisionPut: _put,
    t.VerificationBegun: _tried, t.VerificationPairBegun: _pair, t.VerificationPairEnded: _paired, t.VerificationEnded: _verified,
}  # fmt: skip

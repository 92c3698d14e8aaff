"""Learnings as JSON, for the socket and for people, and what goes with them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve

from actors.learning.memory import Memory
from actors.learning.record import Learning
from actors.learning.trial import Trial, summary

if TYPE_CHECKING:
    from actors.learning.book import Book

__all__ = ["counts_json", "learning_json", "memory_json", "row_json", "shortened", "trial_json", "with_learning"]


MOST_EVIDENCE, MOST_RUNS = 100, 1_000
FEW_EVIDENCE, FEW_RUNS = 3, 20


def learning_json(learning: Learning) -> dict[str, Any]:
    """All of it, but of evidence and runs the newest 100 and 1,000; what is absent is null."""
    return asdict(shortened(learning))


def shortened(learning: Learning) -> Learning:
    """The newest 100 pieces of evidence and the newest 1,000 runs."""
    return _cut(learning, MOST_EVIDENCE, MOST_RUNS)


def row_json(learning: Learning) -> dict[str, Any]:
    """A row of a list: of evidence and runs the newest 3 and 20, and how many there are."""
    return asdict(_cut(learning, FEW_EVIDENCE, FEW_RUNS)) | counts_json(learning)


def counts_json(learning: Learning) -> dict[str, int]:
    """How many runs brought it, and how much evidence there is."""
    return {"runs": len(learning.run_ids), "evidence": len(learning.evidence_refs)}


def _cut(learning: Learning, evidence: int, runs: int) -> Learning:
    """One that comes up with every run grows for ever, and an answer has its bounds."""
    return evolve(learning, evidence_refs=learning.evidence_refs[-evidence:], run_ids=learning.run_ids[-runs:])


def memory_json(memory: Memory) -> dict[str, Any]:
    """All of it; what is absent is null."""
    return asdict(memory)


def with_learning(book: Book, learning: Learning) -> dict[str, Any]:
    """What stands beside the learning: the memories that it became, of a session and of a project, and its newest revision and trial."""
    memories = [book.memories[name] for name in (learning.source_memory_id, learning.promoted_memory_id) if name in book.memories]
    revision = book.revisions.get(learning.last_revision_session_id or "")
    trial = book.trials.get(learning.learning_id)
    return {
        "memories": [memory_json(one) for one in memories], "revision": None if revision is None else asdict(revision),
        "verification": None if trial is None else trial_json(trial), "counts": counts_json(learning),
    }  # fmt: skip


def trial_json(trial: Trial) -> dict[str, Any]:
    """The trial, with what its pairs say up to now."""
    return asdict(trial) | {"result": summary(trial)}

"""Learnings as JSON, for the socket and for people, and what goes with them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict

from actors.learning.memory import Memory
from actors.learning.record import Learning
from actors.learning.trial import Trial, summary

if TYPE_CHECKING:
    from actors.learning.book import Book

__all__ = ["learning_json", "memory_json", "trial_json", "with_learning"]


def learning_json(learning: Learning) -> dict[str, Any]:
    """All of it; what is absent is null."""
    return asdict(learning)


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
        "verification": None if trial is None else trial_json(trial),
    }  # fmt: skip


def trial_json(trial: Trial) -> dict[str, Any]:
    """The trial, with what its pairs say up to now."""
    return asdict(trial) | {"result": summary(trial)}

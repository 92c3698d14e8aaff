"""The facts of memories, which stand in the learning log of the workflow that they belong to. Pure."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.learning.events import PREFIX, LearningFact
from actors.learning.memory import Memory, Scope

__all__ = ["MEMORY_FACTS", "LearningPromoted", "MemoryScoped", "MemoryStored"]

MEMORY = "workflow_learning.memory."


@frozen
class MemoryStored(LearningFact):
    """A fact is remembered, for a session or for a project."""

    kind: ClassVar[str] = f"{MEMORY}stored"
    memory_id: str
    memory: Memory


@frozen
class MemoryScoped(LearningFact):
    """A memory that said nothing of it says now what it is about, and that it may be promoted."""

    kind: ClassVar[str] = f"{MEMORY}scoped"
    memory_id: str
    scope: Scope


@frozen
class LearningPromoted(LearningFact):
    """What was learned is a memory of the project from now on. Its status stays."""

    kind: ClassVar[str] = f"{PREFIX}promoted"
    learning_id: str
    reviewer_id: str
    reason: str
    source_memory_id: str
    promoted_memory_id: str
    approval_id: str | None = None


MEMORY_FACTS: tuple[type[LearningFact], ...] = (MemoryStored, MemoryScoped, LearningPromoted)
"""All of them."""

"""A person has what was learned remembered for the whole project (learning spec 9.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actors.learning.decided import Decided
from actors.learning.declined import Declined
from actors.learning.memory import Memory, Scope
from actors.learning.memory_events import LearningPromoted, MemoryScoped, MemoryStored
from actors.learning.record import IN_USE, Learning
from actors.learning.view import learning_json, with_learning

if TYPE_CHECKING:
    from actors.learning.messages import Promote
    from actors.learning.step import Step
    from actors.learning.world import World
    from actors.refusals import Principal

__all__ = ["found_in_use", "promote", "remember"]


def promote(world: World, asked: Promote, by: Principal, now: int) -> Decided:
    """Its fact becomes one of a session, unless it is that already, and that one of the project. Once: asked again, it is told again."""
    learning = found_in_use(world, asked.learning_id, ("memory_fact",))
    if not by.human:
        raise Declined("memory_scope_denied")
    step = world.step(learning.workflow_id, now)
    if learning.promoted_memory_id is None:
        source = _source(step, learning, asked)
        reviewer = _said(asked.reviewer_id) or str(by)
        approval, reason = _said(asked.approval_id), _said(asked.reason) or f"learning_approved:{learning.learning_id}"
        memory = remember(
            step, "project", source.project_id, source.run_id, source.content, artifact_refs=source.artifact_refs, metadata=source.metadata,
            scope=source.scope, source_memory_id=source.memory_id, reviewer_id=reviewer, approval_id=approval, reason=reason,
        )  # fmt: skip
        step.emit(
            LearningPromoted(learning.workflow_id, learning.learning_id, reviewer, reason, source.memory_id, memory.memory_id, approval)
        )
    return Decided(step, learning.learning_id, _reply(step, learning.learning_id))


def found_in_use(world: World, learning_id: str, kinds: tuple[str, ...]) -> Learning:
    """That learning, of one of these kinds, and approved or applied. Raises Declined."""
    learning = world.shelf.find(learning_id)
    if learning is None:
        raise Declined("learning_not_found", learning_id=learning_id)
    if learning.kind not in kinds:
        raise Declined("learning_kind_unsupported", learning_id=learning_id, found=learning.kind, allowed=" and ".join(kinds))
    if learning.status not in IN_USE:
        raise Declined("learning_not_approved", learning_id=learning_id, status=learning.status)
    return learning


def remember(step: Step, tier: Any, project_id: str, run_id: str, content: str, **more: Any) -> Memory:
    """Put one more memory into the book."""
    memory = Memory(step.new("memory"), tier, project_id, run_id, content, step.now, **more)
    step.emit(MemoryStored(step.book.workflow_id, memory.memory_id, memory))
    return memory


def _source(step: Step, learning: Learning, asked: Promote) -> Memory:
    """The memory of a session that is promoted, with a scope. Raises Declined."""
    scope = Scope(f"workflow:{learning.workflow_id}")
    if learning.source_memory_id is None:
        metadata = {
            "origin": "workflow_learning_candidate", "learning_id": learning.learning_id, "workflow_id": learning.workflow_id,
            "kind": learning.kind,
        }  # fmt: skip
        run_id = _said(asked.run_id) or learning.source_run_id
        return remember(
            step, "session", learning.project_id, run_id, _content(learning), artifact_refs=learning.artifact_refs, metadata=metadata,
            scope=scope,
        )  # fmt: skip
    memory = step.book.memories.get(learning.source_memory_id)
    wrong = _wrong(memory, learning)
    if memory is None or wrong is not None:
        raise Declined("memory_promotion_refused", memory_id=learning.source_memory_id, project_id=learning.project_id, detail=wrong)
    if memory.scope is None:
        step.emit(MemoryScoped(learning.workflow_id, memory.memory_id, scope))
    return step.book.memories[memory.memory_id]


def _wrong(memory: Memory | None, learning: Learning) -> str | None:
    if memory is None:
        return f"the workflow {learning.workflow_id!r} has no such memory"
    if memory.tier != "session":
        return "it is one of a project, and only those of sessions are promoted"
    if memory.project_id != learning.project_id:
        return f"it belongs to the project {memory.project_id!r}"
    return None


def _content(learning: Learning) -> str:
    payload = learning.proposed_memory_payload
    told = payload if isinstance(payload, Mapping) else {}
    found = next((text for key in ("content", "text") if (text := _said(told.get(key)))), None) or learning.summary.strip()
    if not found:
        raise Declined("learning_content_missing", learning_id=learning.learning_id)
    return found


def _said(given: object) -> str | None:
    """The text without blanks around it; None where there is none."""
    return given.strip() or None if isinstance(given, str) else None


def _reply(step: Step, learning_id: str) -> dict[str, Any]:
    learning = step.book.learnings[learning_id]
    promotion = {
        "promoted": True, "source_memory_id": learning.source_memory_id, "promoted_memory_id": learning.promoted_memory_id,
        "memories": with_learning(step.book, learning)["memories"],
    }  # fmt: skip
    return {"ok": True, "learning": learning_json(learning), "promotion": promotion}

"""A conversation as another source of what is learned (learning spec 9.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from actors.agent.thread_events import ModelCallAnswered, SteeringAdded
from actors.agent.thread_log import KIND as THREAD
from actors.agent.thread_log import facts_of, whole
from actors.learning.conversation import Found, facts_in
from actors.learning.decided import Decided
from actors.learning.declined import Declined
from actors.learning.merging import upsert
from actors.learning.promoting import remember
from actors.learning.record import Learning
from storage import StorageError

if TYPE_CHECKING:
    from actors.learning.messages import Distill
    from actors.learning.step import Step
    from actors.learning.world import World
    from actors.refusals import Principal

__all__ = ["distill", "fingerprint_of"]

THRESHOLD: Final = 0.5
ALLOWED: Final = ("content", "category", "importance", "fact_id")


@frozen
class Source:
    """Where the facts of one call come from, and to whom they belong."""

    session_id: str
    workflow_id: str
    project_id: str
    run_id: str
    distillation_id: str


def distill(world: World, asked: Distill, by: Principal, now: int) -> Decided:
    """Each fact that counts becomes a memory of the session and a learning that is proposed; the same one again becomes neither anew."""
    session = asked.session_id.strip()
    if not session:
        raise Declined("distill_invalid", detail="session_id: it is empty")
    if _of_campaign(world, session, asked.run_id):
        raise Declined("campaign_session_excluded", session_id=session)
    found = list(facts_in(_said_in(world, session))) if asked.facts is None else _read(asked.facts)
    threshold = min(1.0, max(0.0, THRESHOLD if asked.threshold is None else asked.threshold))
    workflow_id = (asked.workflow_id or "").strip() or f"session:{session}"
    project_id = (asked.project_id or "").strip() or workflow_id
    step = world.step(workflow_id, now)
    source = Source(session, workflow_id, project_id, (asked.run_id or "").strip() or f"distill-{session}", step.new("distill"))
    rows = [_take(step, source, one) for one in found if one.importance >= threshold]
    again = sum(row["deduped"] for row in rows)
    reply = {"distillation_id": source.distillation_id, "stored": len(rows) - again, "deduped": again, "facts": rows}
    return Decided(step, session, reply)


def fingerprint_of(project_id: str, workflow_id: str, category: str, content: str) -> str:
    """SHA-256 in lower-case hex over the four, joined by colons."""
    return sha256(f"{project_id}:{workflow_id}:{category}:{content}".encode()).hexdigest()


def _take(step: Step, source: Source, one: Found) -> dict[str, Any]:
    mark = fingerprint_of(source.project_id, source.workflow_id, one.category, one.content)
    fact_id = one.fact_id or step.new("fact")
    memory = next((memory for memory in step.book.memories.values() if memory.fingerprint == mark), None)
    origin = {
        "session_id": source.session_id, "run_id": source.run_id, "distillation_id": source.distillation_id, "fact_id": fact_id,
        "fact_category": one.category,
    }  # fmt: skip
    again = memory is not None
    if memory is None:
        memory = remember(step, "session", source.project_id, source.run_id, one.content, metadata=origin, fingerprint=mark)
    new = Learning(
        "", source.workflow_id, source.project_id, source.run_id, "memory_fact", one.content, mark, confidence=one.importance,
        evidence_refs=(origin,), proposed_memory_payload={"content": one.content, "kind": "fact", "classification": "internal"},
        source_memory_id=memory.memory_id, run_ids=(source.run_id,), created_at_ms=step.now, updated_at_ms=step.now,
    )  # fmt: skip
    learning = upsert(step, new, source.run_id)
    return {"fact_id": fact_id, "memory_id": memory.memory_id, "learning_id": learning.learning_id, "deduped": again}


def _of_campaign(world: World, session: str, run_id: str | None) -> bool:
    """A campaign compares its runs: nothing that is said in them is to reach later ones."""
    named = session.removeprefix("run:").partition(":node:")[0] if session.startswith("run:") else ""
    found = [world.services.store.catalog.get(one) for one in (named, (run_id or "").strip()) if one]
    return any(one is not None and one.kind == "run" and one.parent is not None for one in found)


def _said_in(world: World, session: str) -> Iterator[str]:
    """What the agent has said in that conversation of ours, and what people have said to it."""
    store = world.services.store
    line = store.catalog.get(session)
    if line is None or line.kind != THREAD:
        raise Declined("session_not_found", session_id=session)
    for _, fact in facts_of(store, session):
        if isinstance(fact, ModelCallAnswered | SteeringAdded):
            try:
                told = whole(store, fact)
            except StorageError:
                continue  # a text that is gone says nothing
            yield str(told.text)  # type: ignore[attr-defined]  # the same fact, with its text


def _read(given: Sequence[Mapping[str, Any]]) -> list[Found]:
    return [_fact(f"facts[{number}]", one) for number, one in enumerate(given)]


def _fact(path: str, given: Mapping[str, Any]) -> Found:
    """Raises Declined."""
    unknown = next((name for name in given if name not in ALLOWED), None)
    if unknown is not None:
        raise Declined("distill_invalid", detail=f"{path}.{unknown}: there is no such field; allowed: {', '.join(ALLOWED)}")
    texts = {name: _text(path, name, given.get(name)) for name in ("content", "category", "fact_id")}
    if texts["content"] is None:
        raise Declined("distill_invalid", detail=f"{path}.content: it is missing or empty")
    score = given.get("importance", 1.0)
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise Declined("distill_invalid", detail=f"{path}.importance: found {score!r}, allowed: 0 to 1")
    return Found(texts["content"], texts["category"] or "fact", float(score), texts["fact_id"])


def _text(path: str, name: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Declined("distill_invalid", detail=f"{path}.{name}: found {value!r}, allowed: a text")
    return (value or "").strip() or None

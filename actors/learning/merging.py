"""A learning that comes up: new, or one that is known already, whose evidence grows (learning spec 3.4). Pure."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from actors.learning.book import LISTS
from actors.learning.events import LearningMerged, LearningProposed
from actors.learning.record import IN_USE, Learning
from actors.learning.step import Step

__all__ = ["upsert"]

ONCE = (
    "node_id", "node_kind", "validator_family", "proposed_memory_payload", "proposed_revision_prompt", "source_memory_id",
    "promoted_memory_id", "baseline_before",
)  # fmt: skip
"""Filled where they are absent, and never replaced: a person may have approved them."""
NEWEST = ("latest_observed_metrics", "last_revision_session_id")


def upsert(step: Step, new: Learning, run_id: str) -> Learning:
    """Take it in; the learning as it stands then. One that was rejected, superseded or has regressed stays that."""
    known = step.book.alike(new)
    if known is None:
        learning_id = new.learning_id or step.new("wflearn")
        made = evolve(new, learning_id=learning_id, created_at_ms=new.created_at_ms or step.now, updated_at_ms=step.now)
        step.emit(LearningProposed(step.book.workflow_id, learning_id, made))
    else:
        learning_id = known.learning_id
        step.emit(LearningMerged(step.book.workflow_id, learning_id, run_id, **_changes(known, new)))
    return step.book.learnings[learning_id]


def _changes(known: Learning, new: Learning) -> dict[str, Any]:
    """What the new one adds. The summary of one that is in use stays: it is what later runs are told, and a person has read it."""
    changes: dict[str, Any] = {}
    if known.status not in IN_USE and new.summary != known.summary:
        changes["summary"] = new.summary
    if new.confidence > known.confidence:
        changes["confidence"] = new.confidence
    for name in ONCE:
        if getattr(known, name) is None and getattr(new, name) is not None:
            changes[name] = getattr(new, name)
    for name in NEWEST:
        if (value := getattr(new, name)) is not None and value != getattr(known, name):
            changes[name] = value
    if new.needs_plan_bundle and not known.needs_plan_bundle:
        changes["needs_plan_bundle"] = True
    return changes | {name: _more(getattr(known, name), getattr(new, name)) for name in LISTS}


def _more(known: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[Any, ...]:
    """Each new element that is not there yet, once; deep equality."""
    found: list[Any] = []
    for one in new:
        if one not in known and one not in found:
            found.append(one)
    return tuple(found)

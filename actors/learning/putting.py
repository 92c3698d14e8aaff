"""A person writes a learning down, or puts one in the place of another (learning spec 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve, fields

from actors.learning.decided import Decided
from actors.learning.declined import Declined
from actors.learning.events import LearningStored
from actors.learning.log import learning_codec
from actors.learning.record import KINDS, STATUSES, Learning
from actors.learning.view import learning_json
from storage.codec import BadRecord, canonical
from storage.records import Recorded

if TYPE_CHECKING:
    from actors.learning.messages import Put
    from actors.learning.world import World
    from actors.refusals import Principal

__all__ = ["put"]

OURS = {"source_run_id": "", "fingerprint": ""}
"""What one that no run has brought need not say."""


def put(world: World, asked: Put, by: Principal, now: int) -> Decided:
    """By id, and without a look for another one like it. An id belongs to one workflow for ever."""
    learning = _read(asked.learning)
    known = world.shelf.find(learning.learning_id)
    if known is not None and known.workflow_id != learning.workflow_id:
        raise Declined("learning_invalid", detail=f"workflow_id: it belongs to {known.workflow_id!r}")
    step = world.step(learning.workflow_id, now)
    made = evolve(learning, created_at_ms=learning.created_at_ms or now, updated_at_ms=now)
    step.emit(LearningStored(made.workflow_id, made.learning_id, made))
    return Decided(step, made.learning_id, {"ok": True, "learning": learning_json(made)})


def _read(given: Mapping[str, Any]) -> Learning:
    """As the log would read it. Raises Declined."""
    told = {name: value for name, value in ({"learning_id": ""} | OURS | dict(given)).items() if value is not None}
    unknown = [name for name in told if name not in {one.name for one in fields(Learning)}]
    if unknown:
        raise Declined("learning_invalid", detail=f"{unknown[0]}: there is no such field")
    for name, allowed, code in (("kind", KINDS, "learning_kind_unknown"), ("status", STATUSES, "learning_status_unknown")):
        if name in told and told[name] not in allowed:
            raise Declined(code, found=told[name])
    if not str(told["learning_id"]).strip():
        raise Declined("learning_id_required")
    told.setdefault("project_id", told.get("workflow_id", ""))
    whole = {"workflow_id": told.get("workflow_id"), "learning_id": told["learning_id"], "learning": told}
    try:
        fact = learning_codec().decode(Recorded(1, 0, LearningStored.kind, canonical(whole)))
    except BadRecord as wrong:
        raise Declined("learning_invalid", detail=str(wrong)) from None
    assert isinstance(fact, LearningStored)
    if not fact.workflow_id.strip():
        raise Declined("learning_invalid", detail="workflow_id: it is empty")
    return fact.learning

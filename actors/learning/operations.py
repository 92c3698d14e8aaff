"""Operations on learnings: each decides on the present state, and says what is to be recorded and answered (learning spec 9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from actors.learning.distilling import distill
from actors.learning.messages import Distill, Promote, Put, PutRevision, Review, SpawnRevision
from actors.learning.promoting import promote
from actors.learning.putting import put
from actors.learning.reviewing import review
from actors.learning.revising import put_revision, spawn_revision

if TYPE_CHECKING:
    from actors.learning.decided import Decided
    from actors.learning.world import World
    from actors.refusals import Principal

__all__ = ["OPERATIONS", "Row"]


@frozen
class Row:
    """How an operation is called in the audit log, and who decides it. It raises Declined where it is refused."""

    name: str
    decide: Callable[[World, Any, Principal, int], Decided]
    people: bool = True


OPERATIONS: Mapping[type, Row] = {
    Review: Row("learning.review", review),
    Put: Row("learning.put", put),
    Promote: Row("learning.promote", promote, people=False),  # who may, it says itself
    SpawnRevision: Row("learning.spawn_revision", spawn_revision, people=False),
    PutRevision: Row("learning.put_revision", put_revision),
    Distill: Row("learning.distill", distill, people=False),
}

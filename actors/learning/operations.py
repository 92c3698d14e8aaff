"""Operations on learnings: each decides on the present state, and says what is to be recorded and answered (learning spec 9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from actors.learning.messages import Put, Review
from actors.learning.putting import put
from actors.learning.reviewing import review

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
}

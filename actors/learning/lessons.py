"""What agents are told of earlier runs. Read from the store, so that no run ever waits for the keeper of learnings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import frozen

from actors.learning.derive import project_id
from actors.learning.inject import block, select
from actors.learning.log import UNREADABLE
from actors.learning.record import IN_USE

if TYPE_CHECKING:
    from actors.learning.log import Shelf
    from actors.workflow.spec import Workflow

__all__ = ["Lessons"]


@frozen(eq=False)
class Lessons:
    """As the learnings stand in the store at that moment. From a log that is damaged come none; who looks at learnings is told of it."""

    shelf: Shelf

    def choose(self, workflow: Workflow) -> tuple[str, ...]:
        """The ids of those that an agent of the workflow is to be told now."""
        project = project_id(workflow)
        found = select(self.shelf.selectable(workflow.workflow_id, project), workflow.workflow_id, project)
        return tuple(one.learning_id for one in found)

    def words(self, learning_ids: Iterable[str], *, whatever: bool = False) -> str:
        """The block that stands in the prompt. One that is not in use any more is left out, unless it is told `whatever` its status is."""
        try:
            found = [
                one
                for learning_id in learning_ids
                if (one := self.shelf.find(learning_id)) is not None and (whatever or one.status in IN_USE)
            ]
        except UNREADABLE:
            return ""
        return block(found)

"""The facts of groups: blocks, parallel branches and loops (flow spec 5.5)."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from attrs import frozen

from actors.entity import Fact

__all__ = ["GROUP_NODES_FAILED", "GroupCompleted", "GroupForm", "GroupStarted", "LoopEnd", "LoopIterationStarted"]

GroupForm = Literal["block", "parallel", "repeat"]
LoopEnd = Literal["condition", "max_iterations"]
GROUP_NODES_FAILED: Final = "group_nodes_failed"
"""The code of a group that failed because of what stands in it: that failure is recorded already."""


@frozen
class GroupStarted(Fact):
    """What stands in the group may begin now; in a loop it waits for the first turn."""

    kind: ClassVar[str] = "group_started"
    node_id: str
    form: GroupForm = "block"
    instance: int = 1


@frozen
class LoopIterationStarted(Fact):
    """A turn of a loop begins, counted from 0. What stands in the loop and has run in the former turn begins anew.

    `markers` are those of the node that the condition names, as the former turn left them; None where nobody watches whether it is stuck.
    """

    kind: ClassVar[str] = "loop_iteration_started"
    node_id: str
    iteration: int
    reset_nodes: tuple[str, ...] = ()
    markers: tuple[str, ...] | None = None


@frozen
class GroupCompleted(Fact):
    """All that stands in the group is settled. Of a loop: after so many turns, and why (`condition` or `max_iterations`).

    `markers` are those of all branches of a parallel block, sorted.
    """

    kind: ClassVar[str] = "group_completed"
    node_id: str
    instance: int = 1
    iterations: int | None = None
    reason: LoopEnd | None = None
    markers: tuple[str, ...] = ()

"""Facts of a run's course that no attempt and no person makes: blocked, asked for repair before its end, a phase, a milestone."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact

__all__ = ["MilestonePromoted", "PhaseOpened", "RunBlocked", "RunCompletionRepairRequested"]


@frozen
class RunBlocked(Fact):
    """Ending: nothing failed, and what is left cannot go on. It can be recovered. `node_ids` are what is blocked, sorted."""

    kind: ClassVar[str] = "run_blocked"
    code: str
    node_ids: tuple[str, ...] = ()


@frozen
class RunCompletionRepairRequested(Fact):
    """All was done, and what should be there is not (`missing`): the nodes that owe it run again."""

    kind: ClassVar[str] = "run_completion_repair_requested"
    node_ids: tuple[str, ...]
    missing: tuple[str, ...]


@frozen
class PhaseOpened(Fact):
    """The mission's next phase is open: the lowest with a node that is not done."""

    kind: ClassVar[str] = "phase_opened"
    phase_id: str
    phase_rank: int
    execution_mode: str


@frozen
class MilestonePromoted(Fact):
    """All nodes of the milestone are done."""

    kind: ClassVar[str] = "milestone_promoted"
    milestone_id: str

"""The parameters of the methods about what begins by itself: schedules, handoffs, and workflows that are held. As in `params`."""

from __future__ import annotations

from attrs import field, frozen

from actors.control import bounds

__all__ = ["HandoffApprove", "HandoffList", "ScheduleEvents", "ScheduleList", "ScheduleNext", "WorkflowSteer"]


@frozen
class WorkflowSteer:
    """Pause a workflow or its schedule, or let it go on."""

    workflow_id: str = field(validator=bounds.name)
    reason: str | None = field(default=None, validator=bounds.text)


@frozen
class ScheduleEvents:
    """The newest facts of a workflow's schedule."""

    workflow_id: str = field(validator=bounds.name)
    limit: int = field(default=50, validator=bounds.count)


@frozen
class ScheduleList:
    """The schedules of stored workflows."""

    limit: int = field(default=100, validator=bounds.count)


@frozen
class ScheduleNext:
    """The next times of a workflow's schedule, behind `after_ms` (epoch milliseconds; default: now)."""

    workflow_id: str = field(validator=bounds.name)
    count: int = field(default=5, validator=bounds.hundred)
    after_ms: int | None = field(default=None, validator=bounds.position)


@frozen
class HandoffList:
    """The handoffs of a workflow that watches, or of all."""

    workflow_id: str | None = field(default=None, validator=bounds.name)
    limit: int = field(default=100, validator=bounds.count)


@frozen
class HandoffApprove:
    """Let a handoff in: `file` is its name in the inbox; without it, all that lie there."""

    workflow_id: str = field(validator=bounds.name)
    file: str | None = field(default=None, validator=bounds.name)

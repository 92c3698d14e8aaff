"""The facts of a schedule's own log. Each carries the whole state that follows from it, so that the last one says all.

Times are epoch milliseconds. A nominal time is one that the schedule names, whenever it was looked at.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from attrs import frozen

from actors.entity import Fact

__all__ = [
    "ScheduleComputed", "ScheduleFact", "ScheduleFireSkipped", "ScheduleFired", "SchedulePaused", "ScheduleResumed", "SkipReason", "Times",
]  # fmt: skip

SkipReason = Literal["misfire", "overlap", "overlap_queue_full", "creation_denied"]


@frozen
class ScheduleFact(Fact):
    """What all of them say. `enabled`: its workflow is active and has it. `anchor_ms` is where the grid of an interval begins."""

    enabled: bool = True
    paused: bool = False
    anchor_ms: int | None = None
    next_fire_at_ms: int | None = None
    last_fired_at_ms: int | None = None


@frozen
class ScheduleComputed(ScheduleFact):
    """The schedule is new, was changed, switched on or off; nothing of it was due."""

    kind: ClassVar[str] = "schedule_computed"


@frozen(kw_only=True)
class ScheduleFired(ScheduleFact):
    """The run of that nominal time was made, in the same commit."""

    kind: ClassVar[str] = "schedule_fired"
    nominal_time: int
    run_id: str


@frozen
class Times:
    """Nominal times, without those between the first and the last of them."""

    first: int
    last: int
    count: int


@frozen(kw_only=True)
class ScheduleFireSkipped(ScheduleFact):
    """No run was made for these times, and none will be. `code` says why the making of one was refused."""

    kind: ClassVar[str] = "schedule_fire_skipped"
    nominal_times: Times
    reason: SkipReason
    code: str | None = None
    message: str | None = None


@frozen
class SchedulePaused(ScheduleFact):
    """An operator holds the schedule: nothing is due until it is resumed."""

    kind: ClassVar[str] = "schedule_paused"
    by: str | None = None


@frozen
class ScheduleResumed(ScheduleFact):
    """An operator lets it go on, from now."""

    kind: ClassVar[str] = "schedule_resumed"
    by: str | None = None

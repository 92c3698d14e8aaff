"""What a schedule does at a moment: which of its times are due, which of them get a run, and when it is looked at again. Pure."""

from __future__ import annotations

from typing import Literal

from attrs import evolve, frozen

from actors.calendar.events import SkipReason, Times
from actors.workflow.nominal import Nominal, first_fire, nominal_times
from actors.workflow.triggers import Schedule

__all__ = ["Evaluation", "ScheduleState", "Skip", "Status", "begin", "deny", "evaluate", "hold", "release", "switch_off"]

MOST_QUEUED = 100
Status = Literal["active", "paused", "off"]


@frozen
class ScheduleState:
    """What the last fact of a schedule says; see there."""

    enabled: bool = False
    paused: bool = False
    anchor_ms: int | None = None
    next_fire_at_ms: int | None = None
    last_fired_at_ms: int | None = None

    @property
    def status(self) -> Status:
        """`off`: the workflow has none, or is not active."""
        return "off" if not self.enabled else "paused" if self.paused else "active"


@frozen
class Skip:
    """Times that get no run. `code` and `message`: what the making of one was refused with."""

    times: Times
    reason: SkipReason
    code: str | None = None
    message: str | None = None


@frozen
class Evaluation:
    """`fires`: nominal times to make runs for, oldest first; `queues`: each of those waits for older ones. `state` is what follows."""

    state: ScheduleState
    fires: tuple[int, ...] = ()
    queues: bool = False
    skips: tuple[Skip, ...] = ()


def begin(schedule: Schedule, state: ScheduleState, now: int) -> ScheduleState:
    """A schedule that is new, was changed, or goes on after a pause: its times begin now. Raises ZoneUnknown.

    Not before it fired last, though: a clock that was set back must not bring a time again.
    """
    first = first_fire(schedule, max(now, state.last_fired_at_ms or 0))
    return evolve(state, enabled=True, anchor_ms=first, next_fire_at_ms=None if state.paused else first)


def hold(state: ScheduleState) -> ScheduleState:
    """An operator pauses it."""
    return evolve(state, paused=True, anchor_ms=None, next_fire_at_ms=None)


def release(schedule: Schedule, state: ScheduleState, now: int) -> ScheduleState:
    """An operator lets it go on: its times begin now, if its workflow is active. Raises ZoneUnknown."""
    let_go = evolve(state, paused=False)
    return begin(schedule, let_go, now) if state.enabled else let_go


def switch_off(state: ScheduleState, *, removed: bool) -> ScheduleState:
    """Its workflow is not active any more, or has no schedule (`removed`: then nothing is left that could be paused)."""
    return evolve(state, enabled=False, paused=state.paused and not removed, anchor_ms=None, next_fire_at_ms=None)


def evaluate(schedule: Schedule, state: ScheduleState, now: int, grace_ms: int, *, busy: bool, queued: int) -> Evaluation | None:
    """What is to be done now; None for nothing. Costs the same after a moment and after years. Raises ZoneUnknown.

    `busy`: a run of the workflow is queued, running, pausing or waiting. `queued`: how many scheduled ones are queued. A time counts as
    missed when it is more than `grace_ms` ago.
    """
    if state.status != "active":
        return None
    if state.next_fire_at_ms is None:
        computed = begin(schedule, state, now)
        return Evaluation(computed) if computed != state else None
    if now < state.next_fire_at_ms:
        return None
    times = nominal_times(schedule, state.next_fire_at_ms if state.anchor_ms is None else state.anchor_ms)
    if times is None:
        return Evaluation(switch_off(state, removed=True))
    due, missed = _due(schedule, times, state.next_fire_at_ms, now, grace_ms)
    fires, overlap = _overlap(schedule, due, busy=busy, queued=queued)
    after = evolve(state, next_fire_at_ms=times.after(now), last_fired_at_ms=now if fires else state.last_fired_at_ms)
    queues = bool(fires) and (schedule.overlap == "queue" or (len(fires) > 1 and schedule.overlap != "allow"))
    return Evaluation(after, fires, queues, (*missed, *overlap))


def _due(schedule: Schedule, times: Nominal, first: int, now: int, grace_ms: int) -> tuple[tuple[int, ...], tuple[Skip, ...]]:
    """The times that get a run, oldest first, and those that were missed and get none: all that were due before them."""
    count = times.count(first, now)
    newest = times.newest(first, now, schedule.max_runs if schedule.misfire == "catch_up" else 1)
    if not newest:  # the rules of its time zone are others than when it was computed: the time stands as it was announced
        count, newest = 1, [first]
    if schedule.misfire == "skip" and now - newest[-1] > grace_ms:
        newest = []
    left = count - len(newest)
    if left == 0:
        return tuple(newest), ()
    last = times.newest(first, newest[0] - 1 if newest else now, 1)
    return tuple(newest), (Skip(Times(first, last[-1] if last else first, left), "misfire"),)


def _overlap(schedule: Schedule, due: tuple[int, ...], *, busy: bool, queued: int) -> tuple[tuple[int, ...], tuple[Skip, ...]]:
    """Which of the due times get a run beside, or behind, those that are under way."""
    if not due or schedule.overlap == "allow" or (schedule.overlap == "skip" and not busy):
        return due, ()
    if schedule.overlap == "skip":
        return (), (Skip(_span(due), "overlap"),)
    room = max(0, MOST_QUEUED - queued)
    return due[:room], (Skip(_span(due[room:]), "overlap_queue_full"),) if due[room:] else ()


def _span(times: tuple[int, ...]) -> Times:
    return Times(times[0], times[-1], len(times))


def deny(evaluation: Evaluation, before: ScheduleState, code: str, message: str) -> Evaluation:
    """The runs cannot be made, and could not be made later either: the schedule goes on without them."""
    skip = Skip(_span(evaluation.fires), "creation_denied", code, message)
    state = evolve(evaluation.state, last_fired_at_ms=before.last_fired_at_ms)
    return Evaluation(state, skips=(*evaluation.skips, skip))

"""What a change of a workflow means for its schedule: it begins anew, is switched off, or does not notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict, evolve

from actors.calendar.events import ScheduleComputed
from actors.calendar.log import About, ScheduleLog, about, appended, read_log, schedule_stream
from actors.calendar.rules import ScheduleState, begin, switch_off
from actors.workflow.nominal import ZoneUnknown
from storage import BadRecord, StreamDamaged, UnknownKind

if TYPE_CHECKING:
    from actors.library.record import WorkflowRecord
    from actors.workflow.spec import Workflow
    from actors.workflow.triggers import Schedule
    from storage.records import Append
    from storage.store import Store

__all__ = ["rescheduled"]


def rescheduled(
    store: Store, before: WorkflowRecord, was: Workflow | None, after: WorkflowRecord, now_is: Workflow | None, now: int
) -> Append | None:
    """What goes into the schedule's log with the change; None where the schedule is the same and goes on as it did.

    `was` and `now_is` are the definitions of the newest versions before and after; None where there is none that can be read.
    """
    old, new = _in_force(before, was), _in_force(after, now_is)
    if old == new:
        return None
    try:
        log = read_log(store, after.workflow_id)
    except (StreamDamaged, BadRecord, UnknownKind):  # what it said is lost, and nobody needs it: the schedule begins anew behind it
        log = ScheduleLog(after.workflow_id, store.journal.head(schedule_stream(after.workflow_id)), state=ScheduleState(enabled=True))
    if new is None:
        if not log.state.enabled:
            return None
        state = switch_off(log.state, removed=after.status == "active")
    else:
        try:
            state = begin(new, log.state, now)
        except ZoneUnknown:  # it was known when the version was stored; the calendar tries again, and says so
            state = evolve(log.state, enabled=True, anchor_ms=None, next_fire_at_ms=None)
    named = about(now_is) if now_is is not None else About(after.versions[-1].title, "never")
    return appended(log, (ScheduleComputed(**asdict(state)),), now, named)


def _in_force(record: WorkflowRecord, definition: Workflow | None) -> Schedule | None:
    schedule = definition.triggers.schedule if definition is not None and record.status == "active" else None
    return schedule if schedule is not None and schedule.fires else None

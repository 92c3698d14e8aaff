"""The log of a schedule: one for each workflow that ever had one. Reading its end, and what is appended to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import Factory, asdict, frozen

from actors.calendar.events import (
    ScheduleComputed,
    ScheduleFact,
    ScheduleFired,
    ScheduleFireSkipped,
    SchedulePaused,
    ScheduleResumed,
)  # fmt: skip
from actors.calendar.rules import Evaluation, ScheduleState
from storage.codec import Codec
from storage.records import Append, Headline

if TYPE_CHECKING:
    from actors.workflow.spec import Workflow
    from storage.store import Store

__all__ = ["KIND", "About", "ScheduleLog", "about", "appended", "facts_of", "read_log", "schedule_codec", "schedule_stream"]

KIND = "schedule"


@cache
def schedule_codec() -> Codec[ScheduleFact]:
    """The codec of these logs."""
    return Codec((ScheduleComputed, ScheduleFired, ScheduleFireSkipped, SchedulePaused, ScheduleResumed))


def schedule_stream(workflow_id: str) -> str:
    """The name of the log."""
    return f"schedule/{workflow_id}"


@frozen
class ScheduleLog:
    """Where the log ends, and what its last fact says. `seq` 0: there is none, the workflow never had a schedule."""

    workflow_id: str
    seq: int = 0
    created_ms: int = 0
    state: ScheduleState = Factory(ScheduleState)


@frozen
class About:
    """What the schedule's line says for people: the workflow's title, and when it fires."""

    title: str | None
    words: str


def about(workflow: Workflow) -> About:
    """The words for a workflow's schedule."""
    schedule = workflow.triggers.schedule
    return About(workflow.name, schedule.words if schedule is not None else "never")


def read_log(store: Store, workflow_id: str) -> ScheduleLog:
    """The end of the log: older facts may have been purged, and are not needed. Raises StreamDamaged, BadRecord, UnknownKind."""
    stream = schedule_stream(workflow_id)
    line, seq = store.catalog.get(stream), store.journal.head(stream)
    if line is None or seq == 0:
        return ScheduleLog(workflow_id)
    [last] = store.journal.read(stream, seq - 1, 1)
    return ScheduleLog(workflow_id, seq, line.created_ms, _state_of(schedule_codec().decode(last)))


def _state_of(fact: ScheduleFact) -> ScheduleState:
    return ScheduleState(fact.enabled, fact.paused, fact.anchor_ms, fact.next_fire_at_ms, fact.last_fired_at_ms)


def facts_of(evaluation: Evaluation, run_ids: Sequence[str]) -> list[ScheduleFact]:
    """An evaluation as facts, with the run of each time that fires."""
    state: dict[str, Any] = asdict(evaluation.state)
    found: list[ScheduleFact] = [
        ScheduleFireSkipped(nominal_times=skip.times, reason=skip.reason, code=skip.code, message=skip.message, **state)
        for skip in evaluation.skips
    ]
    fires = zip(evaluation.fires, run_ids, strict=True)
    found += [ScheduleFired(nominal_time=time, run_id=run_id, **state) for time, run_id in fires]
    return found or [ScheduleComputed(**state)]


def appended(log: ScheduleLog, facts: Sequence[ScheduleFact], now: int, named: About) -> Append:
    """The facts, and the schedule's line in the catalog as the last of them leaves it."""
    state = _state_of(facts[-1])
    told = {"times": named.words} | ({} if state.last_fired_at_ms is None else {"last_fired_at_ms": state.last_fired_at_ms})
    stream = schedule_stream(log.workflow_id)
    line = Headline(
        stream=stream, kind=KIND, status=state.status, created_ms=log.created_ms or now, updated_ms=now, group=log.workflow_id,
        due_ms=state.next_fire_at_ms, title=named.title, facts=told,
    )  # fmt: skip
    return Append(stream, log.seq, tuple(schedule_codec().encode(fact) for fact in facts), headline=line)

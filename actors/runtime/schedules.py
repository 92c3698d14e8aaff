"""The schedule methods: what is scheduled, when it fires next, and holding it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve

from actors.calendar.events import SchedulePaused, ScheduleResumed
from actors.calendar.log import KIND, About, ScheduleLog, about, appended, read_log, schedule_codec, schedule_stream
from actors.calendar.rules import begin, hold, release
from actors.library import no_such_workflow
from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.run.known import conflict
from actors.runtime.base import TRIES, Answer, Base, changed_meanwhile
from actors.workflow.nominal import ZoneUnknown, nominal_times
from storage import (
    BadRecord,
    Receipt,
    ReceiptExists,
    Recorded,
    RequestConflict,
    StreamDamaged,
    Transaction,
    Unavailable,
    UnknownKind,
    VersionConflict,
)  # fmt: skip
from storage.codec import canonical

if TYPE_CHECKING:
    from actors.control import params_unattended as u
    from actors.refusals import Principal, RequestKey
    from actors.workflow.triggers import Schedule
    from storage import Headline

__all__ = ["ScheduleMethods"]


class ScheduleMethods(Base):
    """A schedule belongs to a workflow, and is named by its id."""

    async def schedule_list(self, params: u.ScheduleList, by: Principal) -> Answer:
        lines = self.services.store.catalog.list(KIND, limit=params.limit)
        rows = [row for line in lines if (row := self._row(line)) is not None]
        return {"schedules": sorted(rows, key=lambda row: str(row["workflow_id"]))}

    def _row(self, line: Headline) -> dict[str, Any] | None:
        """None for what the workflow does not have any more, and where its log cannot be read."""
        try:
            if self._schedule_of(str(line.group)) is None:
                return None
        except StreamDamaged:
            return None
        times = {"next_fire_at_ms": line.due_ms, "last_fired_at_ms": line.facts.get("last_fired_at_ms")}
        status = self.library.record(str(line.group)).status
        return {
            "workflow_id": line.group, "title": line.title or line.group, "status": line.status, "times": line.facts["times"],
            "workflow_status": status, **{name: value for name, value in times.items() if value is not None},
        }  # fmt: skip

    def _schedule_of(self, workflow_id: str) -> tuple[Schedule, About] | None:
        """The schedule in the newest version of a workflow that is there."""
        version = self.library.find(workflow_id)
        workflow = None if isinstance(version, Refusal) else self.library.definition(version)
        if workflow is None or workflow.triggers.schedule is None or not workflow.triggers.schedule.fires:
            return None
        return workflow.triggers.schedule, about(workflow)

    async def schedule_next(self, params: u.ScheduleNext, by: Principal) -> Answer:
        found = self._schedule_of(params.workflow_id)
        if found is None:
            return self._no_schedule(params.workflow_id)
        schedule, _ = found
        log = self._log(params.workflow_id)
        if isinstance(log, Refusal):
            return log
        state = log.state
        now = self.services.clock.now_ms()
        try:
            anchor = begin(schedule, state, now).anchor_ms if state.anchor_ms is None else state.anchor_ms
            nominal = nominal_times(schedule, anchor or now)
        except ZoneUnknown as unknown:
            return _zone_gone(unknown)
        assert nominal is not None  # it fires
        times: list[int] = []
        at = max(now, (anchor or now) - 1) if params.after_ms is None else params.after_ms
        while len(times) < params.count and (following := nominal.after(at)) is not None:
            times.append(following)
            at = following
        return {"workflow_id": params.workflow_id, "status": state.status, "timezone": schedule.timezone, "times": times}

    def _log(self, workflow_id: str) -> ScheduleLog | Refusal:
        try:
            return read_log(self.services.store, workflow_id)
        except (StreamDamaged, BadRecord, UnknownKind) as error:
            return _unreadable(workflow_id, error)

    async def schedule_events(self, params: u.ScheduleEvents, by: Principal) -> Answer:
        journal, stream = self.services.store.journal, schedule_stream(params.workflow_id)
        head = journal.head(stream)
        if head == 0:
            return self._no_schedule(params.workflow_id)
        try:
            found = journal.read(stream, max(0, head - params.limit), params.limit)
        except StreamDamaged as error:
            return _unreadable(params.workflow_id, error)
        return {"events": [_event(recorded) for recorded in found]}

    def _no_schedule(self, workflow_id: str) -> Refusal:
        if not self.library.record(workflow_id).there:
            return no_such_workflow(workflow_id)
        text = f"The workflow {workflow_id} has no schedule. Give it one (schedule: {{cron: …}}) and store it with: penstock workflow put"
        return Refusal("schedule_not_found", text, {"workflow_id": workflow_id})

    async def schedule_pause(self, params: u.WorkflowSteer, by: Principal, request: RequestKey) -> Answer:
        return await self._steer(params, by, request, pause=True)

    async def schedule_resume(self, params: u.WorkflowSteer, by: Principal, request: RequestKey) -> Answer:
        return await self._steer(params, by, request, pause=False)

    async def _steer(self, params: u.WorkflowSteer, by: Principal, request: RequestKey, *, pause: bool) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        for _ in range(TRIES):
            found = self._schedule_of(params.workflow_id)
            if found is None:
                return self._no_schedule(params.workflow_id)
            log, now = self._log(params.workflow_id), self.services.clock.now_ms()
            if isinstance(log, Refusal):
                return log
            state = log.state
            if state.paused != pause:
                try:
                    state = hold(state) if pause else release(found[0], state, now)
                except ZoneUnknown as unknown:
                    return _zone_gone(unknown)
            made = SchedulePaused if pause else ScheduleResumed
            appends = () if state == log.state else (appended(log, (made(by=str(by), **asdict(state)),), now, found[1]),)
            reply: dict[str, Any] = {"workflow_id": params.workflow_id, "status": state.status}
            if state.next_fire_at_ms is not None:
                reply["next_fire_at_ms"] = state.next_fire_at_ms
            answer = await self._commit(Transaction(now, appends), f"schedule.{'pause' if pause else 'resume'}", params, by, request, reply)
            if answer is not None:
                return answer
        return changed_meanwhile(params.workflow_id)

    async def _commit(
        self, transaction: Transaction, word: str, params: u.WorkflowSteer, by: Principal, request: RequestKey, reply: dict[str, Any]
    ) -> Answer | None:  # fmt: skip
        """The answer; None when the schedule was changed meanwhile."""
        entry = audit_entry(str(by), word, params.workflow_id, {"reason": params.reason}, "ok")
        receipt = Receipt(request.request_id, request.digest.encode(), canonical(reply))
        try:
            await self.services.store.commit(evolve(transaction, receipt=receipt, audit=(entry,)))
        except VersionConflict:
            return None
        except (ReceiptExists, RequestConflict):
            return self.replayed(request) or conflict(request)
        except Unavailable as error:
            return Refusal(error.code, f"{error}. Nothing was changed; ask again, it does no harm.")
        self.library.changed(params.workflow_id)
        return reply


def _event(recorded: Recorded) -> dict[str, Any]:
    """One fact with all its fields; as recorded where it cannot be read."""
    head = {"seq": recorded.seq, "event": recorded.kind, "at_ms": recorded.at_ms}
    try:
        return head | asdict(schedule_codec().decode(recorded))
    except (BadRecord, UnknownKind):
        return head | {"unreadable": True}


def _unreadable(workflow_id: str, error: Exception) -> Refusal:
    text = f"{error}. The schedule stands still. It begins anew with: penstock workflow pause {workflow_id}, then activate"
    return Refusal("schedule_log_unreadable", text, {"workflow_id": workflow_id})


def _zone_gone(unknown: ZoneUnknown) -> Refusal:
    text = f"There is no time zone {unknown.args[0]!r} on this machine any more, so the times of the schedule cannot be told."
    return Refusal("schedule_timezone_unknown", text, {"timezone": unknown.args[0]})

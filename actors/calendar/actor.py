"""The calendar: makes the runs of schedules when their time has come. A fire and its runs are one commit; nothing is kept here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from attrs import asdict, evolve, frozen

from actors.calendar.events import ScheduleComputed, ScheduleFact
from actors.calendar.log import KIND, About, ScheduleLog, about, appended, facts_of, read_log
from actors.calendar.messages import LookAtCalendar
from actors.calendar.rules import Evaluation, deny, evaluate, switch_off
from actors.library.record import workflow_stream
from actors.plans import VersionMissing
from actors.refusals import Refusal
from actors.run.headline import UNDER_WAY
from actors.run.messages import Admit, Fire, Origin
from actors.scheduler.tickets import scheduled_key
from actors.services import REGISTRAR
from actors.workflow.nominal import ZoneUnknown
from storage import BadRecord, StreamDamaged, Transaction, Unavailable, UnknownKind, VersionConflict
from supervision import Actor, ActorDead, AskTimeout, Mailbox, MailboxFull

if TYPE_CHECKING:
    from actors.services import Services
    from actors.workflow.triggers import Schedule
    from storage import Headline
    from supervision import Timer

__all__ = ["Calendar"]

LOOK_AGAIN_S = 30.0
AGAIN_S = 1.0
SOON_S = 0.02
ASK_S = 30.0
AT_ONCE = 32
PAGE = 500
END_OF_TIME = 2**62


@frozen
class _Plan:
    """A schedule with the version whose runs it makes, and what is said about it."""

    version: int
    digest: str
    schedule: Schedule
    named: About


class Calendar(Actor[LookAtCalendar]):
    """Wakes for what is due first, and at least every 30 s, so that a clock that jumps is noticed.

    What cannot be done now (the disk is full, somebody wrote at the same moment) advances nothing, and is looked at again in a second.
    """

    mailbox = Mailbox(capacity=64, overflow="drop_new")  # one look sees all that the others would have seen
    accepts = (LookAtCalendar,)

    def __init__(self, services: Services, grace_ms: int) -> None:
        self._services = services
        self._grace_ms = grace_ms
        self._timer: Timer | None = None
        self._later: dict[str, tuple[float, str]] = {}  # until then (on trio's clock, which never jumps), and why
        self._listed_s = -LOOK_AGAIN_S
        self._fired = self._skipped = 0

    async def started(self) -> None:
        self.after(0.0, LookAtCalendar())

    def status(self) -> str:
        """Counts since this incarnation began, and what is wrong with a schedule, for the tree."""
        trouble = "".join(f"; {workflow_id}: {why}" for workflow_id, (_, why) in list(self._later.items())[:3])
        return f"{self._fired} runs made, {self._skipped} times skipped{trouble}"

    async def receive(self, message: LookAtCalendar) -> None:
        """Look at all that is due."""
        self.take(LookAtCalendar)
        now = self._services.clock.now_ms()
        limit = trio.CapacityLimiter(AT_ONCE)

        async def one(workflow_id: str) -> None:
            async with limit:
                await self._look_at(workflow_id)

        async with trio.open_nursery() as nursery:
            for line in self._due(now):
                nursery.start_soon(one, str(line.group))
        self._arm()

    def _due(self, now: int) -> list[Headline]:
        """Schedules whose time has come, and now and then those that have none for now; but not what was just tried in vain."""
        catalog = self._services.store.catalog
        lines = catalog.due(now, KIND, ("active",), limit=PAGE)
        if trio.current_time() >= self._listed_s + LOOK_AGAIN_S:
            self._listed_s = trio.current_time()
            lines += [line for line in catalog.list(KIND, ("active",), limit=PAGE) if line.due_ms is None]
        self._later = {name: held for name, held in self._later.items() if held[0] > trio.current_time()}
        return [line for line in lines if line.group not in self._later]

    def _arm(self) -> None:
        now = self._services.clock.now_ms()
        lines = self._services.store.catalog.due(END_OF_TIME, KIND, ("active",), limit=len(self._later) + 1)
        waits = [(line.due_ms - now) / 1000 for line in lines if line.due_ms is not None and line.group not in self._later]
        waits += [until - trio.current_time() for until, _ in self._later.values()]
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.after(max(SOON_S, min([LOOK_AGAIN_S, *waits])), LookAtCalendar())

    async def _look_at(self, workflow_id: str) -> None:
        try:
            why, wait_s = await self._evaluate(workflow_id), AGAIN_S
        except (ZoneUnknown, VersionMissing, StreamDamaged, BadRecord, UnknownKind) as error:
            why, wait_s = str(error), LOOK_AGAIN_S
        if why is not None:
            self._later[workflow_id] = (trio.current_time() + wait_s, why)

    async def _evaluate(self, workflow_id: str) -> str | None:
        """Do what is due; why it must be looked at again soon, or None."""
        store, now = self._services.store, self._services.clock.now_ms()
        log, plan = read_log(store, workflow_id), self._plan(workflow_id)
        if plan is None:  # it has none any more, and nobody has told the log
            off = Evaluation(switch_off(log.state, removed=False))
            return await self._record(log, off, facts_of(off, ()), now, About(None, "never"))
        try:
            found = evaluate(
                plan.schedule, log.state, now, self._grace_ms,
                busy=store.catalog.has("run", UNDER_WAY, workflow_id),
                queued=self._queued(workflow_id) if plan.schedule.overlap == "queue" else 0,
            )  # fmt: skip
        except ZoneUnknown:
            await self._has_no_times(log, now, plan.named)
            raise
        if found is None:
            return None
        if not found.fires:
            return await self._record(log, found, facts_of(found, ()), now, plan.named)
        return await self._fire(log, plan, found, now)

    def _plan(self, workflow_id: str) -> _Plan | None:
        line = self._services.store.catalog.get(workflow_stream(workflow_id))
        if line is None or line.status != "active":
            return None
        digest = str(line.facts["digest"])
        workflow = self._services.plans.get(digest).workflow
        schedule = workflow.triggers.schedule
        return _Plan(int(line.facts["version"]), digest, schedule, about(workflow)) if schedule is not None else None

    def _queued(self, workflow_id: str) -> int:
        return sum(line.status == "queued" for line in self._services.store.catalog.found(scheduled_key(workflow_id), 1_000))

    async def _fire(self, log: ScheduleLog, plan: _Plan, found: Evaluation, now: int) -> str | None:
        names = sorted(self._services.ids.new("run") for _ in found.fires)  # so that runs of one moment stand in the queue in their order
        admits = tuple(
            Admit(
                log.workflow_id, plan.version, plan.digest, plan.schedule.inputs, None, None, trigger_type="scheduled",
                origin=Origin(name, time, found.queues),
            )
            for name, time in zip(names, found.fires, strict=True)
        )  # fmt: skip
        also = appended(log, facts_of(found, names), now, plan.named)
        try:
            made = await self.system.ref(REGISTRAR).ask(Fire(admits, (also,)), timeout=ASK_S)
        except (ActorDead, AskTimeout, MailboxFull) as error:
            return str(error)
        if isinstance(made, Refusal):
            return made.message
        if made.denied is not None:
            denied = deny(found, log.state, made.denied.code, made.denied.message[:500])
            return await self._record(log, denied, facts_of(denied, ()), now, plan.named)
        self._count(found)
        return None

    async def _record(
        self, log: ScheduleLog, found: Evaluation, facts: list[ScheduleFact], now: int, named: About
    ) -> str | None:  # fmt: skip
        """Facts without runs."""
        try:
            await self._services.store.commit(Transaction(now, (appended(log, facts, now, named),)))
        except (VersionConflict, Unavailable) as error:
            return str(error)
        self._count(found)
        return None

    def _count(self, found: Evaluation) -> None:
        self._fired += len(found.fires)
        self._skipped += sum(skip.times.count for skip in found.skips)

    async def _has_no_times(self, log: ScheduleLog, now: int, named: About) -> None:
        """Its times cannot be told any more, so it has none until they can."""
        if log.state.next_fire_at_ms is not None:
            state = evolve(log.state, anchor_ms=None, next_fire_at_ms=None)
            await self._record(log, Evaluation(state), [ScheduleComputed(**asdict(state))], now, named)

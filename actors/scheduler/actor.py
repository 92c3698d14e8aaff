"""The scheduler: gives slots and workspaces to queued runs. Volatile: built from the catalog at its start, compared with it ever after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from actors.run.messages import Launch, QueueReason
from actors.scheduler.comparing import compare, take_up
from actors.scheduler.messages import Due, Enqueue, Left, QueueNow, QueueOf, Relaunch, Reserve, Throttled, Tick
from actors.scheduler.notices import Notices
from actors.scheduler.overview import overview
from actors.scheduler.rules import Admission
from actors.scheduler.tickets import scheduled_key
from actors.services import REGISTRAR, Services
from supervision import Actor, Mailbox

if TYPE_CHECKING:
    from actors.scheduler.messages import Ticket
    from supervision import Timer

__all__ = ["Scheduler", "SchedulerMessage"]

SchedulerMessage = Enqueue | Left | Reserve | QueueOf | QueueNow | Throttled | Relaunch | Due | Tick
COMPARE_EVERY = 10


class Scheduler(Actor[SchedulerMessage]):
    """It tells the registrar which run has a slot. What it knows is a cache: a run that the catalog says is active has a slot.

    `granted` remembers when a slot was given, for as long as the run has it: its claim may not be in the catalog yet.
    """

    mailbox = Mailbox(capacity=4096)
    accepts = (Tick,)

    def __init__(self, services: Services, max_concurrent_runs: int, tick_s: float, *, single: bool = False) -> None:
        self.services = services
        self.admission = Admission(max_concurrent_runs, single=single, oldest=self._oldest)
        self.notices = Notices()
        self.granted: dict[str, int] = {}
        self.patience_ms = round(2_000 * tick_s)
        self._tick_s = tick_s
        self._ticks = 0
        self._due: tuple[int, Timer] | None = None

    async def started(self) -> None:
        take_up(self)
        self.tick(self._tick_s, Tick())

    async def receive(self, message: SchedulerMessage) -> object:
        answer: object = None
        match message:
            case Enqueue(ticket=ticket):
                for one in (ticket, *(more.ticket for more in self.take(Enqueue))):
                    self.enqueue(one)
            case Left(run_id=run_id, epoch=epoch, keeps_workspace=keeps):
                self.leave(run_id, epoch, keeps_workspace=keeps)
            case Reserve(ticket=ticket):
                return await self._reserve(ticket)
            case QueueOf(run_id=run_id):
                answer = self.admission.reason(run_id, self.services.clock.now_ms(), place=True)
            case QueueNow(limit=limit):
                answer = overview(self.admission, self.services.clock.now_ms(), limit)
            case Throttled(provider=provider, tenant=tenant, until_ms=until_ms):
                self.admission.throttle(provider, tenant, until_ms, self.services.clock.now_ms())
            case Relaunch(run_id=run_id):
                if run_id in self.admission.active:
                    await self.system.ref(REGISTRAR).tell(Launch(run_id))
            case Due():
                self._disarm()
            case Tick():
                await self._tick()
        await self._admit()
        return answer

    def status(self) -> str:
        """Slots and queue in one line, for the tree."""
        admission = self.admission
        return f"{len(admission.active)} of {admission.max_concurrent_runs} slots taken, {len(admission.queued)} queued"

    def enqueue(self, ticket: Ticket) -> None:
        """The run waits for a slot, unless it has got one for that ticket."""
        ticket = evolve(ticket, number=self.services.store.journal.number(ticket.run_id))
        if self.admission.enqueue(ticket):
            self.granted.pop(ticket.run_id, None)
            self.notices.begin(ticket.run_id, ticket.recorded)

    def leave(self, run_id: str, epoch: int | None = None, *, keeps_workspace: bool = False) -> None:
        """The run has no slot and waits for none, unless it has got one since that claim."""
        if self.admission.leave(run_id, epoch, keeps_workspace=keeps_workspace):
            self.granted.pop(run_id, None)
            self.notices.forget(run_id)

    async def _admit(self, but: str | None = None) -> None:
        """Launch all that may start; `but` is a run that launches itself."""
        now = self.services.clock.now_ms()
        for run_id in self.admission.admit(now):
            self.granted[run_id] = now
            self.notices.forget(run_id)
            if run_id != but:
                await self.system.ref(REGISTRAR).tell(Launch(run_id))
        self._arm(now)

    async def _reserve(self, ticket: Ticket) -> bool:
        """As if the run were queued and could be launched at once: it stands where it would stand, and goes before nobody.

        What it does not use it gives back, or the comparison with the catalog does.
        """
        self.enqueue(ticket)
        await self._admit(but=ticket.run_id)
        if ticket.run_id in self.admission.active:
            return True
        self.leave(ticket.run_id)
        return False

    def _arm(self, now: int) -> None:
        due = self.admission.next_due(now)
        if self._due is not None and self._due[0] != due:
            self._disarm()
        if due is not None and self._due is None:
            self._due = (due, self.after(min(60.0, (due - now) / 1000), Due()))

    def _disarm(self) -> None:
        if self._due is not None:
            self._due[1].cancel()
            self._due = None

    async def _tick(self) -> None:
        if self._ticks % COMPARE_EVERY == 0:
            compare(self)
        self._ticks += 1
        self.admission.look_again()
        now = self.services.clock.now_ms()
        for run_id, _ in self.notices.look(lambda run_id: self.admission.held(self.admission.queued[run_id], now)):
            found: dict[str, Any] = self.admission.reason(run_id, now) or {}
            epoch = self.admission.queued[run_id].epoch
            word, key, provider = (found.get(name) for name in ("queue_reason", "resource_key", "rate_limited_provider"))
            await self.system.ref(REGISTRAR).tell(QueueReason(run_id, epoch, str(word), key, provider))

    def _oldest(self, workflow_id: str) -> str | None:
        """The oldest scheduled run of the workflow that is queued, running, pausing or waiting."""
        return self.services.store.catalog.oldest(scheduled_key(workflow_id))

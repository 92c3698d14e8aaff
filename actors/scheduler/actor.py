"""The scheduler: gives slots and workspaces to queued runs. Volatile: rebuilt from the catalog, and compared with it at each tick."""

from __future__ import annotations

from actors.run.messages import Launch
from actors.scheduler.messages import Enqueue, Left, QueueOf, Relaunch, Tick, Ticket
from actors.scheduler.rules import Admission
from actors.services import REGISTRAR, Services
from storage import Headline
from supervision import Actor, Mailbox, Timer

__all__ = ["Scheduler", "SchedulerMessage"]

SchedulerMessage = Enqueue | Left | QueueOf | Relaunch | Tick
ACTIVE = ("running", "pausing")
MANY = 100_000
COMPARE_EVERY = 10


class Scheduler(Actor[SchedulerMessage]):
    """It tells the registrar which run has a slot. What it knows is a cache: a run that the catalog says is active has a slot."""

    mailbox = Mailbox(capacity=4096)
    accepts = (Tick,)

    def __init__(self, services: Services, max_concurrent_runs: int, tick_s: float) -> None:
        self.services = services
        self.admission = Admission(max_concurrent_runs)
        self._tick_s = tick_s
        self._launched: dict[str, int] = {}
        self._ticks = 0
        self._due: Timer | None = None

    async def started(self) -> None:
        self.tick(self._tick_s, Tick())

    async def receive(self, message: SchedulerMessage) -> object:
        match message:
            case Enqueue(ticket=ticket):
                for one in (ticket, *(more.ticket for more in self.take(Enqueue))):
                    if self.admission.enqueue(one):
                        self._launched.pop(one.run_id, None)
            case Left(run_id=run_id, epoch=epoch):
                if self.admission.leave(run_id, epoch):
                    self._launched.pop(run_id, None)
            case QueueOf(run_id=run_id):
                return self.admission.reason(run_id, self.services.clock.now_ms())
            case Relaunch(run_id=run_id):
                if run_id in self.admission.active:
                    await self.system.ref(REGISTRAR).tell(Launch(run_id))
            case Tick():
                if self._ticks % COMPARE_EVERY == 0:
                    self._compare()
                self._ticks += 1
        await self._admit()
        return None

    def status(self) -> str:
        """Slots and queue in one line, for the tree."""
        admission = self.admission
        return f"{len(admission.active)} of {admission.max_concurrent_runs} slots taken, {len(admission.queued)} queued"

    async def _admit(self) -> None:
        now = self.services.clock.now_ms()
        registrar = self.system.ref(REGISTRAR)
        for run_id in self.admission.admit(now):
            self._launched[run_id] = now
            await registrar.tell(Launch(run_id))
        due = self.admission.next_due(now)
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if due is not None:
            self._due = self.after(min(60.0, (due - now) / 1000), Tick())

    def _compare(self) -> None:
        """Heal what a lost message may have left: runs that the catalog calls queued or active are known here, others are not.

        A run that was launched a moment ago may still be queued in the catalog: it keeps its slot for two ticks.
        """
        now, admission = self.services.clock.now_ms(), self.admission
        listed = self.services.store.catalog.list("run", (*ACTIVE, "queued"), limit=MANY)
        names = {line.stream for line in listed}
        for line in listed:
            if line.status in ACTIVE:
                admission.occupy(line.stream, line.facts.get("workspace"))
            elif now - self._launched.get(line.stream, 0) > 2_000 * self._tick_s and line.stream not in admission.queued:
                admission.leave(line.stream)
                admission.enqueue(self._ticket_from(line))
        for run_id in [run_id for run_id in (*admission.active, *admission.queued) if run_id not in names]:
            admission.leave(run_id)

    def _ticket_from(self, line: Headline) -> Ticket:
        """A queued run's ticket, from its line in the catalog."""
        claim = self.services.store.claims.get(line.stream)
        epoch = claim.epoch if claim is not None else 0
        return Ticket(line.stream, line.created_ms, line.priority, line.facts.get("workspace"), line.facts.get("retry_after"), epoch)

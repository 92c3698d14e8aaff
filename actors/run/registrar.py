"""The registrar: the one door to runs. It admits new ones, opens those at rest when something comes for them, locks poisonous ones away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.plans import VersionMissing
from actors.refusals import Refusal
from actors.run.actor import Run
from actors.run.claiming import renew
from actors.run.draining import STOP_S, drain_all
from actors.run.dry import rehearse
from actors.run.firing import create, fire
from actors.run.known import is_run, no_such_run, shutting_down
from actors.run.messages import Admit, Drain, EndWaits, Fire, ForRun, Launch, Made, QueueReason, ReapRun, Renew, RunDown, Wake, WakeRun
from actors.run.quarantine import lock_away, unavailable
from actors.run.reopening import reopen_all, restore_reports, restore_statuses
from actors.run.stale import reap_run
from actors.scheduler.messages import Due, Relaunch
from actors.services import RUNS, SCHEDULER, Services
from actors.sub_run.reuniting import reunite, tell_parent
from supervision import Actor, ActorDead, ChildSpec, Dynamic, Exit, Failed, Forwarded, Mailbox, Normal, Shutdown, Supervisor

if TYPE_CHECKING:
    from actors.run.plan import Plan
    from actors.run.requests import Reap
    from supervision import Ref, Timer
    from supervision.mailbox import Asked

__all__ = ["Registrar", "RegistrarMessage"]

RESTING = ("awaiting_approval", "waiting", "paused", "queued")
LOOK_AGAIN_MS = 30_000
Told = Launch | QueueReason | EndWaits | Wake
RegistrarMessage = Admit | Fire | ForRun | Told | ReapRun | RunDown | WakeRun | Renew | Drain


class Registrar(Actor[RegistrarMessage]):
    """Restarted, it watches the open runs again; a run's own crash loop ends here, with the run locked away and all others unharmed."""

    mailbox = Mailbox(capacity=4096)
    accepts = (Wake,)

    def __init__(self, services: Services, *, restart_max: int, restart_window_s: float, renew_s: float) -> None:
        self.services = services
        self._restart_max = restart_max
        self._restart_window_s = restart_window_s
        self._renew_s = renew_s
        self.watched: set[str] = set()
        self._knocking: dict[str, list[tuple[Asked | None, ForRun | Told]]] = {}
        self._timer: tuple[int, Timer] | None = None
        self._draining = False
        self.stale: dict[str, Reap] = {}
        self._admitted = self._opened = self._quarantined = 0

    async def started(self) -> None:
        for run_id in self.system.dynamic(RUNS).children():
            self._watch(run_id)
        await reopen_all(self)
        await reunite(self)
        restore_reports(self.services)
        restore_statuses(self.services)
        await self.system.ref(SCHEDULER).tell(Due())
        self.tick(self._renew_s, Renew())
        self._arm()

    def status(self) -> str:
        """Counts since this incarnation began, for the tree."""
        open_now = len(self.watched)
        return f"{open_now} open, {self._admitted} admitted, {self._opened} opened, {self._quarantined} quarantined"

    async def receive(self, message: RegistrarMessage) -> object:
        match message:
            case Admit():
                return self._admit(message)
            case Fire():
                self.spawn(self._fire, message, self.defer())
                return Forwarded()
            case ForRun():
                return self._hand_on(message)
            case Launch(run_id=run_id) | QueueReason(run_id=run_id) | EndWaits(run_id=run_id) if not self._draining:
                await self.tell_run(run_id, message)
            case RunDown():
                await self._run_down(message)
            case Wake() if not self._draining:
                await self._wake_due()
            case WakeRun(run_id=run_id) if not self._draining:
                await self.tell_run(run_id, Wake())
            case Renew():
                self.spawn(renew, self)
            case ReapRun() if not self._draining:
                self.spawn(reap_run, self, message)
            case Drain():
                self._draining = True
                self.spawn(drain_all, self, message, self.defer())
                return Forwarded()
        return None

    # Opening

    def open(self, run_id: str) -> Ref[object] | None:
        """The run's mailbox; the run is started if it is at rest. None while it is just coming to rest: then its end is waited for."""
        if not self.system.alive(f"{RUNS}/{run_id}"):
            self.system.dynamic(RUNS).start_soon(self.spec(run_id))
            self.opened(run_id)
        path = f"{RUNS}/{run_id}/run"
        return self.system.ref(path) if self.system.receives(path) else None

    async def tell_run(self, run_id: str, message: Told) -> None:
        """Open the run if need be, and tell it."""
        if (run := self.open(run_id)) is None:
            self._knock(run_id, None, message)
        else:
            await run.tell(message)

    def spec(self, run_id: str) -> ChildSpec:
        """A run as a child: its workers, then the run itself, whose own restart leaves them at work."""
        services, stale = self.services, self.stale.pop(run_id, None)
        children = (
            ChildSpec("work", lambda: Dynamic(shutdown=STOP_S), shutdown="infinity"),
            ChildSpec("run", lambda: Run(services, run_id, stale), restart="transient", shutdown=STOP_S, significant=True),
        )
        tree = Supervisor(
            children=children, strategy="rest_for_one", intensity=self._restart_max, period=self._restart_window_s,
            auto_shutdown="any_significant",
        )  # fmt: skip
        return ChildSpec(run_id, lambda: tree, restart="temporary")

    def opened(self, run_id: str) -> None:
        """The run was started as an actor: watch it."""
        self._opened += 1
        self._watch(run_id)

    def _watch(self, run_id: str) -> None:
        if run_id not in self.watched:
            self.watched.add(run_id)
            self.monitor(f"{RUNS}/{run_id}", lambda down: RunDown(run_id, down))

    def _hand_on(self, message: ForRun) -> object:
        if not is_run(self.services.store, message.run_id):
            return no_such_run(message.run_id)
        if self._draining:
            return shutting_down()
        run = self.open(message.run_id)
        if run is not None:
            return self.forward(run, message)
        self._knock(message.run_id, self.defer(), message)
        return Forwarded()

    def _knock(self, run_id: str, asked: Asked | None, message: ForRun | Told) -> None:
        """The run is just coming to rest: it hears this when it has come to that and was opened again."""
        self._knocking.setdefault(run_id, []).append((asked, message))

    def _let_in(self, run_id: str) -> None:
        """Who came while the run was coming to rest goes in now."""
        for asked, message in self._knocking.pop(run_id, ()):
            run = self.open(run_id)
            if run is None:
                self._knock(run_id, asked, message)
            elif asked is not None:
                run.pass_on(asked, message)
            else:
                run.tell_nowait(message)

    async def _run_down(self, message: RunDown) -> None:
        run_id, ended = message.run_id, message.down.exit
        self.watched.discard(run_id)
        if run_id in self.stale:  # it hung, and holds itself when it begins anew
            self.open(run_id)
            return
        if not isinstance(ended, Normal | Shutdown):
            await self._broke(run_id, ended)
            return
        if run_id in self._knocking:
            self._let_in(run_id)
            return
        line = self.services.store.catalog.get(run_id)
        due = line.due_ms if line is not None and line.status in RESTING else None
        if line is not None and line.status == "queued" and not self._draining:
            await self.system.ref(SCHEDULER).tell(Relaunch(run_id))
        if due is not None and (self._timer is None or due < self._timer[0]):
            self._arm()

    async def _broke(self, run_id: str, ended: Exit) -> None:
        """Its actor could not go on, or not even begin: lock it away, and let nobody wait for it."""
        if not self._draining and not (isinstance(ended, Failed) and isinstance(ended.error, ActorDead)):
            self._quarantined += await lock_away(self.services, self.system.ref(SCHEDULER), run_id, ended)
            await tell_parent(self, run_id)
        for asked, _ in self._knocking.pop(run_id, ()):
            if asked is not None:
                asked.answer(unavailable(run_id, ended))

    # Admission

    def _admit(self, message: Admit) -> object:
        if self._draining:
            return shutting_down()
        try:
            plan = self.services.plans.get(message.digest)
        except VersionMissing as error:
            return Refusal("workflow_version_missing", str(error), {"digest": message.digest})
        if message.dry_run:
            self.spawn(rehearse, self.services, message, plan, self.defer())
        else:
            self.spawn(self._create, message, plan, self.defer())
        return Forwarded()

    async def _fire(self, message: Fire, asked: Asked | None) -> None:
        answer = shutting_down() if self._draining else await fire(self.services, self.system.ref(SCHEDULER), message)
        self._admitted += len(message.admits) if answer == Made() else 0
        if asked is not None:
            asked.answer(answer)

    async def _create(self, message: Admit, plan: Plan, asked: Asked | None) -> None:
        """Beside the handlers, so that many runs are admitted in one commit."""
        answer = await create(self.services, self.system.ref(SCHEDULER), message, plan)
        self._admitted += not isinstance(answer, Refusal)
        if asked is not None:
            asked.answer(answer)

    # Time

    async def _wake_due(self) -> None:
        """Open what rests and is due: gates, back-offs of waiting runs. What waits are due for, their own scheduler says."""
        for line in self.services.store.catalog.due(self.services.clock.now_ms(), "run", RESTING, limit=500):
            if (run := self.open(line.stream)) is not None:
                await run.tell(Wake())
        self._arm()

    def _arm(self) -> None:
        """One timer, for what is due first; it fires at least every 30 s, so that a clock that jumps is noticed."""
        line = self.services.store.catalog.next_due("run", RESTING)
        now = self.services.clock.now_ms()
        due = now + LOOK_AGAIN_MS if line is None or line.due_ms is None else min(now + LOOK_AGAIN_MS, max(now + 50, line.due_ms))
        if self._timer is not None:
            self._timer[1].cancel()
        self._timer = (due, self.after((due - now) / 1000, Wake()))

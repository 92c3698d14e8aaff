"""The run: the one writer of its log. It folds outcomes, applies operations, and keeps at work what its state wants.

Order of every change: decide, commit, then tell, reply and start. A handler's exception ends this incarnation; the next one folds the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actors.node.messages import AgentHeard, Outcome
from actors.refusals import Refusal
from actors.run.audits import note_stale, operation_entry
from actors.run.building import Building
from actors.run.crew import Crew
from actors.run.deciding import decide
from actors.run.desk import Desk, interrupted_by, without_outcome
from actors.run.draining import Drainage
from actors.run.launching import commit_with_slot, launch, queue_made
from actors.run.logbook import Logbook
from actors.run.messages import AttemptDown, Drain, EndWaits, ForRun, GraceOver, Launch, MakerDown, QueueReason, Rest, Wake
from actors.run.noting import Noted, take_note
from actors.run.outcomes import accepts, on_outcome
from actors.run.rules import ended_because, unwanted
from actors.run.schedule import next_look_ms, ticket_of
from actors.run.showing import Shown
from actors.run.state import ACTIVE
from actors.run.taking_up import LINGER_S, away, step_aside, take_up
from actors.run.turn import Turn
from actors.run.verdicts import ends_first
from actors.scheduler.messages import Enqueue, Left
from actors.services import SCHEDULER, Services
from actors.sub_run.following import Kin
from actors.worktree.messages import WorktreeSaid
from storage import ClaimLost, Unavailable
from supervision import Actor, Mailbox, Shutdown, Timer

if TYPE_CHECKING:
    from actors.run.requests import Reap
    from supervision.monitor import Monitor

__all__ = ["Run", "RunMessage"]

RunMessage = Outcome | Noted | AttemptDown | MakerDown | WorktreeSaid | GraceOver | Wake | ForRun | Launch | Drain | Rest


class Run(Actor[RunMessage]):
    """Open while it runs or has something to do; at rest it ends, and the registrar opens it again when something comes for it."""

    mailbox = Mailbox(capacity=256)
    accepts = (Wake,)
    forgets = True

    def __init__(self, services: Services, run_id: str, stale: Reap | None = None) -> None:
        self.services = services
        self.run_id = run_id
        self.desk, self.drainage, self.building, self.kin, self._shown = Desk(self), Drainage(self), Building(self), Kin(self), Shown(self)
        self._held: list[Outcome] = []
        self._stale = stale
        self.aside = False
        self._recovered = False
        self._lost: list[str] = []
        self._timer: tuple[int, Timer] | None = None
        self._decided_ms = 0

    async def started(self) -> None:
        self.book = Logbook(self.services, self.run_id)
        self.crew = Crew(self.services, self.system, self.path, self._watch)
        self._lost = self.crew.adopt(self.book.state)
        if self.book.elsewhere:
            return step_aside(self)
        try:
            await self._recover()
        except Unavailable:
            self.again(Wake())

    async def _recover(self) -> None:
        await self.go_on(await take_up(self, self._lost, self._stale))
        self._recovered = True

    def status(self) -> str:
        """The run in one line, for the tree."""
        state = self.book.state
        done = sum(node.status in ("completed", "skipped", "timed_out") for node in state.nodes.values())
        working = f", at work: {', '.join(list(state.executing)[:4])}" if state.executing else ""
        return f"{state.workflow_id} {state.status}, {done} of {len(state.nodes)} nodes done{working}"

    async def receive(self, message: RunMessage) -> object:
        if self.aside:
            return away(self, message)
        if not self._recovered and isinstance(message, ForRun):
            return Refusal("storage_unavailable", "The disk takes nothing at present, and the run waits for it. Ask again later.")
        if not self._recovered and not isinstance(message, Wake):
            return self.again(message)
        try:
            if self.book.lapsed:
                await self.book.take_anew()
            return await self._handle(message)
        except ClaimLost:
            step_aside(self)
            return away(self, message)
        except Unavailable:  # the disk takes nothing now: the message comes again when it does
            return self.again(message)

    async def _handle(self, message: RunMessage) -> object:
        match message:
            case Outcome():
                await self.fold([message, *self.take(Outcome)])
            case AttemptDown():
                await self._attempt_down(message)
            case WorktreeSaid():
                await self.building.hear(message)
            case MakerDown():
                await self.building.ended(message.child)
            case ForRun():
                return await self.desk.take(message)
            case Launch():
                await launch(self)
            case AgentHeard() | QueueReason() | EndWaits():
                await take_note(self, message)
            case Wake():
                await self._look()
            case GraceOver():
                self.crew.dismiss(self.book.state, self.book.state.executing)
            case Drain():
                return await self.drainage.begin(message)
            case Rest():
                self._rest(linger=False)
        return None

    async def go_on(self, turn: Turn, command: ForRun | None = None, answer: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Take the run as far as it goes, commit all of it, then do what follows. Answers what the operation's author is told."""
        if not self.drainage.begun:
            await self.decide(turn)
        reply = {"run_id": self.run_id, "status": turn.state.status, **(answer or {})}
        if command is None:
            await commit_with_slot(self, turn)
        else:
            audit = (operation_entry(command.operation, self.run_id, answer or {}),)
            await commit_with_slot(self, turn, request=command.request, reply=reply, audit=audit)
        await queue_made(self, turn)
        await self.follow()
        return reply

    async def decide(self, turn: Turn) -> None:
        """Advance the run as far as its state allows, report included."""
        self._decided_ms = turn.now
        await decide(self, turn)

    async def follow(self) -> None:
        """After a commit: tell the scheduler, set to work what is wanted, arm the clock, rest when there is nothing to do."""
        state = self.book.state
        self._shown.look()
        if self.book.queued:  # it gives back what it has with that, and stands where it belongs before others are looked at
            self.book.left = self.book.queued = False
            await self.system.ref(SCHEDULER).tell(Enqueue(ticket_of(state)))
        elif self.book.left:
            self.book.left = False
            await self.system.ref(SCHEDULER).tell(Left(self.run_id, state.epoch, keeps_workspace=state.status == "pausing"))
        self.building.settle(state)
        broken = self.crew.settle(state)
        if broken:
            await self.fold(broken)
            return
        stop = unwanted(state, self.services.clock.now_ms(), self.services.rules.cleanup_grace_ms)
        if stop:
            self.crew.dismiss(state, stop)
        await self.kin.follow(state)
        self._arm()
        if state.terminal and self.book.ended:
            self.book.ended = False
            self.services.tell_of_ending(state)
        if self.drainage.asked is not None:
            await self.drainage.look()
        elif not state.executing and state.status not in ACTIVE and self.desk.pending is None and not self._held:
            self._rest(linger=state.status == "queued" or self.kin.busy)

    def _rest(self, *, linger: bool) -> None:
        if linger or self.mail() or self.kin.busy:
            self.after(LINGER_S if linger else LINGER_S / 50, Rest())  # never at once: two of these would chase each other
        elif self.book.state.status not in ACTIVE:
            self.finish(Shutdown())

    def _arm(self) -> None:
        due = next_look_ms(self.book.state, self.services.rules, self._decided_ms)
        if self._timer is not None and self._timer[0] != due:
            self._timer[1].cancel()
            self._timer = None
        if due is not None and self._timer is None:
            now = self.services.clock.now_ms()
            self._timer = (due, self.after(min(60.0, max(0.0, (due - now) / 1000)), Wake()))

    async def fold(self, outcomes: list[Outcome]) -> None:
        """Fold what belongs to attempts under way; what a pending operation waits for, it gets; the rest is stale."""
        turn = self.book.turn()
        folded = []
        reason = "shutdown" if self.drainage.begun else ended_because(turn.state)
        for outcome in outcomes:
            if self.desk.hear(outcome):
                continue
            if not accepts(turn, outcome):
                await note_stale(self.services, self.run_id, outcome)
            elif ends := ends_first(turn.state, outcome):
                self.desk.hold(outcome, ends)
            else:
                folded.append(interrupted_by(outcome, reason))
                on_outcome(turn, folded[-1])
        if folded:
            try:
                await self.go_on(turn)
            except Unavailable:
                self._held += folded
                self.again(Wake())
        await self.desk.go_on()

    async def _attempt_down(self, message: AttemptDown) -> None:
        state = self.book.state
        waits = self.desk.pending is not None and message.token in self.desk.pending.waiting
        under_way = message.node_id in state.executing and state.token(message.node_id) == message.token
        known = [*self._held, *self.desk.outcomes, *(self.desk.pending.endings if self.desk.pending is not None else ())]
        if waits or (under_way and all(outcome.token != message.token for outcome in known)):
            await self.fold([without_outcome(message)])

    async def _look(self) -> None:
        """Time has passed, or the disk takes something again."""
        if not self._recovered:
            await self._recover()
        if self._timer is not None:
            self._timer[1].cancel()
            self._timer = None
        if self._held and self.services.store.writable:
            held, self._held = self._held, []
            await self.fold(held)
        else:
            await self.go_on(self.book.turn())
        await self.desk.go_on()

    def again(self, message: RunMessage) -> object:
        """Hear that message again when the disk takes something."""
        self.spawn(self._when_writable, message)
        return None

    async def _when_writable(self, message: RunMessage) -> None:
        await self.services.store.wait_writable()
        await self.ref.tell(message)

    def _watch(self, path: str, node_id: str, token: str) -> Monitor:
        return self.monitor(path, lambda down: AttemptDown(node_id, token, down))

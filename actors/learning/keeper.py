"""The keeper of learnings: the one writer of their logs. It looks at endings beside the runs' own work, and does what people ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from actors.learning.declined import Declined
from actors.learning.events import LearningRegressed
from actors.learning.log import TRYING, UNREADABLE, appended
from actors.learning.messages import ForLearning, LookAtEndings, Teach, Try
from actors.learning.operations import OPERATIONS
from actors.learning.teaching import teach
from actors.learning.trial_events import VerificationEnded
from actors.learning.trials import try_on
from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.run.headline import UNTAUGHT
from actors.run.known import conflict, replayed
from actors.run.state import TERMINAL
from actors.services import RUNS
from storage import Receipt, ReceiptExists, RequestConflict, Transaction, Unavailable, VersionConflict
from storage.codec import canonical
from supervision import Actor, Mailbox

if TYPE_CHECKING:
    from actors.learning.decided import Decided
    from actors.learning.events import LearningFact
    from actors.learning.operations import Row
    from actors.learning.workplace import Workplace
    from storage import Append, Headline
    from supervision import Timer

__all__ = ["LearningKeeper"]

PAUSE_S = 0.1
"""So long endings are gathered; by then their runs are at rest."""
LOOK_S = 1.0
"""So often is looked whether the runs of trials have ended."""
TRIES = 5
MOST = 1_000
BATCH = 100
SHOWN = 3
Reply = Mapping[str, Any] | Refusal


class LearningKeeper(Actor[LookAtEndings | Teach | Try | ForLearning]):
    """What is still to be looked at stands in the catalog: what was cut off, or failed, is made up for at the next start."""

    mailbox = Mailbox(capacity=256)
    accepts = (LookAtEndings,)

    def __init__(self, place: Workplace) -> None:
        self._world, self._endings, self._policies, self._say = place.world, place.endings, place.policies, place.say
        self._timer: Timer | None = None
        self._trying: Timer | None = None
        self._failed: dict[str, str] = {}
        self._stuck: dict[str, str] = {}
        self._said: tuple[str, ...] = ()
        self._taught = 0

    async def started(self) -> None:
        if self._world.services.rules.learning:
            for line in self._untaught():
                self._endings.due(str(line.group))
        self._arm()
        self._arm_trials()

    def status(self) -> str:
        """Counts since this incarnation began, and what went wrong, for the tree."""
        newest = list(self._failed.items())[-SHOWN:]
        wrong = "".join(f"; learning_finalization_failed {run_id}: {why}" for run_id, why in newest)
        wrong += "".join(f"; learning_trial_stuck {workflow_id}: {why}" for workflow_id, why in self._stuck.items())
        return f"{self._taught} endings looked at, {len(self._failed)} failed{wrong}"

    async def stopped(self) -> None:
        """Runs that have ended just now: nothing is left for the next start that can be done before the end."""
        await self._teach(last=True)

    async def receive(self, message: LookAtEndings | Teach | Try | ForLearning) -> object:
        match message:
            case LookAtEndings():
                self.take(LookAtEndings)
                self._arm()
            case Teach():
                self._timer = None
                await self._teach(last=False)
            case Try():
                self._trying = None
                await self._try()
            case ForLearning():
                known = replayed(self._world.services.store, message.request)
                return await self._operate(message) if known is None else known
        return None

    # Endings

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = self.after(PAUSE_S, Teach())

    def _arm_trials(self) -> None:
        if self._trying is None and self._world.services.store.catalog.found(TRYING, 1):
            self._trying = self.after(LOOK_S, Try())

    def _untaught(self) -> list[Headline]:
        found = self._world.services.store.catalog.found(UNTAUGHT, MOST)
        ended = [line for line in found if line.kind == "run" and line.status in TERMINAL]
        return sorted(ended, key=lambda line: (line.updated_ms, line.stream))

    async def _teach(self, *, last: bool) -> None:
        """One pass over the workflows of which a run has ended. `last`: the daemon ends."""
        due = self._endings.take_due()
        if not due:
            return
        self._warn()
        lines = self._untaught()
        for workflow_id in due:
            mine = [line for line in lines if line.group == workflow_id]
            ready = [line for line in mine if last or not self.system.alive(f"{RUNS}/{line.stream}")]
            before = self._taught
            for start in range(0, len(ready), BATCH):
                await self._look(workflow_id, ready[start : start + BATCH])
            more = len(lines) == MOST and self._taught > before  # what fails again and again is left for the next ending
            if not last and (len(ready) < len(mine) or more):
                self._endings.due(workflow_id)  # runs that are just coming to rest
                self._arm()

    async def _look(self, workflow_id: str, lines: Sequence[Headline]) -> None:
        """A failure is that of one run; the others of the batch do without it."""
        policy, _ = self._policies.read()
        error: Exception | None = None
        for _ in range(TRIES):
            try:
                facts = await teach(self._world, self._endings, workflow_id, lines, policy)
            except VersionConflict as overtaken:
                error = overtaken
            except Exception as failed:  # noqa: BLE001  whatever is wrong with one ending, no run and no other ending is harmed by it
                error = failed
                break
            else:
                self._taught += len(lines)
                self._announce(facts)
                for line in lines:
                    self._failed.pop(line.stream, None)
                return
        if len(lines) > 1:
            for line in lines:
                await self._look(workflow_id, (line,))
            return
        self._failed[lines[0].stream] = f"{type(error).__name__}: {error}"
        self._say(
            f"learning_finalization_failed {lines[0].stream}: {self._failed[lines[0].stream]}. It is made up for at the next ending.\n"
        )

    # Trials

    async def _try(self) -> None:
        """Trials go on, those of each workflow by themselves: what is wrong with one is no trouble of the others."""
        for line in self._world.services.store.catalog.found(TRYING, MOST):
            try:
                self._announce(await try_on(self._world, self.system, str(line.group)))
            except Exception as error:  # noqa: BLE001  as with endings: it is told, and looked at again
                self._stuck[str(line.group)] = f"{type(error).__name__}: {error}"
            else:
                self._stuck.pop(str(line.group), None)
        self._arm_trials()

    def _announce(self, facts: Sequence[LearningFact]) -> None:
        """What an operator is told whom nobody has asked for it. Trials that have begun are looked at soon."""
        for fact in facts:
            if isinstance(fact, LearningRegressed):
                self._say(
                    f"learning_regressed {fact.learning_id}: {fact.reason_code} of {fact.workflow_id}; agents are not told of it any more\n"
                )
            elif isinstance(fact, VerificationEnded):
                counts = f"{fact.won} won, {fact.lost} lost, {fact.tied} tied, chance {fact.chance:.3f}"
                self._say(f"learning_verified {fact.learning_id}: {fact.verdict} ({fact.reason or counts})\n")
        self._arm_trials()

    def _warn(self) -> None:
        """Settings that are no good, once for each change of them."""
        warnings = tuple(str(one) for one in self._policies.read()[1])
        if warnings != self._said:
            self._said = warnings
            for one in warnings:
                self._say(f"config_value_invalid {one}; the default holds\n")

    # What people ask

    async def _operate(self, message: ForLearning) -> Reply:
        row = OPERATIONS[type(message.operation)]
        if row.people and not message.by.human:
            return Declined("human_required").refusal
        last, lost = "", "unavailable"
        for _ in range(TRIES):
            try:
                decided = row.decide(self._world, message.operation, message.by, self._world.services.clock.now_ms())
                lost = decided.lost
                reply = await self._record(row, message, decided)
                self._announce(decided.step.facts)
                return reply
            except Declined as declined:
                return declined.refusal
            except UNREADABLE as damage:
                return Declined("learning_log_unreadable", detail=str(damage)).refusal
            except (ReceiptExists, RequestConflict):
                return replayed(self._world.services.store, message.request) or conflict(message.request)
            except (VersionConflict, Unavailable) as error:
                last = str(error)
        return Refusal(lost, f"It cannot be recorded just now: {last}. Ask again with the same request id; it does no harm.")

    async def _record(self, row: Row, message: ForLearning, decided: Decided) -> Reply:
        step, reply, request = decided.step, decided.reply, message.request
        receipt, code = None, "ok"
        if isinstance(reply, Refusal):
            code = reply.code
        else:
            receipt = Receipt(request.request_id, request.digest.encode(), canonical(reply))
        entry = audit_entry(str(message.by), row.name, decided.subject, {"workflow_id": step.book.workflow_id}, code)
        version = await self._version(decided, message)
        try:
            await self._world.services.store.commit(Transaction(step.now, (*appended(step), *version), receipt, (entry,)))
        finally:
            if decided.store is not None:
                self._world.library.forget(decided.store.workflow_id)
        return reply if isinstance(reply, Refusal) else dict(reply)

    async def _version(self, decided: Decided, message: ForLearning) -> tuple[Append, ...]:
        """What makes the definition the newest version of its workflow; its content is stored."""
        if decided.store is None:
            return ()
        _, appends = await self._world.library.offer(decided.store, message.by)
        return appends

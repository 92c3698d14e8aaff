"""One run's log in one hand: read and fold it, decide on it, commit the decision. The only way in which a run changes.

A decision that could not be committed leaves nothing behind: the state is folded anew from the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from actors.entity import Fact
from actors.lease import Holder
from actors.refusals import RequestKey
from actors.run.events import RunCreated, RunExecutionClaimed
from actors.run.evolve import evolve
from actors.run.headline import LineKey, headline_of, line_key
from actors.run.new_state import new_state
from actors.run.state import ACTIVE, RunState
from actors.run.turn import Turn
from actors.run.vocabulary import run_codec
from actors.services import Services
from storage import BadRecord, Unavailable, VersionConflict
from storage.codec import canonical
from storage.records import Acquire, Append, AuditEntry, ClaimChange, Receipt, Recorded, Release, Transaction

__all__ = ["CorruptLog", "Lapsed", "Logbook", "Overtaken", "fold_log", "fold_on"]

PAGE = 5_000


class CorruptLog(Exception):
    """The log of a run cannot be folded: the message says where and why."""


class Overtaken(Unavailable):
    """Another log that the decision wanted to write in had grown meanwhile: args (stream,). Nothing was written; decide again."""

    code = "overtaken"

    def __str__(self) -> str:
        return f"{self.args[0]} was changed by somebody else at the same moment"


class Lapsed(Unavailable):
    """The daemon slept for longer than its lease while a decision was made: args (run id,). Nothing was written; decide again."""

    code = "claim_lapsed"

    def __str__(self) -> str:
        return f"the claim on {self.args[0]} ran out while that was decided"


def fold_log(services: Services, run_id: str, upto: int | None = None) -> RunState:
    """The state that the run's log folds to, as a whole or as far as that fact. Raises CorruptLog; LookupError if there is no such run."""
    state = _moved_on(services, run_id, None, upto)
    if state is None:
        raise LookupError(run_id)
    return state


def fold_on(services: Services, run_id: str, state: RunState, upto: int | None = None) -> RunState:
    """The same state, moved on over what the log has more. Raises CorruptLog; the state is then good for nothing."""
    return _moved_on(services, run_id, state, upto) or state


def _moved_on(services: Services, run_id: str, state: RunState | None, upto: int | None) -> RunState | None:
    if state is None or state.seq != upto:
        for recorded in _recorded(services, run_id, 0 if state is None else state.seq):
            state = _apply(services, run_id, state, recorded)
            if recorded.seq == upto:
                break
    return state


def _recorded(services: Services, run_id: str, after: int) -> Iterator[Recorded]:
    page = services.store.journal.read(run_id, after, PAGE)
    while page:
        yield from page
        page = services.store.journal.read(run_id, page[-1].seq, PAGE) if len(page) == PAGE else []


def _blank(services: Services, run_id: str, event: RunCreated) -> RunState:
    rules, plans = services.rules, services.plans
    return new_state(run_id, plans.get(event.digest), rules, plans.get)


def _apply(services: Services, run_id: str, state: RunState | None, recorded: Recorded) -> RunState:
    try:
        event = run_codec().decode(recorded)
        if state is None:
            assert isinstance(event, RunCreated), "a log begins with run_created"
            state = _blank(services, run_id, event)
        evolve(state, event, recorded.at_ms)
    except Exception as error:
        raise CorruptLog(
            f"event {recorded.seq} ({recorded.kind}) of {run_id} cannot be applied: {type(error).__name__}: {error}"
        ) from error
    if state.seq != recorded.seq:
        raise CorruptLog(f"the log of {run_id} has event {recorded.seq} where {state.seq} was expected")
    return state


class Logbook:
    """The run's state, and the way to change it. One holder at a time; a conflict means that another holds it now.

    `committed` is the number of the last event that is durable. `left`, `queued` and `ended` are set by a commit after which the run no
    longer runs, is queued, or has ended; who deals with that clears them.
    """

    state: RunState
    committed: int

    def __init__(self, services: Services, run_id: str) -> None:
        self.services = services
        self.run_id = run_id
        self.left = self.queued = self.ended = self._held = False
        self.holder: Holder = "nobody"
        self.claimant, self._until_ms = "", 0
        born = services.newborn.pop(run_id, None)
        if born is not None:
            self._begin(*born)
            return
        claim = services.store.claims.get(run_id)
        self.holder = services.lease.holder(run_id, claim)
        if claim is not None and claim.claimant is not None:
            self._held, self.claimant, self._until_ms = True, claim.claimant, claim.until_ms
        self.reload()

    def _begin(self, event: RunCreated, at: int) -> None:
        """The first opening of a run that this daemon has just made: its one fact is at hand, so nothing is read.

        Were it not the only one, the first commit would meet a conflict, and the next incarnation would read the log.
        """
        self.state = _blank(self.services, self.run_id, event)
        evolve(self.state, event, at)
        self._line, self.committed = line_key(self.state), self.state.seq

    def reload(self) -> None:
        """Fold the log anew. A line that says another time than the log, as older versions wrote it, is written at the next look."""
        self.state = fold_log(self.services, self.run_id)
        self._line, self.committed = line_key(self.state), self.state.seq
        line = self.services.store.catalog.get(self.run_id)
        if line is not None and line.due_ms != self._line.due_ms:
            self._line = self._line._replace(due_ms=line.due_ms, wait_due_ms=None)

    @property
    def at_rest(self) -> bool:
        """Whether the run, as it was committed last, neither runs nor waits for a slot."""
        return self._line.status not in ACTIVE and self._line.status != "queued" and not self._held

    @property
    def elsewhere(self) -> bool:
        """Whether another daemon may be at work on the run."""
        return self.holder == "other" and self._until_ms >= self.services.clock.now_ms()

    @property
    def lapsed(self) -> bool:
        """Whether the claim was taken before the daemon slept for longer than its lease: nothing is written under it any more."""
        return self.holder == "me" and self.services.lease.stale(self.run_id)

    async def take_anew(self) -> None:
        """Claim the run again, with the next epoch. Raises ClaimLost where somebody else has taken it meanwhile."""
        services, turn = self.services, self.turn()
        turn.emit(RunExecutionClaimed(services.ids.new("run-claim"), services.claimant, self.state.epoch + 1, services.lease_ms))
        await self.commit(turn, claim=Acquire(services.claimant, self.state.epoch, services.lease_ms))

    def turn(self) -> Turn:
        """Begin a decision on the present state."""
        services = self.services
        return Turn(self.state, services.clock.now_ms(), services.ids.nonce, services.rules)

    async def commit(
        self, turn: Turn, *, claim: ClaimChange | None = None, request: RequestKey | None = None, reply: Any = None,
        audit: Sequence[AuditEntry] = (),
    ) -> None:  # fmt: skip
        """Make the decision durable. Raises what the store raises; the state is then that of the log again."""
        state, events, before = self.state, turn.close(), self._line
        if self.lapsed and not isinstance(claim, Acquire):
            self.reload()
            raise Lapsed(self.run_id)
        if claim is None and self._held and state.status not in ACTIVE:
            claim = Release()
        line = line_key(state)
        if not (events or request or audit or claim) and line == before:
            return
        try:
            encoded = tuple([run_codec().encode(event) for event in events])
        except BadRecord:
            self.reload()
            raise
        append = Append(
            stream=self.run_id, expected=state.seq - len(events), events=encoded, claim=claim,
            epoch=state.epoch if self._held or claim is not None else None, headline=headline_of(state) if line != before else None,
        )  # fmt: skip
        receipt = None if request is None else Receipt(request.request_id, request.digest.encode(), canonical(reply))
        begun = [other for other in turn.once if self.services.store.journal.head(other.stream) == other.expected]
        appends = (append, *turn.also, *begun) if events or claim is not None or line != before else ()
        try:
            await self.services.store.commit(Transaction(turn.now, appends, receipt, tuple(audit)))
        except VersionConflict as conflict:
            self.reload()
            stream = str(conflict.args[0])
            if stream == self.run_id:
                raise
            raise Overtaken(stream) from conflict
        except Exception:
            self.reload()
            raise
        if claim is not None:
            self._claimed(held=isinstance(claim, Acquire) and claim.claimant is not None)
        self._line, self.committed = line, state.seq
        if begun:
            self.services.outbox()
        if events:
            self.services.meter.run(events)
            self._note(before, line, events[-1], claimed=isinstance(claim, Acquire))
        self._due(line.wait_due_ms)

    def _due(self, at_ms: int | None) -> None:
        """Time does something to a wait then, which the scheduler of waits may not expect so soon."""
        if at_ms is not None and (self.services.waits.next_ms is None or at_ms < self.services.waits.next_ms):
            self.services.look_at_waits()

    def _claimed(self, *, held: bool) -> None:
        self._held, self.holder = held, "me" if held else "nobody"
        if held:
            self.services.lease.took(self.run_id)
        else:
            self.services.lease.gave(self.run_id)

    def _note(self, before: LineKey, line: LineKey, last: Fact, *, claimed: bool) -> None:
        after = self.state.status
        moved = claimed or line.status != before.status  # a run may ask, or end, in the very commit with which it takes its slot
        self.left |= moved and after != "running" and (claimed or before.status in ("running", "pausing", "queued"))
        self.ended |= moved and self.state.terminal
        # What held it in the queue may hold it no more, as when a wait of a run in back-off is over.
        self.queued |= after == "queued" and (moved or (before.queue_reason is not None and line.queue_reason is None))
        self.services.watchers.grew(self.run_id, after, self.state.seq, last.kind, moved=moved)

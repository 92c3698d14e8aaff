"""Where operations on a run are taken: each is applied when the attempts that it ends are dead, one after the other, as they came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from actors.gate.messages import Decide
from actors.node.messages import Failure, Interruption, Outcome
from actors.refusals import Refusal
from actors.run.deciding import apply, look_at_artifacts
from actors.run.known import replayed
from actors.run.messages import AttemptDown, ForRun, Wake
from actors.run.operations import announce, attempts_to_end, goes_before_endings, refusal_before
from actors.run.outcomes import on_outcomes
from actors.run.pending import Pending
from actors.run.requests import Reap, Resume
from storage import ReceiptExists, RequestConflict, Unavailable
from supervision import Forwarded, Shutdown

if TYPE_CHECKING:
    from actors.run.actor import Run
    from supervision.mailbox import Asked

__all__ = ["Desk", "interrupted_by", "without_outcome"]

WAITING_ROOM = 32


class Desk:
    """`pending` is the operation that waits for attempts to end, or for the disk to take something again.

    `outcomes` are those of reviewers that send work back and must wait for it.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._later: list[tuple[ForRun, Asked | None]] = []
        self.outcomes: list[Outcome] = []
        self.pending: Pending | None = None

    async def take(self, command: ForRun) -> object:
        """The answer, or `Forwarded` when it comes later."""
        if self.pending is None:
            return await self._begin(command, None)
        if not self._run.services.store.writable:
            return Refusal("storage_full", "The disk takes nothing at present, and an operation on this run already waits for it.")
        if len(self._later) >= WAITING_ROOM:
            return Refusal("overloaded", f"{WAITING_ROOM} operations on this run already wait for its attempts to end.")
        self._later.append((command, self._run.defer()))
        return Forwarded()

    def hold(self, outcome: Outcome, ends: list[str]) -> None:
        """Keep an outcome until the attempts of these nodes are dead; while an operation waits for such things, until that is done."""
        if self.pending is not None:
            self.outcomes.append(outcome)
            return
        state = self._run.book.state
        waiting = {state.token(node_id): node_id for node_id in ends}
        self.pending = Pending(None, None, waiting, "approval_rollback", [outcome])
        self._run.crew.dismiss(state, ends)

    def hear(self, outcome: Outcome) -> bool:
        """Whether the pending operation waited for that outcome."""
        return self.pending is not None and self.pending.hear(outcome)

    async def go_on(self) -> None:
        """Apply what has nothing left to wait for, and what came after it."""
        while self.pending is not None and not self.pending.waiting:
            if self.pending.asked is None and not self._run.services.store.writable:
                return  # its author was told; it is applied when the disk takes something
            pending, self.pending = self.pending, None
            if pending.command is None:
                await self._run.fold(pending.endings[1:] + pending.endings[:1])
            else:
                _answer(pending.asked, await self._apply(pending.command, pending.endings))
            while self._later and self.pending is None:
                command, asked = self._later.pop(0)
                _answer(asked, await self._begin(command, asked))
        if self.outcomes and self.pending is None:
            outcomes, self.outcomes = self.outcomes, []
            await self._run.fold(outcomes)

    async def _begin(self, command: ForRun, asked: Asked | None) -> object:
        turn = self._run.book.turn()
        refusal = refusal_before(turn.state, command.operation)
        if refusal is not None:
            return refusal
        ends = attempts_to_end(turn, command.operation)
        if not ends:
            return await self._apply(command, [])
        if announce(turn, command.operation):
            try:
                await self._run.book.commit(turn)
            except Unavailable as error:
                return Refusal(error.code, f"{error}. What you asked is not acknowledged; ask again, it does no harm.")
            await self._run.follow()
        waiting = {turn.state.token(node_id): node_id for node_id in ends}
        self.pending = Pending(command, asked or self._run.defer(), waiting, _word(command))
        self._run.crew.dismiss(turn.state, ends)
        return Forwarded()

    async def _apply(self, command: ForRun, endings: list[Outcome]) -> object:
        run = self._run
        turn = run.book.turn()
        first = goes_before_endings(turn.state, command.operation)
        silent = isinstance(command.operation, Reap) and all(isinstance(outcome.verdict, Interruption) for outcome in endings)
        if not silent and not first:
            on_outcomes(turn, endings)
        await look_at_artifacts(run, turn, _gates(command))
        answer = apply(run, turn, command.operation)
        if first or (silent and isinstance(answer, Refusal)):
            on_outcomes(turn, endings)
        try:
            if isinstance(answer, Refusal):
                await run.go_on(turn)
                return answer
            return await run.go_on(turn, command, answer)
        except (ReceiptExists, RequestConflict):
            assert command.request is not None, "only who has a name for his request can have asked before"
            return replayed(run.services.store, command.request)
        except Unavailable as error:
            if endings:
                self.pending = Pending(command, None, {}, _word(command), endings)
                run.again(Wake())
            return Refusal(error.code, f"{error}. What you asked is not acknowledged; ask again, it does no harm.")


def _answer(asked: Any, value: object) -> None:
    if asked is not None and not isinstance(value, Forwarded):
        asked.answer(value)


def _word(command: ForRun) -> str:
    return type(command.operation).__name__.lower()


def _gates(command: ForRun) -> tuple[str, ...]:
    """Whether what open gates show must be looked at for this operation."""
    return ("*",) if isinstance(command.operation, Decide | Resume) else ()


def interrupted_by(outcome: Outcome, reason: str) -> Outcome:
    """The outcome with the reason of an interruption put in words of the run, unless the attempt knows better: a budget was used up."""
    own = not isinstance(outcome.verdict, Interruption) or outcome.verdict.reason.startswith("budget_")
    return outcome if own else evolve(outcome, verdict=Interruption(reason))


def without_outcome(message: AttemptDown) -> Outcome:
    """What became of an attempt whose actor said nothing: one that was stopped in order before its first step was merely interrupted."""
    exit_ = message.down.exit
    if isinstance(exit_, Shutdown):
        return Outcome(message.node_id, message.token, Interruption("stopped"))
    text = f"The attempt's actor ended without an outcome ({exit_}): a defect of Penstock, not of the node."
    return Outcome(message.node_id, message.token, Failure("executor_crashed", text, unknown=True))

"""The dispatcher of dead letters: takes operators' words on them, and has the runs begun again of those that are to be retried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.dead_letter.events import DeadLetterDispatched
from actors.dead_letter.letter import KIND, PENDING, Letter, write
from actors.dead_letter.messages import ForLetter, LetterRetry, Look, RetryLetters
from actors.dead_letter.reading import LetterUnreadable, pending_lines, read_letter
from actors.dead_letter.rules import decide_letter, next_step, seen_of
from actors.dead_letter.view import no_such_letter, unreadable
from actors.refusals import Refusal, RequestKey
from actors.run.audits import audit_entry
from actors.run.known import conflict, no_such_run, replayed
from actors.run.logbook import CorruptLog, fold_log
from actors.run.messages import ForRun
from actors.run.recovering import why_needed
from actors.services import REGISTRAR
from storage import Receipt, ReceiptExists, RequestConflict, StreamDamaged, Transaction, Unavailable, VersionConflict
from storage.codec import canonical
from supervision import Actor, ActorDead, AskTimeout, Forwarded, Mailbox, MailboxFull

if TYPE_CHECKING:
    from actors.entity import Fact
    from actors.run.state import RunState
    from actors.services import Services
    from supervision import Timer
    from supervision.mailbox import Asked

__all__ = ["Dispatcher"]

UNDER_WAY = ("queued", "running", "pausing")
FAILED = ("failed", "blocked")
AGAIN_S, RARELY_S = 2.0, 30.0
TRIES = 5
ASK_S = 60.0


class Dispatcher(Actor[ForLetter | Look]):
    """What it knows of runs is read anew at each look; a word is durable before anything follows from it, so a crash loses nothing.

    Who asks for a retry is answered when it was looked at once: by then its run has usually begun again.
    """

    mailbox = Mailbox(capacity=1024)
    accepts = (Look,)

    def __init__(self, services: Services) -> None:
        self._services = services
        self._timer: Timer | None = None
        self._looking = self._again = False
        self._waiting: list[tuple[Asked | None, object]] = []
        self._seen: dict[str, tuple[int, int]] = {}
        self._dispatched = self._settled = 0

    async def started(self) -> None:
        self._look()

    def status(self) -> str:
        """Counts since this incarnation began, for the tree."""
        waiting = self._services.store.catalog.count(KIND, PENDING)
        return f"{waiting} to be retried, {self._dispatched} dispatched, {self._settled} settled"

    async def receive(self, message: ForLetter | Look) -> object:
        """An operator's word, or time."""
        match message:
            case ForLetter():
                answer = await self._take(message)
                if message.verb != "retry" or isinstance(answer, Refusal):
                    return answer
                self._waiting.append((self.defer(), answer))
                self._look()
                return Forwarded()
            case Look():
                self._look()
        return None

    # An operator's word

    async def _take(self, command: ForLetter) -> object:
        for _ in range(TRIES):
            try:
                letter = read_letter(self._services.store, command.letter_id)
            except LetterUnreadable as error:
                return unreadable(command.letter_id, error)
            known = replayed(self._services.store, command.request)
            if known is not None:
                return known
            if letter is None:
                return no_such_letter(command.letter_id)
            event = self._fact(letter, command)
            if isinstance(event, Refusal):
                return event
            try:
                return await self._record(letter, event, command)
            except VersionConflict:
                continue  # it was dispatched or settled at the same moment: look again
            except ReceiptExists:
                return replayed(self._services.store, command.request)
            except RequestConflict:
                return conflict(command.request)
            except Unavailable as error:
                return Refusal(error.code, f"{error}. What you asked is not acknowledged; ask again, it does no harm.")
        return Refusal("overloaded", f"The letter {command.letter_id} changes all the time. Ask again with the same request id.")

    def _fact(self, letter: Letter, command: ForLetter) -> Fact | Refusal:
        """The fact, where letter and runs allow it."""
        event = decide_letter(letter, command)
        if isinstance(event, Refusal):
            return event
        if command.verb == "compensate":
            line = self._services.store.catalog.get(command.run_id or "")
            if line is None or line.kind != "run":
                return no_such_run(command.run_id or "")
        if command.verb == "retry":
            state = self._fold(letter.run_id)
            if isinstance(state, Refusal):
                return state
            return why_needed(state, letter.node_id, command.note) or event
        return event

    async def _record(self, letter: Letter, event: Fact, command: ForLetter) -> object:
        services, request = self._services, command.request
        now = services.clock.now_ms()
        append, after = write(letter.letter_id, letter, event, now)
        reply = {"letter_id": letter.letter_id, "run_id": letter.run_id, "status": after.status}
        entry = audit_entry(str(command.by), f"dead_letter.{command.verb}", letter.letter_id, {"note": command.note, **reply}, "ok")
        receipt = Receipt(request.request_id, request.digest.encode(), canonical(reply))
        await services.store.commit(Transaction(now, (append,), receipt, (entry,)))
        return reply

    # Dispatching

    def _look(self) -> None:
        """One look at a time; whoever asks meanwhile causes another one after it."""
        self._again = self._looking
        if not self._looking:
            self._looking = True
            self.spawn(self._sweep)

    async def _sweep(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            await self._all()
        except Unavailable:
            pass  # the disk takes nothing now: looked at again soon
        finally:
            self._looking = False
        for asked, answer in waiting:
            if asked is not None:
                asked.answer(answer)
        if self._again:
            self._look()
        else:
            self._arm()

    async def _all(self) -> None:
        """Every letter for which a retry was asked; those of one run in one transaction."""
        pending = [letter for line in pending_lines(self._services.store) if (letter := self._read(line.stream))]
        self._seen = {letter.letter_id: self._seen[letter.letter_id] for letter in pending if letter.letter_id in self._seen}
        by_run: dict[str, list[Letter]] = {}
        for letter in pending:
            by_run.setdefault(letter.run_id, []).append(letter)
        for run_id, letters in by_run.items():
            await self._of_run(run_id, letters)

    def _read(self, letter_id: str) -> Letter | None:
        """A letter that cannot be read is left alone; whoever asks for it hears why."""
        try:
            return read_letter(self._services.store, letter_id)
        except LetterUnreadable:
            return None

    async def _of_run(self, run_id: str, letters: list[Letter]) -> None:
        services = self._services
        line = services.store.catalog.get(run_id)
        if line is None or line.kind != "run" or line.status in UNDER_WAY:
            return
        head = services.store.journal.head(run_id)
        fresh = [one for one in letters if line.status in FAILED or self._seen.get(one.letter_id) != (one.seq, head)]
        state = self._fold(run_id) if fresh else None
        if state is None or isinstance(state, Refusal):
            return
        now, retries = services.clock.now_ms(), []
        for letter in fresh:
            self._seen[letter.letter_id] = (letter.seq, head)
            step = next_step(letter, seen_of(state, letter), now)
            if isinstance(step, DeadLetterDispatched):
                retries.append(LetterRetry(letter.letter_id, letter.node_id, write(letter.letter_id, letter, step, now)[0]))
            elif step is not None:
                await self._settle(letter, step, now)
        if retries:
            await self._dispatch(run_id, letters, tuple(retries))

    async def _settle(self, letter: Letter, step: Fact, now: int) -> None:
        try:
            await self._services.store.commit(Transaction(now, (write(letter.letter_id, letter, step, now)[0],)))
        except VersionConflict:
            return  # an operator was faster
        self._settled += 1

    async def _dispatch(self, run_id: str, letters: list[Letter], retries: tuple[LetterRetry, ...]) -> None:
        """Have the run begin again; that its letters were dispatched is in the same transaction. What fails is looked at again."""
        first = next(letter for letter in letters if letter.letter_id == retries[0].letter_id)
        request = RequestKey(f"{first.letter_id}:{first.seq + 1}", "dispatch")
        try:
            answer = await self.system.ref(REGISTRAR).ask(ForRun(run_id, RetryLetters(retries), request), timeout=ASK_S)
        except (ActorDead, AskTimeout, MailboxFull):
            return
        self._dispatched += 0 if isinstance(answer, Refusal) else len(retries)

    def _fold(self, run_id: str) -> RunState | Refusal:
        try:
            return fold_log(self._services, run_id)
        except LookupError:
            return no_such_run(run_id)
        except (CorruptLog, StreamDamaged) as error:
            return Refusal("run_log_unreadable", f"{error}. Nothing can be retried in this run.", {"run_id": run_id})

    def _arm(self) -> None:
        """At the time of the first one; soon where one is due and its run is not ready for it, for the run may end at any time."""
        if self._timer is not None:
            self._timer.cancel()
        line = self._services.store.catalog.next_due(KIND, PENDING)
        left_s = RARELY_S if line is None or line.due_ms is None else (line.due_ms - self._services.clock.now_ms()) / 1000
        self._timer = self.after(min(RARELY_S, left_s) if left_s > 0 else AGAIN_S, Look())

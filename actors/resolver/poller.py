"""The poller: asks resolvers about open gates when they are due, and tells the runs what they say.

When a gate is due, and how it stands, is the last fact of its own log; nothing of it is kept here. A death between a question and its
commit asks again, which is harmless: a question changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

import trio
from attrs import evolve, frozen

from actors.gate.pacing import Pace, interval_after, next_poll_ms
from actors.outside.trouble import Trouble
from actors.refusals import Refusal
from actors.resolver.answers import Said, verdict
from actors.resolver.messages import LookAtPolls, ResolverAnswer
from actors.resolver.reading import forget, read_poll, still_asked
from actors.resolver.registry import Context
from actors.resolver.row import KIND, LONG_LOG, OPEN, closed, polled
from actors.run.messages import ForRun
from actors.services import REGISTRAR
from storage import Transaction, Unavailable, VersionConflict
from storage.codec import canonical
from supervision import Actor, ActorDead, AskTimeout, Mailbox, MailboxFull

if TYPE_CHECKING:
    from actors.resolver.events import Progress
    from actors.resolver.messages import What
    from actors.resolver.registry import Registry
    from actors.resolver.row import Poll
    from actors.services import Services
    from storage import Append
    from supervision import Timer

__all__ = ["Asking", "Poller"]

AT_ONCE = 8
RARELY_S = 30.0
ASK_S = 60.0
SLACK_S = 5.0
LARGEST_MEMO = 65_536
EVERY = 10
"""Of a series of failures the first one and every tenth are noted in the run's log."""


@frozen
class Asking:
    """Who is asked, how often, and for how long one question may take."""

    registry: Registry
    pace: Pace
    timeout_s: float


class Poller(Actor[LookAtPolls]):
    """A gate that is being asked about is left alone meanwhile, as is one whose log is broken."""

    mailbox = Mailbox(capacity=1024)
    accepts = (LookAtPolls,)

    def __init__(self, services: Services, asking: Asking) -> None:
        self._services = services
        self._asking = asking
        self._under_way: set[str] = set()
        self._damaged: set[str] = set()
        self._timer: Timer | None = None
        self._asked = self._decided = self._failed = 0

    async def started(self) -> None:
        self._look()

    def status(self) -> str:
        """Counts since this incarnation began, for the tree."""
        waiting = self._services.store.catalog.count(KIND, OPEN)
        return f"{waiting} gates to ask about, asked {self._asked} times, {self._failed} without an answer, {self._decided} decided"

    async def receive(self, message: LookAtPolls) -> None:
        """Time, or a new gate."""
        self._look()

    def _look(self) -> None:
        """Begin with all that is due, as far as there is room; what is overdue after a restart is asked at once."""
        left_alone = self._under_way | self._damaged
        room = AT_ONCE - len(self._under_way)
        catalog = self._services.store.catalog
        lines = catalog.due(self._services.clock.now_ms(), KIND, OPEN, limit=room + len(left_alone)) if room > 0 else []
        for line in [line for line in lines if line.stream not in left_alone][:room]:
            self._under_way.add(line.stream)
            self.spawn(self._one, line.stream)
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        line = self._services.store.catalog.next_due(KIND, OPEN)
        left_s = RARELY_S if line is None or line.due_ms is None else (line.due_ms - self._services.clock.now_ms()) / 1000
        self._timer = self.after(min(RARELY_S, left_s) if left_s > 0 else RARELY_S, LookAtPolls())

    async def _one(self, stream: str) -> None:
        store = self._services.store
        try:
            await store.wait_writable()
            poll = read_poll(store, stream)
            if poll is None or not poll.open or not still_asked(store, poll):
                await forget(store, stream)
            else:
                await self._poll(poll)
        except (Unavailable, VersionConflict):
            pass  # nothing was decided: it is still due
        except Exception:  # noqa: BLE001  one broken log must not keep all others from being asked
            self._damaged.add(stream)
        finally:
            self._under_way.discard(stream)
        await self.ref.tell(LookAtPolls())

    async def _poll(self, poll: Poll) -> None:
        resolver = self._asking.registry.get(poll.about.gate_type)
        if resolver is None:
            if not await self._end(poll, "missing", None):
                await self._without(poll, Trouble("resolver_missing", "nobody answers gates of this type any more"))
            return
        about, progress = poll.about, poll.progress
        context = Context(about.run_id, about.workflow_id, self._services.clock.now_ms(), progress.memo)
        self._asked += 1
        try:
            said = await self._answer(resolver.poll(about.run_id, about.params, context))
        except Trouble as trouble:
            await self._without(poll, trouble)
            return
        word = verdict(said, about.params)
        if word == "pending" or not await self._end(poll, word, said.text):
            await self._again(poll, self._after(poll, said))

    async def _end(self, poll: Poll, what: What, text: str | None) -> bool:
        """Have the gate decided, and forget the asking. False: the run cannot take it now."""
        if not await self._tell(poll, what, closed(poll, what, self._services.clock.now_ms()), text=text):
            return False
        self._decided += 1
        await forget(self._services.store, poll.stream)
        return True

    async def _answer(self, question: Awaitable[Said]) -> Said:
        """The answer, within its time. Whatever else a resolver raises is a failure of its own, and ours alone to find."""
        with trio.move_on_after(self._asking.timeout_s + SLACK_S):
            try:
                return await question
            except Trouble:
                raise
            except Exception as error:
                raise Trouble("resolver_internal", f"an error of Penstock's own: {type(error).__name__}") from error
        raise Trouble("resolver_timeout", f"it had not answered after {self._asking.timeout_s:g} s")

    async def _without(self, poll: Poll, trouble: Trouble) -> None:
        """No answer: the gate stays open, and is asked about again."""
        self._failed += 1
        before = poll.progress
        progress = self._next(poll, before.answer, trouble.not_before_ms, same=True)
        progress = evolve(progress, failures=before.failures + 1, code=trouble.code, memo=before.memo)
        if progress.failures == 1 or progress.failures % EVERY == 0:
            append = polled(poll, progress, self._services.clock.now_ms())
            if await self._tell(poll, "failed", append, text=trouble.message, code=trouble.code, count=progress.failures):
                return
        await self._again(poll, progress)

    def _after(self, poll: Poll, said: Said) -> Progress:
        memo = said.memo if len(canonical(said.memo)) <= LARGEST_MEMO else {}
        progress = self._next(poll, said.digest, said.not_before_ms, same=poll.progress.answer == said.digest)
        return evolve(progress, memo=memo)

    def _next(self, poll: Poll, answer: str | None, not_before_ms: int | None, *, same: bool) -> Progress:
        before, now = poll.progress, self._services.clock.now_ms()
        interval = interval_after(self._asking.pace, before.interval_ms, same=same)
        seed = f"{poll.stream}/{before.count + 1}"
        due = next_poll_ms(self._asking.pace, interval, seed, now, not_before_ms)
        return evolve(before, due_ms=due, count=before.count + 1, interval_ms=interval, answer=answer, failures=0, code=None)

    async def _again(self, poll: Poll, progress: Progress) -> None:
        """Note how far it has come. Of a long log the beginning is forgotten."""
        store = self._services.store
        append = polled(poll, progress, self._services.clock.now_ms())
        await store.commit(Transaction(self._services.clock.now_ms(), (append,)))
        if poll.seq % LONG_LOG == 0:
            await store.purge(poll.stream, upto=poll.seq)

    async def _tell(self, poll: Poll, what: What, append: Append, *, text: str | None = None, code: str = "", count: int = 0) -> bool:
        """Have the run take it, in one commit with `append`. False: it could not now, and is to be asked about again.

        A run that does not ask any more drops it, and the log goes with the next look.
        """
        about = poll.about
        answer = ResolverAnswer(about.node_id, about.instance, about.gate_type, what, append, text, code, count)
        try:
            found = await self.system.ref(REGISTRAR).ask(ForRun(about.run_id, answer, None), timeout=ASK_S)
        except (ActorDead, AskTimeout, MailboxFull):
            return False
        return not isinstance(found, Refusal)

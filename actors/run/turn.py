"""One decision in the making: facts are applied as they are found, so that a later rule of the same decision sees the earlier ones.

Nobody hears of them before they are committed; a decision that cannot be committed is thrown away with its state. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from attrs import Factory, define

from actors.entity import Fact
from actors.node.events import NodeFailed, NodeRetryBackoffScheduled
from actors.notification.rules import appends_for
from actors.resolver.row import opened
from actors.run.evolve import evolve
from actors.run.state import RunState
from actors.scheduler.messages import Ticket
from actors.settings import RunRules
from actors.wait.messages import DueWait, Judged
from storage.records import Append

__all__ = ["UNKNOWN", "Turn"]

UNKNOWN = object()
"""What `ask` gives while nobody has looked."""


@define(eq=False)
class Turn:
    """`evidence` is what artifact files of gates hash to right now (None: gone), `nonce` gives 128 random bits as text.

    `also` are appends to other logs that stand or fall with this decision, `once` those of them that begin a log, and are left out where
    it has begun before; `tickets` are those of runs that it makes. `questions` are things about the world that a rule must know: whoever
    makes the decision finds the `answers` and makes it again. `due` are waits whose time has come, as their scheduler says, `judged` what
    became of them.
    """

    state: RunState
    now: int
    nonce: Callable[[], str]
    rules: RunRules
    evidence: Mapping[str, str | None] = Factory(dict)
    events: list[Fact] = Factory(list)
    held: list[NodeRetryBackoffScheduled] = Factory(list)
    also: list[Append] = Factory(list)
    tickets: list[Ticket] = Factory(list)
    once: list[Append] = Factory(list)
    questions: dict[Hashable, None] = Factory(dict)
    answers: dict[Hashable, Any] = Factory(dict)
    due: tuple[DueWait, ...] = ()
    judged: dict[DueWait, Judged] = Factory(dict)

    def emit(self, event: Fact) -> None:
        """Decide that `event` has happened. Whom to tell of it, and whom to ask about it, is decided with it."""
        if self.held and not isinstance(event, NodeFailed):
            self._say_held(event)
        begun = opened(self.rules, self.state, event, self.now)
        if self.rules.notify_ways:
            begun += appends_for(self.rules, self.state, event, self.now)
        if begun:
            known = {append.stream for append in self.once}
            self.once += [one for one in begun if one.stream not in known]
        evolve(self.state, event, self.now)
        self.events.append(event)

    def back_off(self, event: NodeRetryBackoffScheduled) -> None:
        """Decide that a node waits. It is said with the next fact, or by it where that is the same back-off releasing the run."""
        self.held.append(event)
        self.state.backoffs[event.node_id] = event.retry_after_ms
        self.state.frontier.take(event.node_id)

    def close(self) -> list[Fact]:
        """All that was decided, in order."""
        self._say_held(None)
        return self.events

    def _say_held(self, before: Fact | None) -> None:
        released = before.node_id if isinstance(before, NodeRetryBackoffScheduled) and before.releases_run else None
        held, self.held = self.held, []
        for event in held:
            if event.node_id != released:
                self.emit(event)

    def ask(self, question: Hashable) -> Any:
        """What the world says to that, or UNKNOWN: the question is put then, and the rule leaves its subject alone for this time."""
        if question not in self.answers:
            self.questions[question] = None
        return self.answers.get(question, UNKNOWN)

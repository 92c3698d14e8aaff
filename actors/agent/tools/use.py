"""Using the tools that a model has asked for: what changes something outside is intended first and has a receipt, each in the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import trio
from attrs import frozen

from actors.agent.repeats import ENOUGH, NOT_USED, Streak, streak_of
from actors.agent.thread_events import ToolAnswered, ToolIntended
from actors.agent.tools.uncertain import uncertain

if TYPE_CHECKING:
    from actors.agent.clearance import Clearance
    from actors.agent.provider.messages import ToolCall
    from actors.agent.record import Recorder
    from actors.agent.thread_log import ThreadLog
    from actors.agent.tools.hands import Hands
    from actors.agent.tools.source import Said
    from actors.entity import Fact
    from actors.node.messages import ToolQuestion
    from supervision import Clock

__all__ = ["ToolUse"]


@frozen(eq=False)
class ToolUse:
    """The uses of one attempt. `heard` is called after each."""

    hands: Hands
    clearance: Clearance
    log: ThreadLog
    recorder: Recorder
    clock: Clock
    attempt: int
    heard: Callable[[], object]

    async def answer_all(self) -> ToolQuestion | int:
        """Use what was asked for, in order. When this returns the answers are durable, and only then does the model hear them.

        An intent is durable before its tool begins, a receipt before anything else begins; what only looks costs no commit of its own.
        Answers how often the last call was made in a row with the same answer: from ENOUGH on, the rest of them is not used. Or the
        question that has to be answered before the rest can be used.
        """
        pending: list[Fact] = []
        owed, streak = False, streak_of(self.log.thread.turns)
        for call in tuple(self.log.thread.unanswered):
            if streak.length >= ENOUGH and pending:
                pending.append(ToolAnswered(call.call_id, call.name, NOT_USED, is_error=True, state="denied", attempt=self.attempt))
                continue
            cleared = self.clearance.clear(call)
            if cleared.question is not None:
                await self.log.append((*pending, *cleared.facts))
                return cleared.question
            intent = (*cleared.facts, *self._intent(call)) if cleared.said is None else ()
            if intent or owed:
                await self.log.append((*pending, *intent))
                pending = []
            pending.append(await self._used(call, cleared.said, streak))
            owed = bool(intent)
        await self.log.append(pending)
        return streak.length

    async def give_up(self, why: str) -> None:
        """The attempt has ended a tool at work: write down that nobody knows what it did."""
        intent = self.log.thread.under_way
        if intent is not None:
            await self.log.append((uncertain(intent, why),))

    def _intent(self, call: ToolCall) -> tuple[ToolIntended, ...]:
        effect = self.hands.effect(call)
        return () if effect == "none" else (ToolIntended(call.call_id, call.name, self.attempt, repeatable=effect == "repeatable"),)

    async def _used(self, call: ToolCall, refused: Said | None, streak: Streak) -> ToolAnswered:
        began_ms, began = self.clock.now_ms(), trio.current_time()
        said = refused or await self.hands.use(call)
        took = int((trio.current_time() - began) * 1000)
        heard = streak.take(call, said.text, is_error=said.is_error)
        answered = ToolAnswered(
            call.call_id, call.name, heard, said.is_error, state=said.state, attempt=self.attempt, began_ms=began_ms, latency_ms=took
        )
        self.recorder.audit(call, answered)
        self.heard()
        return answered

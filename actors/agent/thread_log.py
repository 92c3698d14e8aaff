"""Reading and writing the log of one conversation. Whoever appends behind a stale position is a ghost, and finds out by that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import orjson
import trio
from attrs import evolve

from actors.agent.thread import Thread
from actors.agent.thread_events import (
    AgentSessionHeard,
    Asked,
    CallEnded,
    ModelCallAnswered,
    ModelCallFailed,
    ModelCallIntended,
    PromptAdded,
    SteeringAdded,
    ThreadBegun,
    ToolAnswered,
    ToolApprovalUsed,
    ToolApprovalWanted,
    ToolIntended,
)
from actors.entity import Fact
from actors.secrets.redactor import Redactor
from storage import Unavailable
from storage.codec import Codec, canonical
from storage.records import Append, Headline, Transaction

if TYPE_CHECKING:
    from actors.telemetry.meter import Meter
    from storage.records import Recorded
    from storage.store import Store
    from supervision import Clock

__all__ = ["KIND", "ThreadLog", "facts_of", "thread_codec", "whole"]

KIND: Final = "thread"
"""Conversations in the catalog; the parent of each is its run."""
LARGEST: Final = 128 << 10
"""Texts of more bytes than this, as JSON, lie among the contents."""


@cache
def thread_codec() -> Codec[Fact]:
    """The codec of these logs."""
    return Codec((
        ThreadBegun, PromptAdded, SteeringAdded, ModelCallIntended, AgentSessionHeard, ModelCallAnswered, ModelCallFailed,
        ToolApprovalWanted, ToolApprovalUsed, ToolIntended, ToolAnswered,
    ))  # fmt: skip


def facts_of(store: Store, thread_id: str) -> Iterator[tuple[Recorded, Fact]]:
    """Every fact of the conversation as it was recorded, oldest first."""
    for recorded in store.journal.read(thread_id):
        yield recorded, thread_codec().decode(recorded)


def whole(store: Store, fact: Fact) -> Fact:
    """The fact with a text that lies among the contents put back. Raises StorageError where that is gone."""
    match fact:
        case PromptAdded(body=str() as body) | ToolAnswered(body=str() as body):
            return evolve(fact, text=store.blobs.get(body).decode())
        case ModelCallAnswered(body=str() as body):
            said = orjson.loads(store.blobs.get(body))
            return evolve(fact, text=said["text"], calls=tuple(Asked(*one) for one in said["calls"]))
    return fact


class ThreadLog:
    """The conversation of one node, and the way to go on with it."""

    def __init__(self, store: Store, clock: Clock, run_id: str, thread_id: str, meter: Meter, redactor: Redactor | None = None) -> None:
        self._store = store
        self._clock = clock
        self._redactor = redactor or Redactor()
        self._run_id = run_id
        self._id = thread_id
        self._created_ms = clock.now_ms()
        self._meter = meter
        self._intent: ModelCallIntended | None = None
        self.thread = Thread()
        for recorded, fact in facts_of(store, thread_id):
            if self.thread.seq == 0:
                self._created_ms = recorded.at_ms
            self._intended(fact)
            self.thread.apply(whole(store, fact))

    async def append(self, facts: Iterable[Fact]) -> None:
        """Make the facts durable, without secrets: the model hears what is written. A disk that takes nothing just now is waited for.

        Raises what else the store raises.
        """
        whole = [self._redactor.value(fact) for fact in facts]
        if not whole:
            return
        events = tuple([thread_codec().encode(await self._fitting(fact)) for fact in whole])
        after = self.thread.copy()
        for fact in whole:
            after.apply(fact)
        while True:
            now = self._clock.now_ms()
            append = Append(self._id, self.thread.seq, events, headline=self._headline(after, now))
            try:
                with trio.CancelScope(shield=True):  # what was said to be so here is so in the log, whoever runs out of time meanwhile
                    await self._store.commit(Transaction(now, (append,)))
            except Unavailable:
                await self._store.wait_writable()
            else:
                self.thread = after  # only now: cancelled means not recorded
                break
        for fact in whole:
            self._count(fact)

    def _intended(self, fact: Fact) -> None:
        if isinstance(fact, ModelCallIntended):
            self._intent = fact

    def _count(self, fact: Fact) -> None:
        """What is durable is counted, under the names of the call that it ends."""
        self._intended(fact)
        if isinstance(fact, ToolAnswered):
            self._meter.tool(fact)
        elif isinstance(fact, CallEnded) and self._intent is not None:
            self._meter.call(self._intent, fact, fact.code if isinstance(fact, ModelCallFailed) else "")

    def _headline(self, thread: Thread, now: int) -> Headline:
        used = thread.used
        facts: dict[str, Any] = {
            "calls": thread.calls, "prompt_tokens": used.prompt_tokens, "completion_tokens": used.completion_tokens,
            "cost_usd": used.cost_usd, "tool_calls": used.tool_calls, "unpriced": used.unpriced,
        }  # fmt: skip
        return Headline(self._id, KIND, "open", self._created_ms, now, parent=self._run_id, facts=facts)

    async def _fitting(self, fact: Fact) -> Fact:
        match fact:
            case PromptAdded(text=text) | ToolAnswered(text=text) if len(canonical(text)) > LARGEST:
                return evolve(fact, text="", body=await self._store.put_blob(text.encode()))
            case ModelCallAnswered(text=text, calls=calls):
                data = canonical({"text": text, "calls": [[one.call_id, one.name, dict(one.arguments)] for one in calls]})
                return fact if len(data) <= LARGEST else evolve(fact, text="", calls=(), body=await self._store.put_blob(data))
        return fact

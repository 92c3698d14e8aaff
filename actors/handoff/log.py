"""The logs of handoffs that were used up: one for each, which begins with the run that was made of it."""

from __future__ import annotations

from functools import cache

from actors.entity import Fact
from actors.handoff.events import HandoffArchived, HandoffConsumed
from actors.handoff.rules import handoff_stream
from storage.codec import Codec
from storage.records import Append, Headline

__all__ = ["KIND", "archived", "consumed", "handoff_codec"]

KIND = "handoff"


@cache
def handoff_codec() -> Codec[Fact]:
    """The codec of these logs."""
    return Codec((HandoffConsumed, HandoffArchived))


def consumed(fact: HandoffConsumed, now: int) -> Append:
    """The first fact: it stands only if nobody has used up the same handoff."""
    return _append(fact, 0, (fact,), "consumed", now)


def archived(fact: HandoffConsumed, file: str | None, now: int) -> Append:
    """The last one: its file is out of the way."""
    return _append(fact, 1, (HandoffArchived(file),), "archived", now)


def _append(fact: HandoffConsumed, expected: int, facts: tuple[Fact, ...], status: str, now: int) -> Append:
    stream = handoff_stream(fact.workspace, fact.handoff_id)
    told = {"handoff_id": fact.handoff_id, "run_id": fact.run_id}
    line = Headline(stream, KIND, status, now, now, group=fact.workflow_id, title=fact.artifact_type, facts=told)
    return Append(stream, expected, tuple(handoff_codec().encode(one) for one in facts), headline=line)

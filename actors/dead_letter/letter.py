"""A dead letter: what its log folds to, its line in the catalog, its name. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Literal

from attrs import asdict, evolve, frozen

from actors.dead_letter import events as ev
from actors.dead_letter.events import letter_codec
from actors.entity import Fact
from storage.records import Append, Headline

__all__ = ["KIND", "PENDING", "SETTLED", "Letter", "LetterStatus", "due_of", "fold_letter", "name_of", "write"]

KIND = "dead_letter"
LetterStatus = Literal["open", "retry_requested", "retrying", "ignored", "linked_to_compensation", "resolved"]
PENDING = ("retry_requested", "retrying")
"""What the dispatcher looks at."""
SETTLED = ("ignored", "resolved")
FIRST_MS, LONGEST_MS = 1_000, 300_000
_SOURCES = {"stateful_wait": "wait", "tool_effect": "node", "notification": "notice"}


@frozen
class Letter:
    """`count`: how often its run was queued again for it. `settled`: why it is over. `seq`: the end of its log. Times: epoch ms."""

    letter_id: str
    run_id: str
    workflow_id: str
    source_type: str
    node_id: str
    instance: int
    code: str
    options: tuple[str, ...]
    failure_class: str
    message: str
    attempts: int
    wait_id: str | None
    opened_at_ms: int
    updated_at_ms: int
    status: LetterStatus = "open"
    count: int = 0
    last_dispatched_at_ms: int | None = None
    requested_by: str | None = None
    compensation_run_id: str | None = None
    settled: str | None = None
    settled_by: str | None = None
    note: str | None = None
    seq: int = 1


def name_of(source_type: str, run_id: str, what: str) -> str:
    """The name of a letter, the same whenever it is asked for: `what` is the wait's id, the node's with its instance, or the name
    of a notification's log.
    """
    digest = sha256("".join(f"{part}\0" for part in (source_type, run_id, what)).encode()).hexdigest()
    return f"dead-letter-{_SOURCES[source_type]}-{digest[:16]}"


def fold_letter(letter_id: str, facts: Iterable[tuple[Fact, int]]) -> Letter | None:
    """The letter that these facts, with their times, make; None of no facts."""
    letter: Letter | None = None
    for event, at in facts:
        letter = _apply(letter_id, letter, event, at)
    return letter


def _apply(letter_id: str, letter: Letter | None, event: Fact, at: int) -> Letter:
    if isinstance(event, ev.DeadLetterOpened):
        return Letter(letter_id, opened_at_ms=at, updated_at_ms=at, **asdict(event))
    assert letter is not None, "a letter begins with its opening"
    after = evolve(letter, updated_at_ms=at, seq=letter.seq + 1, note=getattr(event, "note", None) or letter.note)
    match event:
        case ev.DeadLetterRetryRequested(by=by):
            return evolve(after, status="retry_requested", requested_by=by)
        case ev.DeadLetterDispatched(count=count):
            return evolve(after, status="retrying", count=count, last_dispatched_at_ms=at)
        case ev.DeadLetterIgnored(reason=reason, by=by):
            return evolve(after, status="ignored", settled=reason, settled_by=by)
        case ev.DeadLetterLinkedToCompensation(run_id=run_id):
            return evolve(after, status="linked_to_compensation", compensation_run_id=run_id)
        case ev.DeadLetterResolved(reason=reason, by=by):
            return evolve(after, status="resolved", settled=reason, settled_by=by)
        case _:
            raise AssertionError(f"{event.kind} is no fact of a letter")


def due_of(letter: Letter) -> int | None:
    """When it may be dispatched, epoch milliseconds: each time twice as late as the time before, from one second to five minutes."""
    if letter.status not in PENDING:
        return None
    if letter.last_dispatched_at_ms is None:
        return letter.updated_at_ms
    return letter.last_dispatched_at_ms + min(FIRST_MS << letter.count, LONGEST_MS)


def write(letter_id: str, letter: Letter | None, event: Fact, at: int) -> tuple[Append, Letter]:
    """The append that records the fact behind the letter as it is (None: it begins with it), and the letter after it."""
    after = _apply(letter_id, letter, event, at)
    facts = {"source_type": after.source_type, "node_id": after.node_id, "code": after.code}
    line = Headline(
        letter_id, KIND, after.status, after.opened_at_ms, after.updated_at_ms, group=after.workflow_id, parent=after.run_id,
        due_ms=due_of(after), title=after.node_id, facts=facts | ({"count": after.count} if after.count else {}),
    )  # fmt: skip
    return Append(letter_id, letter.seq if letter is not None else 0, (letter_codec().encode(event),), headline=line), after

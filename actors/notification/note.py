"""One notification: what its log folds to, its line in the catalog, its name, and the body that is sent. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from attrs import evolve, frozen

from actors.entity import Fact
from actors.notification import events as ev
from actors.notification.events import notification_codec
from storage.records import Append, Headline

__all__ = ["KIND", "OVER", "WAITING", "Note", "body_of", "fold_note", "queued", "stream_of", "written"]

KIND = "notification"
WAITING = ("queued",)
OVER = ("sent", "given_up")


@frozen
class Note:
    """`count`: tries that have failed. `due_ms`: when the next one is made. `seq`: the end of its log. Times: epoch milliseconds."""

    stream: str
    notification_id: str
    event: str
    way: str
    run_id: str
    workflow_id: str
    about: Mapping[str, Any]
    queued_ms: int
    updated_ms: int
    due_ms: int | None
    status: str = "queued"
    count: int = 0
    code: str | None = None
    seq: int = 1


def stream_of(notification_id: str, way: str) -> str:
    """The name of its log: the same whenever it is asked for, so that what is told twice is told once."""
    return f"notification-{way}-{sha256(notification_id.encode()).hexdigest()[:24]}"


def fold_note(stream: str, facts: Iterable[tuple[Fact, int]]) -> Note | None:
    """The notification that these facts, with their times, make; None of no facts."""
    note: Note | None = None
    for event, at in facts:
        note = _apply(stream, note, event, at)
    return note


def _apply(stream: str, note: Note | None, event: Fact, at: int) -> Note:
    if isinstance(event, ev.NotificationQueued):
        return Note(
            stream, event.notification_id, event.event, event.way, event.run_id, event.workflow_id, event.about, at, at, due_ms=at
        )  # fmt: skip
    assert note is not None, "a notification begins with the wish to send it"
    after = evolve(note, updated_ms=at, seq=note.seq + 1)
    match event:
        case ev.NotificationFailed(count=count, code=code, next_ms=due):
            return evolve(after, count=count, code=code, due_ms=due)
        case ev.NotificationSent():
            return evolve(after, status="sent", code=None, due_ms=None)
        case ev.NotificationGivenUp(count=count, code=code):
            return evolve(after, status="given_up", count=count, code=code, due_ms=None)
        case _:
            raise AssertionError(f"{event.kind} is no fact of a notification")


def queued(event: ev.NotificationQueued, at_ms: int) -> Append:
    """The append with which its log begins."""
    stream = stream_of(event.notification_id, event.way)
    return _append(_apply(stream, None, event, at_ms), 0, event)


def written(note: Note, event: Fact, at_ms: int) -> Append:
    """The append that records the fact behind the notification as it is."""
    return _append(_apply(note.stream, note, event, at_ms), note.seq, event)


def _append(after: Note, expected: int, event: Fact) -> Append:
    facts: dict[str, Any] = {"way": after.way, "run_id": after.run_id}
    if after.count:
        facts |= {"count": after.count} | ({"code": after.code} if after.code is not None else {})
    line = Headline(
        after.stream, KIND, after.status, after.queued_ms, after.updated_ms, group=after.workflow_id, parent=after.run_id,
        due_ms=after.due_ms, title=after.event, facts=facts,
    )  # fmt: skip
    return Append(after.stream, expected, (notification_codec().encode(event),), headline=line)


def body_of(note: Note) -> dict[str, Any]:
    """What is sent: `id` first, times as ISO 8601 in UTC. The same at every try."""
    said = {"id": note.notification_id, "event": note.event, "run_id": note.run_id, "workflow": note.workflow_id, **note.about}
    times = {name: _iso(value) for name, value in said.items() if name == "expires_at" and value is not None}
    return said | times | {"at": _iso(note.queued_ms)}


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

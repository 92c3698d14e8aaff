"""What goes into the memory and what comes out of it. Plain data: no SQL, no workflow words.

A *stream* is one append-only log (a run, a workflow, the system). All times are wall-clock milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

__all__ = [
    "Acquire", "Append", "AuditEntry", "Audited", "Claim", "ClaimChange", "Committed", "Headline", "NewEvent", "Receipt", "Recorded",
    "Release", "Row", "Transaction",
]  # fmt: skip


@frozen
class NewEvent:
    """A fact to be recorded. `data` is one JSON object, encoded by the codec; at most 256 KiB."""

    kind: str
    data: bytes


@frozen
class Recorded:
    """A fact as recorded; `(stream, seq)` is its identity for ever, `seq` counts from 1 without gaps."""

    seq: int
    at_ms: int
    kind: str
    data: bytes


@frozen
class Headline:
    """The line of a stream in the catalog: what lists, schedulers and reapers look at. A cache of the log, written with it.

    `group` ties streams together (a workflow's runs); `facts` is a small JSON object. `keys` are all the words under which the stream is
    found from now on; None leaves those it has, and is what a headline that was read says.
    """

    stream: str
    kind: str
    status: str
    created_ms: int
    updated_ms: int
    group: str | None = None
    parent: str | None = None
    due_ms: int | None = None
    priority: int = 0
    title: str | None = None
    facts: Mapping[str, Any] = Factory(dict)
    keys: tuple[str, ...] | None = None


@frozen
class Acquire:
    """Take the stream's claim. `epoch` must be the stored one plus one: of two who try, one gets it.

    `claimant` None takes it and gives it back in one: the epoch has passed, and nobody holds the stream.
    """

    claimant: str | None
    epoch: int
    lease_ms: int


@frozen
class Release:
    """Give the stream's claim back; its epoch stays, so that the next one is higher."""


ClaimChange = Acquire | Release


@frozen
class Append:
    """Events for one stream, which must end at `expected` (0: it must be new).

    `epoch` is that of the writer's claim, None for a stream that nobody holds. With `Acquire` it may be None or the new epoch.
    """

    stream: str
    expected: int
    events: tuple[NewEvent, ...] = ()
    epoch: int | None = None
    headline: Headline | None = None
    claim: ClaimChange | None = None


@frozen
class Receipt:
    """Proof that a request was applied, with the reply to send again. `digest` is that of the request's body."""

    request_id: str
    digest: bytes
    reply: bytes


@frozen
class AuditEntry:
    """Who did what to what, with which details (JSON) and which result."""

    actor: str
    action: str
    subject: str
    detail: bytes
    result: str


@frozen
class Audited:
    """An audit entry as recorded; `hash` covers the one before it."""

    seq: int
    at_ms: int
    entry: AuditEntry
    hash: bytes


@frozen
class Transaction:
    """One atomic unit: all of it is recorded, or nothing."""

    at_ms: int
    appends: tuple[Append, ...] = ()
    receipt: Receipt | None = None
    audit: tuple[AuditEntry, ...] = ()


@frozen
class Committed:
    """What was recorded: the new head seq of each stream that was appended to."""

    heads: Mapping[str, int]


@frozen
class Claim:
    """Who may advance a stream. `claimant` is None when it was released; `epoch` never goes back."""

    stream: str
    claimant: str | None
    epoch: int
    until_ms: int


@frozen
class Row:
    """One event or snapshot of a history: its number, id, time and body as they are stored."""

    seq: int
    id: str
    at_ms: int
    body: bytes

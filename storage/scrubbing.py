"""The last look at what goes into the memory: what must not stand there is taken out of its texts. What that is, others know."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from attrs import evolve

from storage.records import Append, AuditEntry, Headline, NewEvent, Receipt, Transaction

__all__ = ["Scrub", "scrubbed"]

Scrub = Callable[[bytes], bytes]
"""From one JSON value to one without what must not be seen: the same object where there is nothing."""


def scrubbed(transaction: Transaction, scrub: Scrub) -> Transaction:
    """The transaction as it is recorded: events, headlines, the reply of a receipt, details of audit entries."""
    appends = tuple([_append(append, scrub) for append in transaction.appends])
    receipt, audit = transaction.receipt, tuple([_entry(entry, scrub) for entry in transaction.audit])
    return evolve(transaction, appends=appends, receipt=None if receipt is None else _receipt(receipt, scrub), audit=audit)


def _append(append: Append, scrub: Scrub) -> Append:
    events = tuple([_event(event, scrub) for event in append.events])
    headline = None if append.headline is None else _headline(append.headline, scrub)
    return append if events == append.events and headline is append.headline else evolve(append, events=events, headline=headline)


def _event(event: NewEvent, scrub: Scrub) -> NewEvent:
    data = scrub(event.data)
    return event if data is event.data else NewEvent(event.kind, data)


def _headline(line: Headline, scrub: Scrub) -> Headline:
    said = orjson.dumps([line.title, line.facts])
    clean = scrub(said)
    if clean is said:
        return line
    title, facts = orjson.loads(clean)
    return evolve(line, title=title, facts=facts)


def _receipt(receipt: Receipt, scrub: Scrub) -> Receipt:
    return evolve(receipt, reply=scrub(receipt.reply))


def _entry(entry: AuditEntry, scrub: Scrub) -> AuditEntry:
    return evolve(entry, detail=scrub(entry.detail))

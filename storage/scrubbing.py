"""The last look at what goes into the memory: what must not stand there is taken out of its texts. What that is, others know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from attrs import evolve

from storage.records import Append, Headline, NewEvent, Transaction

__all__ = ["Scrub", "scrubbed"]

Scrub = Callable[[bytes], bytes]
"""From one JSON value to one without what must not be seen: the same object where there is nothing."""


def scrubbed(transaction: Transaction, scrub: Scrub) -> Transaction:
    """The transaction as it is recorded: events, headlines, the reply of a receipt, details of audit entries. Itself where all is well."""
    changed: dict[str, Any] = {}
    appends = [_append(append, scrub) for append in transaction.appends]
    if any(new is not old for new, old in zip(appends, transaction.appends, strict=True)):
        changed["appends"] = tuple(appends)
    receipt = transaction.receipt
    if receipt is not None and (reply := scrub(receipt.reply)) is not receipt.reply:
        changed["receipt"] = evolve(receipt, reply=reply)
    if transaction.audit:
        changed["audit"] = tuple([evolve(entry, detail=scrub(entry.detail)) for entry in transaction.audit])
    return evolve(transaction, **changed) if changed else transaction


def _append(append: Append, scrub: Scrub) -> Append:
    changed: dict[str, Any] = {}
    events = [_event(event, scrub) for event in append.events]
    if any(new is not old for new, old in zip(events, append.events, strict=True)):
        changed["events"] = tuple(events)
    if append.headline is not None and (headline := _headline(append.headline, scrub)) is not append.headline:
        changed["headline"] = headline
    return evolve(append, **changed) if changed else append


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

"""The last look at what goes into the memory: what must not stand there is taken out of its texts. What that is, others know."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any, Protocol, TypeVar

import orjson
from attrs import evolve

from storage.records import Append, AuditEntry, Headline, NewEvent, Transaction

__all__ = ["Scrub", "scrubbed"]

T = TypeVar("T")
Clean = Callable[[bytes], bytes]


class Scrub(Protocol):
    """Knows what must not be seen."""

    @property
    def active(self) -> bool:
        """Whether it knows of anything now."""
        ...

    def json(self, data: bytes) -> bytes:
        """One JSON value without that: the same object where there is nothing."""
        ...


def scrubbed(transaction: Transaction, scrub: Scrub) -> Transaction:
    """The transaction as it is recorded: events, headlines, the reply of a receipt, details of audit entries. Itself where all is well."""
    if not scrub.active:
        return transaction
    changed: dict[str, Any] = {}
    if (appends := _each(_append, transaction.appends, scrub.json)) is not transaction.appends:
        changed["appends"] = appends
    receipt = transaction.receipt
    if receipt is not None and (reply := scrub.json(receipt.reply)) is not receipt.reply:
        changed["receipt"] = evolve(receipt, reply=reply)
    if (audit := _each(_entry, transaction.audit, scrub.json)) is not transaction.audit:
        changed["audit"] = audit
    return evolve(transaction, **changed) if changed else transaction


def _each(one: Callable[[T, Clean], T], parts: tuple[T, ...], clean: Clean) -> tuple[T, ...]:
    """All parts clean; the same tuple where there was nothing in any of them, as nearly always."""
    found = [one(part, clean) for part in parts]
    return parts if all(map(is_, found, parts)) else tuple(found)


def _append(append: Append, clean: Clean) -> Append:
    changed: dict[str, Any] = {}
    if (events := _each(_event, append.events, clean)) is not append.events:
        changed["events"] = events
    if append.headline is not None and (headline := _headline(append.headline, clean)) is not append.headline:
        changed["headline"] = headline
    return evolve(append, **changed) if changed else append


def _entry(entry: AuditEntry, clean: Clean) -> AuditEntry:
    detail = clean(entry.detail)
    return entry if detail is entry.detail else evolve(entry, detail=detail)


def _event(event: NewEvent, clean: Clean) -> NewEvent:
    data = clean(event.data)
    return event if data is event.data else NewEvent(event.kind, data)


def _headline(line: Headline, clean: Clean) -> Headline:
    said = orjson.dumps([line.title, line.facts])
    cleaned = clean(said)
    if cleaned is said:
        return line
    title, facts = orjson.loads(cleaned)
    return evolve(line, title=title, facts=facts)

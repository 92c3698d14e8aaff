"""The rows of one database transaction while they are put together: every rule is checked before a row of its transaction exists.

Synchronous and inside BEGIN IMMEDIATE ... COMMIT, so what is checked stays true until it is written.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson

from storage.audit import entry_hash
from storage.errors import BadTransaction, ClaimLost, ReceiptExists, RequestConflict, VersionConflict
from storage.heads import Head, Heads
from storage.records import Acquire, Append, AuditEntry, Committed, Headline, Receipt, Release, Transaction
from storage.scrubbing import Scrub, scrubbed
from storage.sums import next_sum, row_sum

__all__ = ["Batch"]

_STREAMS = "INSERT INTO streams(id, name) VALUES (?, ?)"
_JOURNAL = "INSERT INTO journal(position, stream, seq, at_ms, kind, data, sum) VALUES (?, ?, ?, ?, ?, ?, ?)"
_CATALOG = """INSERT INTO catalog(stream, kind, status, grp, parent, due_ms, priority, created_ms, updated_ms, title, facts, sum)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(stream) DO UPDATE SET kind = excluded.kind, status = excluded.status,
    grp = excluded.grp, parent = excluded.parent, due_ms = excluded.due_ms, priority = excluded.priority, created_ms = excluded.created_ms,
    updated_ms = excluded.updated_ms, title = excluded.title, facts = excluded.facts, sum = excluded.sum"""
_FORGET_KEYS = "DELETE FROM keys WHERE stream = ?"
_KEYS = "INSERT INTO keys(key, stream, sum) VALUES (?, ?, ?)"
_CLAIMS = """INSERT INTO claims(stream, claimant, epoch, until_ms, sum) VALUES (?, ?, ?, ?, ?) ON CONFLICT(stream) DO UPDATE SET
    claimant = excluded.claimant, epoch = excluded.epoch, until_ms = excluded.until_ms, sum = excluded.sum"""
_RECEIPTS = "INSERT INTO receipts(id, request_id, digest, reply, at_ms, stream, sum) VALUES (?, ?, ?, ?, ?, ?, ?)"
_RECEIPT = "SELECT digest, reply FROM receipts WHERE request_id = ?"
_AUDIT = "INSERT INTO audit(seq, at_ms, actor, action, subject, detail, result, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_LONGEST_KIND = 63  # characters: at most 252 bytes, so that one byte holds the length in the sum


class Batch:
    """Stages transactions in order, each against what the earlier ones leave behind; `flush` then writes all rows at once."""

    def __init__(self, connection: sqlite3.Connection, heads: Heads, *, largest_event: int, scrub: Scrub | None = None) -> None:
        self.connection = connection
        self.heads = heads
        self._largest = largest_event
        self._scrub = scrub
        self._journal: list[tuple[int, int, int, int, str, bytes, bytes]] = []
        self._streams: list[tuple[int, str]] = []
        self._catalog: dict[int, tuple[Any, ...]] = {}
        self._keys: dict[int, tuple[str, ...]] = {}
        self._claims: dict[int, tuple[Any, ...]] = {}
        self._receipts: dict[str, tuple[Any, ...]] = {}
        self._audit: list[tuple[Any, ...]] = []
        self.touched = False  # a job wrote by itself

    @property
    def empty(self) -> bool:
        """Nothing to commit: all was refused."""
        return not (self._journal or self._catalog or self._claims or self._receipts or self._audit or self._streams or self.touched)

    @property
    def last(self) -> tuple[int, bytes] | None:
        """Position and sum of the last event staged: what proves, after a failed COMMIT, whether the batch is there."""
        return (self._journal[-1][0], self._journal[-1][-1]) if self._journal else None

    def stage(self, transaction: Transaction) -> Committed:
        """Check the whole transaction, then take its rows. A Refused leaves no trace; any other error spoils the batch."""
        if self._scrub is not None:
            transaction = scrubbed(transaction, self._scrub)
        receipt, appends, at_ms = transaction.receipt, transaction.appends, transaction.at_ms
        if receipt is None and len(appends) == 1 and not transaction.audit:  # nearly all of them: one step of one run
            append = appends[0]
            return Committed({append.stream: self._append(at_ms, append, self._check(append))})
        if receipt is not None:
            self._check_receipt(receipt)
        if len(appends) > 1 and len({append.stream for append in appends}) < len(appends):
            raise BadTransaction("two appends to one stream; put the events into one")
        found = [self._check(append) for append in appends]
        heads = {append.stream: self._append(at_ms, append, head) for append, head in zip(appends, found, strict=True)}
        if receipt is not None:
            self._receipt(at_ms, receipt, found[0].id if found else None)
        for entry in transaction.audit:
            self._entry(at_ms, entry)
        return Committed(heads)

    def _check(self, append: Append) -> Head:
        head = self.heads.get(self.connection, append.stream)
        if head.seq != append.expected:
            raise VersionConflict(append.stream, append.expected, head.seq)
        claim = append.claim
        if claim is None:
            fits = append.epoch == (None if head.claimant is None else head.epoch)
        elif isinstance(claim, Acquire):
            fits = claim.epoch == head.epoch + 1 and append.epoch in {None, claim.epoch}
        else:
            fits = head.claimant is not None and append.epoch == head.epoch
        if not fits:
            raise ClaimLost(append.stream, claim.epoch if isinstance(claim, Acquire) else append.epoch, head.epoch)
        largest = self._largest
        for event in append.events:
            if len(event.data) > largest:
                raise BadTransaction(f"event {event.kind!r} has {len(event.data)} bytes, {largest} are allowed; store it as a blob")
            if not 0 < len(event.kind) <= _LONGEST_KIND:
                raise BadTransaction(f"kind {event.kind[:80]!r} must have 1 to {_LONGEST_KIND} characters")
        if append.headline is not None and append.headline.stream != append.stream:
            raise BadTransaction(f"headline of {append.headline.stream} in an append to {append.stream}")
        return head

    def _append(self, at_ms: int, append: Append, head: Head) -> int:
        heads = self.heads
        if head.id == 0:
            heads.stream += 1
            head.id = heads.stream
            self._streams.append((head.id, append.stream))
        id_, seq, sum_, position, row = head.id, head.seq, head.sum, heads.position, self._journal.append
        for event in append.events:
            seq += 1
            position += 1
            kind, data = event.kind, event.data
            sum_ = next_sum(sum_, seq, at_ms, kind, data)
            row((position, id_, seq, at_ms, kind, data, sum_))
        if append.events:
            head.seq, head.sum, heads.position, heads.sum = seq, sum_, position, sum_
        if append.headline is not None:
            self._catalog[id_] = _headline(id_, append.headline)
            if append.headline.keys is not None:
                self._keys[id_] = append.headline.keys
        if append.claim is not None:
            self._claim(at_ms, append.claim, head)
        return seq

    def _claim(self, at_ms: int, change: Acquire | Release, head: Head) -> None:
        until_ms = at_ms
        if isinstance(change, Acquire):
            head.claimant, head.epoch, until_ms = change.claimant, change.epoch, at_ms + change.lease_ms
        else:
            head.claimant = None
        row = (head.id, head.claimant, head.epoch, until_ms)
        self._claims[head.id] = (*row, row_sum(row))

    def _check_receipt(self, receipt: Receipt) -> None:
        staged = self._receipts.get(receipt.request_id)
        known = staged[2:4] if staged else self.connection.execute(_RECEIPT, (receipt.request_id,)).fetchone()
        if known is None:
            return
        if known[0] != receipt.digest:
            raise RequestConflict(receipt.request_id)
        raise ReceiptExists(receipt.request_id, known[1])

    def _receipt(self, at_ms: int, receipt: Receipt, stream: int | None) -> None:
        self.heads.receipt += 1
        row = (self.heads.receipt, receipt.request_id, receipt.digest, receipt.reply, at_ms, stream)
        self._receipts[receipt.request_id] = (*row, row_sum(row))

    def _entry(self, at_ms: int, entry: AuditEntry) -> None:
        heads = self.heads
        heads.audit += 1
        row = (heads.audit, at_ms, entry.actor, entry.action, entry.subject, entry.detail, entry.result)
        heads.audit_hash = entry_hash(heads.audit_hash, row)
        self._audit.append((*row, heads.audit_hash))

    def flush(self) -> None:
        """Write all rows. Any error spoils the whole batch."""
        many = self.connection.executemany
        if self._streams:
            many(_STREAMS, self._streams)
        if self._journal:
            many(_JOURNAL, self._journal)
        if self._catalog:
            many(_CATALOG, self._catalog.values())
        if self._keys:
            many(_FORGET_KEYS, [(id_,) for id_ in self._keys])
            rows = [(key, id_) for id_, keys in self._keys.items() for key in dict.fromkeys(keys)]
            many(_KEYS, [(*row, row_sum(row)) for row in rows])
        if self._claims:
            many(_CLAIMS, self._claims.values())
        if self._receipts:
            many(_RECEIPTS, self._receipts.values())
        if self._audit:
            many(_AUDIT, self._audit)


def _headline(id_: int, line: Headline) -> tuple[Any, ...]:
    facts = orjson.dumps(line.facts, option=orjson.OPT_SORT_KEYS) if line.facts else b"{}"
    row: tuple[Any, ...] = (
        id_, line.kind, line.status, line.group, line.parent, line.due_ms, line.priority, line.created_ms, line.updated_ms,
        line.title, facts,
    )  # fmt: skip
    return (*row, row_sum(row))

"""What a memory is, without a disk: the reference that the real one is compared with. Pure; written from the rules, not the code."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from attrs import Factory, define

from storage.records import Acquire, Append, Release, Transaction

__all__ = ["Memory"]


@define
class Memory:
    """Streams, headlines, claims (claimant, epoch, until), receipts and audit entries as plain values."""

    streams: dict[str, list[tuple[int, str, bytes]]] = Factory(dict)
    purged: dict[str, int] = Factory(dict)
    headlines: dict[str, Any] = Factory(dict)
    claims: dict[str, tuple[str | None, int, int]] = Factory(dict)
    receipts: dict[str, tuple[bytes, bytes]] = Factory(dict)
    audit: list[str] = Factory(list)

    def head(self, stream: str) -> int:
        return self.purged.get(stream, 0) + len(self.streams.get(stream, []))

    def apply(self, transaction: Transaction) -> str:
        """`ok` and the facts are in; or the code of the refusal, and nothing has changed."""
        receipt = transaction.receipt
        if receipt is not None and receipt.request_id in self.receipts:
            same = self.receipts[receipt.request_id][0] == receipt.digest
            return "receipt_exists" if same else "request_conflict"
        for append in transaction.appends:
            if (refusal := self._refusal(append)) is not None:
                return refusal
        for append in transaction.appends:
            self._append(transaction.at_ms, append)
        if receipt is not None:
            self.receipts[receipt.request_id] = (receipt.digest, receipt.reply)
        self.audit += [entry.action for entry in transaction.audit]
        return "ok"

    def _refusal(self, append: Append) -> str | None:
        if self.head(append.stream) != append.expected:
            return "version_conflict"
        holder, epoch, _ = self.claims.get(append.stream, (None, 0, 0))
        allowed = append.epoch == epoch if holder is not None else append.epoch is None
        match append.claim:
            case Acquire(epoch=wanted):
                allowed = wanted == epoch + 1 and append.epoch in {None, wanted}
            case Release():
                allowed = holder is not None and append.epoch == epoch
        return None if allowed else "claim_lost"

    def _append(self, at_ms: int, append: Append) -> None:
        stream = self.streams.setdefault(append.stream, [])
        stream += [(at_ms, event.kind, event.data) for event in append.events]
        if append.headline is not None:
            self.headlines[append.stream] = append.headline
        match append.claim:
            case Acquire(claimant, epoch, lease_ms):
                self.claims[append.stream] = (claimant, epoch, at_ms + lease_ms)
            case Release():
                self.claims[append.stream] = (None, self.claims[append.stream][1], at_ms)

    def renew(self, claimant: str, until_ms: int) -> int:
        mine = [name for name, claim in self.claims.items() if claim[0] == claimant]
        for name in mine:
            self.claims[name] = (claimant, self.claims[name][1], until_ms)
        return len(mine)

    def purge(self, stream: str) -> str:
        if self.claims.get(stream, (None,))[0] is not None:
            return "claim_lost"
        self.purged[stream] = self.head(stream)
        for table in (self.streams, self.headlines, self.claims):
            table.pop(stream, None)
        return "ok"

    def copy(self) -> Memory:
        return deepcopy(self)

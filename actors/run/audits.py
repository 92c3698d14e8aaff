"""Entries for the audit log, as the runtime writes them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from storage import Unavailable
from storage.codec import canonical
from storage.records import AuditEntry, Transaction

if TYPE_CHECKING:
    from actors.node.messages import Outcome
    from actors.run.requests import Operation
    from actors.services import Services

__all__ = ["audit_entry", "note_stale", "operation_entry"]


def audit_entry(actor: str, action: str, subject: str, detail: Mapping[str, Any], result: str) -> AuditEntry:
    """Who did what to what, with which details (JSON), and what came of it (`ok`, or the code of a refusal)."""
    return AuditEntry(actor, action, subject, canonical(dict(detail)), result)


def operation_entry(operation: Operation, run_id: str, answer: Mapping[str, Any]) -> AuditEntry:
    """An operation on a run that was applied, with its answer."""
    return audit_entry(str(operation.by), f"run.{type(operation).__name__.lower()}", run_id, answer, "ok")


async def note_stale(services: Services, run_id: str, outcome: Outcome) -> None:
    """An outcome came for an attempt that is not under way: it changes nothing, and that is noted, if the disk takes anything."""
    entry = audit_entry("system", "stale_result", run_id, {"token": outcome.token}, "ignored")
    with suppress(Unavailable):
        await services.store.commit(Transaction(services.clock.now_ms(), audit=(entry,)))

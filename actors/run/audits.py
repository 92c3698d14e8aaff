"""Entries for the audit log, as the runtime writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from storage.codec import canonical
from storage.records import AuditEntry, Transaction

if TYPE_CHECKING:
    from actors.run.requests import Operation

__all__ = ["audit_entry", "operation_entry", "stale_result"]


def audit_entry(actor: str, action: str, subject: str, detail: Mapping[str, Any], result: str) -> AuditEntry:
    """Who did what to what, with which details (JSON), and what came of it (`ok`, or the code of a refusal)."""
    return AuditEntry(actor, action, subject, canonical(dict(detail)), result)


def operation_entry(operation: Operation, run_id: str, answer: Mapping[str, Any]) -> AuditEntry:
    """An operation on a run that was applied, with its answer."""
    return audit_entry(str(operation.by), f"run.{type(operation).__name__.lower()}", run_id, answer, "ok")


def stale_result(run_id: str, token: str, now: int) -> Transaction:
    """An outcome came for an attempt that is not under way: it changes nothing, and that is noted."""
    return Transaction(now, audit=(audit_entry("system", "stale_result", run_id, {"token": token}, "ignored"),))

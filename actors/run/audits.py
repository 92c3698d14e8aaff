"""Entries for the audit log, as the runtime writes them."""

from __future__ import annotations

from typing import Any

from storage.codec import canonical
from storage.records import AuditEntry

__all__ = ["audit_entry"]


def audit_entry(actor: str, action: str, subject: str, detail: dict[str, Any], result: str) -> AuditEntry:
    """Who did what to what, with which details (JSON), and what came of it (`ok`, or the code of a refusal)."""
    return AuditEntry(actor, action, subject, canonical(detail), result)

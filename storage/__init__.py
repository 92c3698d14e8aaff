"""The memory: append-only logs and what belongs to them, in one SQLite file. Knows records, not workflows."""

from storage.clock import Clock
from storage.codec import BadRecord, Codec, UnknownKind
from storage.errors import (
    BadTransaction,
    ClaimLost,
    OpenRefused,
    ReceiptExists,
    RequestConflict,
    StorageError,
    StoreFailed,
    StreamDamaged,
    Unavailable,
    VersionConflict,
)
from storage.limits import Limits
from storage.records import Acquire, Append, AuditEntry, Headline, NewEvent, Receipt, Recorded, Release, Transaction
from storage.store import Store

__all__ = [
    "Acquire", "Append", "AuditEntry", "BadRecord", "BadTransaction", "ClaimLost", "Clock", "Codec", "Headline", "Limits", "NewEvent",
    "OpenRefused", "Receipt", "ReceiptExists", "Recorded", "Release", "RequestConflict", "StorageError", "Store", "StoreFailed",
    "StreamDamaged", "Transaction", "Unavailable", "UnknownKind", "VersionConflict",
]  # fmt: skip

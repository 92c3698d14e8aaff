"""The memory's bounds, each with a number. Tests make them small; a daemon takes them as they are."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Limits"]

_KIB, _MIB, _GIB = 1 << 10, 1 << 20, 1 << 30


@frozen
class Limits:
    """Sizes in bytes, times in milliseconds.

    `wal` is written ahead once, so that later commits overwrite allocated blocks. Below `free_hard` of free disk, or with a WAL
    above `wal_hard` (somebody reads for hours), nothing more is accepted; at the warning marks `info()` says so. Contents younger than
    `contents_ms` are never collected. The newest `receipts` receipts are kept at least, whatever the clock says of their age.
    """

    wal: int = _MIB
    wal_warn: int = 64 * _MIB
    wal_hard: int = _GIB
    free_warn: int = _GIB
    free_hard: int = 128 * _MIB
    event: int = 256 * _KIB
    pending: int = 4_096
    batch: int = 1_024
    streams_cached: int = 4_096
    busy_ms: int = 5_000
    receipts: int = 10_000
    receipts_ms: int = 7 * 24 * 3_600_000
    contents_ms: int = 3_600_000
    verify_tail: int = 1_000

"""Check sums that bind a row to its content, its place and its predecessor. Pure: no SQL.

They find damage and careless edits; they are not keyed, so they do not stop somebody who can rewrite everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from struct import Struct
from struct import error as StructError  # noqa: N812  the struct module names it in lower case

__all__ = ["SUM_SIZE", "first_sum", "fits", "next_sum", "row_sum"]

SUM_SIZE = 8
_LINK = Struct(f">{SUM_SIZE}sqqB")


def first_sum(stream: object) -> bytes:
    """What the first event of a stream is chained to: its name. Empty, which fits nothing, for a rotten name that is no text."""
    return blake2b(stream.encode("utf-8", "surrogateescape"), digest_size=SUM_SIZE).digest() if isinstance(stream, str) else b""


def next_sum(before: bytes, seq: int, at_ms: int, kind: str, data: bytes) -> bytes:
    """The sum of an event whose predecessor has the sum `before`; the length of the kind separates it from the data."""
    name = kind.encode()
    return blake2b(_LINK.pack(before, seq, at_ms, len(name)) + name + data, digest_size=SUM_SIZE).digest()


def fits(before: bytes, seq: int, at_ms: int, kind: str, data: bytes, found: bytes) -> bool:
    """Whether an event read back has the sum that it should have. Rotten rows may hold values of any type."""
    try:
        return next_sum(before, seq, at_ms, kind, data) == found
    except (TypeError, ValueError, AttributeError, StructError):
        return False


def row_sum(row: Sequence[object]) -> bytes:
    """The sum of a row of plain values (text, integers, bytes, None)."""
    return blake2b(repr(tuple(row)).encode("utf-8", "surrogatepass"), digest_size=SUM_SIZE).digest()

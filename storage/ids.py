"""The one place where the memory draws random numbers."""

from __future__ import annotations

import os

__all__ = ["fresh_id"]


def fresh_id() -> bytes:
    """16 random bytes: the identity of a store."""
    return os.urandom(16)

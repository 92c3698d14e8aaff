"""Names and nonces that never repeat: the runtime's one source of randomness."""

from __future__ import annotations

import secrets
from typing import Protocol

__all__ = ["Ids", "RandomIds"]


class Ids(Protocol):
    """Where new names come from."""

    def new(self, prefix: str) -> str:
        """A new name that begins with `prefix` and a hyphen."""
        ...

    def nonce(self) -> str:
        """128 random bits, lower-case hex."""
        ...


class RandomIds:
    """Names from the operating system's randomness: 128 bits in the form of a version 4 UUID."""

    __slots__ = ()

    def new(self, prefix: str) -> str:
        bits = (secrets.randbits(128) & ~(0xF << 76) & ~(0x3 << 62)) | 4 << 76 | 2 << 62
        text = f"{bits:032x}"
        return f"{prefix}-{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def nonce(self) -> str:
        return secrets.token_hex(16)

"""Takes secrets out of bytes as they come, also those that are cut in two. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

__all__ = ["SHORTEST", "Hiding"]

SHORTEST = 8
"""Characters: what is shorter is no key that could be told from other text."""


def _sorted(values: Iterable[str]) -> tuple[bytes, ...]:
    """The longest first, since one may hold another."""
    return tuple(sorted({value.encode() for value in values if len(value) >= SHORTEST}, key=lambda secret: (-len(secret), secret)))


@define
class Hiding:
    """`secrets` become ***. What may be the beginning of one is held back until the next piece, or the end."""

    secrets: tuple[bytes, ...] = field(converter=_sorted)
    _rest: bytes = b""

    def feed(self, piece: bytes) -> bytes:
        """What may be shown by now."""
        data = self._rest + piece
        for secret in self.secrets:
            data = data.replace(secret, b"***")
        held = max((_beginning(data, secret) for secret in self.secrets), default=0)
        self._rest = data[len(data) - held :]
        return data[: len(data) - held]

    def close(self) -> bytes:
        """What was held back."""
        rest, self._rest = self._rest, b""
        return rest


def _beginning(data: bytes, secret: bytes) -> int:
    """How many bytes at the end of the data are the beginning of the secret."""
    return next((size for size in range(min(len(secret) - 1, len(data)), 0, -1) if data.endswith(secret[:size])), 0)

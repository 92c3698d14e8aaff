"""The redactor for what comes in pieces: a secret that is cut between two of them is found all the same."""

from __future__ import annotations

from typing import Final

from actors.secrets.redactor import Redactor, kept

__all__ = ["Stream"]

WIDEST: Final = 7
"""A byte of a secret and a line break behind it, as it may stand in a text within JSON: so many bytes at most."""


class Stream:
    """Holds back what may be the beginning of a secret until it is known to be none, or the stream ends."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """What can be let out now."""
        if not self._redactor.active:
            return chunk
        data = self._held + chunk
        spans = self._redactor.spans(data)
        cut = max(self._begins(data), spans[-1][1] if spans else 0)
        self._held = data[cut:]
        return self._redactor.without(data[:cut], spans)

    def close(self) -> bytes:
        """The rest."""
        held, self._held = self._held, b""
        return self._redactor.scrub(held)

    def _begins(self, data: bytes) -> int:
        """Where the longest end of the data begins that is the beginning of a secret; its length where there is none."""
        start = max(0, len(data) - WIDEST * self._redactor.longest)
        tail = data[start:]
        at = kept(tail)
        whole = bytes(map(tail.__getitem__, at))
        halves = (whole, whole.removesuffix(b"\\"), whole.removesuffix(b"\\\\"))  # what ends it may be the first half of a break
        begun = min(map(self._redactor.begins, halves))
        return start + at[begun] if begun < len(at) else len(data)

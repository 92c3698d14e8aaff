"""The beginning and the end of a stream, with what was left out between them. Pure."""

from __future__ import annotations

from attrs import define, field

__all__ = ["Excerpt"]


@define
class Excerpt:
    """Keeps at most `kept` bytes of the beginning and as many of the end."""

    kept: int
    total: int = 0
    _head: bytearray = field(factory=bytearray)
    _tail: bytearray = field(factory=bytearray)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.total += len(chunk)
        room = self.kept - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        del self._tail[: -self.kept]

    def told(self) -> str:
        """As text: what is no UTF-8, and NUL, become U+FFFD; white space at the end goes."""
        left_out = self.total - len(self._head) - len(self._tail)
        if not left_out:
            return _text(self._head + self._tail)
        return f"{_text(self._head)}\n[... {left_out} bytes left out ...]\n{_text(self._tail)}"


def _text(data: bytearray) -> str:
    return data.decode("utf-8", "replace").replace("\0", "\ufffd").rstrip()

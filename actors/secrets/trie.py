"""One pattern for many words: a search with it passes over a text once, however many they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["pattern_of"]

_END = -1


def pattern_of(words: Iterable[bytes]) -> re.Pattern[bytes]:
    """Finds any of the words (none of them empty, at least one). What begins alike is tried once, so the search never goes back."""
    tree: dict[int, Any] = {}
    for word in words:
        node = tree
        for byte in word:
            node = node.setdefault(byte, {})
        node[_END] = {}
    return re.compile(_written(tree))


def _written(node: dict[int, Any]) -> bytes:
    return b"|".join(_branch(byte, below) for byte, below in node.items())


def _branch(byte: int, below: dict[int, Any]) -> bytes:
    said = [byte]
    while len(below) == 1 and _END not in below:
        ((byte, below),) = below.items()
        said.append(byte)
    begun = re.escape(bytes(said))
    return begun if _END in below else b"%s(?:%s)" % (begun, _written(below))

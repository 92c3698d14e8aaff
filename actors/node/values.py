"""What a function may return: exactly what JSON can say and a log accepts. Pure, standard library only (isolated functions use it too)."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["LARGEST_OUTPUT", "MOST_BYTES", "NotJson", "check"]

MOST_BYTES = 1 << 20
"""The largest value that an attempt may hand back, in bytes of JSON."""

LARGEST_OUTPUT = 192 << 10
"""The largest output of a node that its run's log keeps, in bytes of JSON."""

_DEPTH = 64
_KEYS = 10_000
_TEXT = 512 << 10
_INT_MIN, _INT_MAX = -(1 << 63), (1 << 63) - 1


class NotJson(ValueError):
    """The value is no JSON, or too much of it. The text says where and why."""


def check(value: Any) -> None:
    """Raise NotJson, with the path of the culprit, unless the value is JSON: plain types, text keys, nothing that a log refuses."""
    size = _size(value, "$", _DEPTH)
    if size > MOST_BYTES:
        raise NotJson(f"it takes more than {MOST_BYTES} bytes ({size}): write what is large to a file and name it as an artifact")


def _size(value: Any, path: str, depth: int) -> int:
    """The value's size as JSON, about; a lower bound."""
    kind = type(value)
    if kind is str:
        return _text(value, path)
    if value is None or kind is bool:
        return 4
    if kind is int:
        if not _INT_MIN <= value <= _INT_MAX:
            raise NotJson(f"{path} is an integer beyond 64 bits")
        return 1
    if kind is float:
        if not math.isfinite(value):
            raise NotJson(f"{path} is {value}, which JSON cannot say")
        return 3
    return _container(value, path, depth)


def _container(value: Any, path: str, depth: int) -> int:
    if depth == 0:
        raise NotJson(f"{path} is nested deeper than {_DEPTH} levels")
    size = 2
    if type(value) is list:
        for at, item in enumerate(value):
            size += 1 + _size(item, f"{path}[{at}]", depth - 1)
        return size
    if type(value) is not dict:
        raise NotJson(f"{path} is of type {type(value).__qualname__}; JSON has dict, list, str, int, float, bool and None")
    if len(value) > _KEYS:
        raise NotJson(f"{path} has {len(value)} keys; at most {_KEYS} are allowed")
    for key, item in value.items():
        if type(key) is not str:
            raise NotJson(f"{path} has the key {key!r}, which is no text")
        size += 2 + _text(key, path) + _size(item, f"{path}.{key}", depth - 1)
    return size


def _text(text: str, path: str) -> int:
    if "\0" in text:
        raise NotJson(f"{path} holds the character U+0000")
    if len(text) > _TEXT:
        raise NotJson(f"{path} is a text of {len(text)} characters; at most {_TEXT} are allowed")
    if text.isascii():
        return len(text) + 2
    try:
        return len(text.encode()) + 2
    except UnicodeEncodeError:
        raise NotJson(f"{path} holds half of a surrogate pair") from None

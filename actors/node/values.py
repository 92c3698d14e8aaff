"""What counts as JSON here: parsing what a process handed back, and checking what a function returned. Strict, linear, bounded. Pure."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

__all__ = ["MOST_BYTES", "NotJson", "check", "parse"]

MOST_BYTES = 1 << 20
"""The largest value that an attempt may hand back, in bytes of JSON."""

_DEPTH = 64
_INT_MIN, _INT_MAX = -(1 << 63), (1 << 63) - 1
_INT_DIGITS = 20


class NotJson(ValueError):
    """The value or the bytes are not one strict JSON value. The text says where and why."""


def parse(data: bytes) -> Any:
    """Decode one strict JSON value: UTF-8, no NaN, no duplicate key, no lone surrogate, no NUL, 64-bit integers, at most 64 levels."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_pairs, parse_int=_int, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise NotJson(f"nested deeper than {_DEPTH} levels") from None
    check(value)
    return value


def _pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) != len(items):
        keys = [key for key, _ in items]
        raise NotJson(f"an object has the key {next(key for key in keys if keys.count(key) > 1)!r} twice")
    return found


def _int(digits: str) -> int:
    if len(digits) > _INT_DIGITS:
        raise NotJson(f"an integer of {len(digits)} characters: 64-bit ones are allowed")
    return int(digits)


def _constant(word: str) -> NoReturn:
    raise NotJson(f"{word} is not JSON")


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
    for key, item in value.items():
        if type(key) is not str:
            raise NotJson(f"{path} has the key {key!r}, which is no text")
        size += 2 + _text(key, path) + _size(item, f"{path}.{key}", depth - 1)
    return size


def _text(text: str, path: str) -> int:
    if "\0" in text:
        raise NotJson(f"{path} holds the character U+0000")
    if text.isascii():
        return len(text) + 2
    try:
        return len(text.encode()) + 2
    except UnicodeEncodeError:
        raise NotJson(f"{path} holds half of a surrogate pair") from None

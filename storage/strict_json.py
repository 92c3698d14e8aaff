"""JSON at a border: what is refused here never becomes a fact. Pure.

Refused: NaN and infinities, duplicate keys, lone surrogates, NUL, integers beyond 64 bits, nesting beyond a depth, objects with more
keys and strings longer than a bound. Python's own parser accepts all of these, orjson the duplicate keys and wide integers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["BadJson", "canonical", "loads_strict"]

_INT_DIGITS = 19
_INT_MAX = 2**63 - 1
# Possessive, and a string without an end reaches to the end: no text makes the search remember or go over anything twice.
_STRING_OR_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
_CANONICAL = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


class BadJson(ValueError):
    """These bytes are not JSON as we take it; the text says which rule they break."""

    code = "bad_json"


def loads_strict(data: bytes, *, depth: int = 64, keys: int = 10_000, string: int | None = 512 * 1024) -> Any:
    """The value of one JSON text. `depth` levels, `keys` per object, `string` characters per string at most; raises BadJson.

    `string` None takes strings as they are, for a caller that mends surrogates and NUL instead of refusing them.
    """
    _check_depth(data, depth)
    pairs = _unique(keys)
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=pairs, parse_constant=_no_constant, parse_int=_integer, parse_float=_finite
        )
    except BadJson:
        raise
    except (ValueError, RecursionError) as error:
        raise BadJson(f"not JSON: {error}") from None
    if string is not None and (b"\\u" in data or len(data) > string):
        _check_texts(value, string)
    return value


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON value: keys sorted, no blanks, UTF-8. Raises BadJson for what JSON cannot say."""
    try:
        return _CANONICAL.encode(value).encode("utf-8")
    except (ValueError, TypeError, RecursionError) as error:
        raise BadJson(f"not a JSON value: {error}") from None


def _check_depth(data: bytes, depth: int) -> None:
    # Few brackets cannot nest deeply: nearly every frame is done after two counts.
    if data.count(b"[") + data.count(b"{") <= depth:
        return
    level = 0
    for match in _STRING_OR_BRACKET.finditer(data):
        first = match[0][0]
        if first in b"[{":
            level += 1
            if level > depth:
                raise BadJson(f"nested deeper than {depth} levels")
        elif first in b"]}":
            level -= 1


def _unique(most: int) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add() is the "else" of this search
            raise BadJson(f"the key {twice!r} occurs twice in one object")
        if len(found) > most:
            raise BadJson(f"an object has {len(found)} keys, {most} are allowed")
        return found

    return build


def _no_constant(word: str) -> NoReturn:
    raise BadJson(f"{word} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _INT_DIGITS or not -_INT_MAX - 1 <= (value := int(digits)) <= _INT_MAX:
        raise BadJson(f"the integer {digits[:24]} does not fit into 64 bits")
    return value


def _finite(digits: str) -> float:
    if not math.isfinite(value := float(digits)):
        raise BadJson(f"the number {digits[:24]} is too large")
    return value


def _check_texts(value: Any, longest: int) -> None:
    match value:
        case str():
            _check_text(value, longest)
        case dict():
            for key, item in value.items():
                _check_text(key, longest)
                _check_texts(item, longest)
        case list():
            for item in value:
                _check_texts(item, longest)


def _check_text(text: str, longest: int) -> None:
    if len(text) > longest:
        raise BadJson(f"a string of {len(text)} characters, {longest} are allowed")
    if "\0" in text:
        raise BadJson("a string holds NUL")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadJson("a string holds a lone surrogate") from None

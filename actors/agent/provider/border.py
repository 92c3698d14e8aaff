"""Texts and JSON on their way in and out: bounded, and free of what no record may hold. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from storage.strict_json import BadJson, loads_strict

__all__ = ["REPLACEMENT", "arguments", "clean", "clean_text", "decode", "encode", "excerpt"]

REPLACEMENT = "\ufffd"
_DEEP = 64
_KEYS = 10_000


def clean_text(text: str) -> str:
    """The text with U+FFFD in place of each NUL and each lone surrogate."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Pairs that were written as two escapes become one character, halves become the replacement.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def clean(value: Any) -> Any:
    """A JSON value with all its texts and keys clean; mappings and sequences of any kind become dict and list."""
    match value:
        case str():
            return clean_text(value)
        case Mapping():
            return {clean_text(key): clean(item) for key, item in value.items()}
        case list() | tuple():
            return [clean(item) for item in value]
        case _:
            return value


def decode(data: bytes) -> Any:
    """The clean value of a JSON text that a service sent. Raises BadJson: at most 64 levels, no key twice, no number beyond 64 bits."""
    return clean(loads_strict(data.decode("utf-8", "replace").encode(), depth=_DEEP, keys=_KEYS, string=None))


def arguments(text: str) -> dict[str, Any]:
    """The arguments of a tool call out of the text that a model wrote, "" for none. Raises BadJson where they are no JSON object."""
    found = decode(clean_text(text).encode()) if text.strip() else {}
    if not isinstance(found, dict):
        raise BadJson(f"a tool's arguments are a JSON object, and these are {type(found).__name__}")
    return found


def encode(value: Any) -> bytes:
    """A JSON text for a service, in UTF-8, of anything that `clean` takes."""
    return json.dumps(clean(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def excerpt(text: str, most: int = 300) -> str:
    """One printable line of what a service said, at most `most` characters."""
    said = clean_text(text[: most * 4])
    line = " ".join("".join(one if one.isprintable() else " " for one in said).split())
    return line if len(line) <= most else line[: most - 1] + "…"

"""The forms in which a secret may turn up in a text. Pure.

Twelve: as it is; escaped as in JSON; escaped as in URLs; hex in small and in capital letters; base64 and its URL-safe kind, each at the
three places that it can have within what was encoded; and each of these broken over lines: whoever searches leaves out the breaks.
"""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

__all__ = ["SHORTEST", "forms_of"]

SHORTEST: Final = 8
"""Characters of a secret that is looked for: a shorter one stands in too many texts by chance."""


def forms_of(value: str) -> tuple[bytes, ...]:
    """All forms of the value, the longest first, none twice; none for a value that is too short."""
    if len(value) < SHORTEST:
        return ()
    found = dict.fromkeys((*_texts(value), *_codes(value.encode())))
    found |= dict.fromkeys(twice for form in found for twice in _escaped(form))  # the text with it may itself stand in JSON
    return tuple(sorted(found, key=len, reverse=True))


def _escaped(form: bytes) -> Iterator[bytes]:
    for ascii_only in (True, False):
        yield json.dumps(form.decode(), ensure_ascii=ascii_only)[1:-1].encode()


def _texts(value: str) -> Iterator[bytes]:
    yield value.encode()
    for escaped in _escaped(value.encode()):
        yield escaped
        yield escaped.replace(b"/", rb"\/")
    for in_url in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield in_url.encode()
        yield _small_digits(in_url).encode()


def _small_digits(in_url: str) -> str:
    """`%2F` as `%2f`."""
    first, *rest = in_url.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])


def _codes(data: bytes) -> Iterator[bytes]:
    yield data.hex().encode()
    yield data.hex().upper().encode()
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):
            yield _core(encode(b"\0" * before + data), before, len(data))


def _core(code: bytes, before: int, size: int) -> bytes:
    """What of the code hangs on the secret alone, not on the bytes around it: whole groups of six bits."""
    return code[-(-before * 8 // 6) : (before + size) * 8 // 6]

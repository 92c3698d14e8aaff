"""Finds known secrets in what is about to be written or said, and puts `[secret NAME]` in their place.

One pattern over all forms of all secrets passes over each text once; where no secret is known there is nothing to do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import attrs
import orjson

from actors.secrets.forms import forms_of
from actors.secrets.trie import pattern_of

__all__ = ["Redactor"]

T = TypeVar("T")
_BREAKS: Final = re.compile(rb"\r|\n|\\{1,2}[rn]")
_PLAIN: Final = frozenset((bool, int, float))
HEAD: Final = 4
"""So many bytes of a form are looked at first."""
Span = tuple[int, int, bytes]


class Redactor:
    """Knows secrets by name and value. What it has known once it goes on to know: an old value may stand somewhere still."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()
        self._forms: dict[bytes, bytes] = {}
        self._any: re.Pattern[bytes] | None = None
        self._heads: frozenset[bytes] = frozenset()
        self._breaks = False
        self.longest = 0

    def know(self, name: str, value: str) -> None:
        """From now on this value is not to be seen."""
        if (name, value) in self._known:
            return
        self._known.add((name, value))
        for form in forms_of(value):
            self._forms.setdefault(form, b"[secret %s]" % name.encode())
        if self._forms:
            self._any = pattern_of(self._forms)
            self._heads = frozenset(form[:n] for form in self._forms for n in range(1, HEAD + 1))
            self._breaks = any(map(_BREAKS.search, self._forms))
            self.longest = max(map(len, self._forms))

    @property
    def active(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._forms)

    def scrub(self, data: bytes) -> bytes:
        """The bytes without secrets."""
        return self.without(data, self.spans(data)) if self._forms else data

    def text(self, text: str) -> str:
        """The text without secrets: the same object where there are none."""
        if not self._forms:
            return text
        data = text.encode(errors="surrogatepass")
        spans = self.spans(data)
        return self.without(data, spans).decode(errors="surrogatepass") if spans else text

    def json(self, data: bytes) -> bytes:
        """One JSON value (and what space is around it) without secrets: only in its texts, so that it stays JSON."""
        if not self._forms or not self.spans(data):
            return data
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError:
            return self.scrub(data)
        clean = self.value(value)
        return data if clean == value else orjson.dumps(clean) + data[len(data.rstrip()) :]

    def value(self, value: T) -> T:
        """A JSON value, or a record of such, without secrets in its texts: the same object where there are none."""
        if not self._forms:
            return value
        try:
            if not self.spans(orjson.dumps(value, default=_fields)):
                return value
        except TypeError:
            pass  # no JSON, so its texts are looked at one by one
        clean: T = self._value(value)
        return clean

    def _value(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self.text(value)
        if value is None or kind in _PLAIN:
            return value
        if isinstance(value, Mapping):
            clean = {self._value(key): self._value(item) for key, item in value.items()}
            return value if clean == value else clean
        if isinstance(value, list | tuple):
            return type(value)(map(self._value, value)) if value else value
        return self._record(value, kind) if attrs.has(kind) else value

    def _record(self, record: Any, kind: type) -> Any:
        changed = {}
        for one in attrs.fields(kind):
            old = getattr(record, one.name)
            if (clean := self._value(old)) is not old and clean != old:
                changed[one.name] = clean
        return attrs.evolve(record, **changed) if changed else record

    def spans(self, data: bytes) -> list[Span]:
        """Where secrets stand: (from, to, what to put there), in order, none in another."""
        broken = b"\n" in data or b"\r" in data or b"\\n" in data or b"\\r" in data
        found = self._broken(data) if broken else []
        if not broken or self._breaks:  # else what is whole was found with what is broken
            found += self._in(data)
        return _apart(sorted(found, key=lambda span: (span[0], -span[1]))) if found else found

    def _in(self, data: bytes) -> list[Span]:
        if self._any is None or self._any.search(data) is None:  # nearly always the whole of the work
            return []
        return [span for form, label in self._forms.items() for span in _places(data, form, label)]

    def begins(self, data: bytes) -> int:
        """From where on the data is the beginning of a form, up to its end; its length where it is not."""
        for at in range(max(0, len(data) - self.longest), len(data)):
            if data[at : at + HEAD] in self._heads and any(form.startswith(data[at:]) for form in self._forms):
                return at
        return len(data)

    def _broken(self, data: bytes) -> list[Span]:
        """Those that are there when line breaks are left out."""
        squeezed = _BREAKS.sub(b"", data)
        found = self._in(squeezed)
        if not found:
            return []
        at = kept(data)
        return [(at[start], at[end - 1] + 1, label) for start, end, label in found]

    @staticmethod
    def without(data: bytes, spans: list[Span]) -> bytes:
        """The bytes with the spans replaced."""
        parts, at = [], 0
        for start, end, label in spans:
            parts += [data[at:start], label]
            at = end
        return b"".join([*parts, data[at:]])


def _fields(record: Any) -> dict[str, Any]:
    """What orjson does not know: records, and mappings of other kinds."""
    if isinstance(record, Mapping):
        return dict(record)
    return {one.name: getattr(record, one.name) for one in attrs.fields(type(record))}


def kept(data: bytes) -> list[int]:
    """Where each byte stands that is no part of a line break."""
    at, found = 0, list[int]()
    for gap in _BREAKS.finditer(data):
        found.extend(range(at, gap.start()))
        at = gap.end()
    found.extend(range(at, len(data)))
    return found


def _places(data: bytes, form: bytes, label: bytes) -> list[Span]:
    found, at = [], data.find(form)
    while at >= 0:
        found.append((at, at + len(form), label))
        at = data.find(form, at + 1)
    return found


def _apart(spans: list[Span]) -> list[Span]:
    """Spans that meet become one, under the name of the first, and the longer one of two that begin together."""
    found = [spans[0]]
    for start, end, label in spans[1:]:
        last = found[-1]
        if start < last[1]:
            found[-1] = (last[0], max(last[1], end), last[2])
        else:
            found.append((start, end, label))
    return found

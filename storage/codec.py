"""Events to bytes and back: closed attrs classes, tagged by kind, strict in both directions, with upcasters for what was written before.

Not a general serializer: what is no JSON is refused, never guessed. A field that has its default is not written, so the defaults of
recorded classes are part of the format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import orjson
from attrs import define
from attrs import fields as fields_of

from storage.converter import BadRecord, NotCanonical, kind_of, make_converter, structure, uncanonical
from storage.records import NewEvent, Recorded
from storage.strict_json import BadJson, canonical, loads_strict

__all__ = ["BadJson", "BadRecord", "Codec", "NotCanonical", "UnknownKind", "Upcaster", "canonical", "kind_of", "loads_strict"]

E = TypeVar("E")
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
_VERSION = "$v"
# What JSON does not know must be an error: orjson would invent a form for dates and dataclasses.
_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


class UnknownKind(Exception):
    """No class is known for this kind of event: args (kind, kinds known)."""

    code = "unknown_kind"

    def __str__(self) -> str:
        return f"unknown kind of event {self.args[0]!r}; known are {', '.join(self.args[1])}"


@define(eq=False)
class _Form:
    """`dump` is made with the first event of the class: making one takes half a millisecond, and most kinds come in no day."""

    kind: str
    cls: type
    version: int
    dump: Callable[[Any], dict[str, Any]] | None = None


class Codec(Generic[E]):
    """Encodes the given attrs classes and nothing else.

    The kind of a class is its `kind` (a ClassVar) or its name in snake_case. `upcasters[(kind, n)]` turns the fields of version n into
    those of n + 1; the newest version is one more than the highest n. `unions` are unions of attrs classes inside the events' fields:
    they are tagged by `kind` too. Slow with the first event of a class, fast with all others: one per program part.
    """

    def __init__(
        self, classes: Iterable[type[E]], *, upcasters: Mapping[tuple[str, int], Upcaster] | None = None, unions: Iterable[Any] = ()
    ) -> None:
        self._upcasters = dict(upcasters or {})
        # Twice: the quick one does the work, the talkative one is asked where it failed.
        self._quick = make_converter(unions, detailed=False)
        self._talkative = make_converter(unions, detailed=True)
        forms = [self._form(cls) for cls in classes]
        self._by_class: dict[type, _Form] = {form.cls: form for form in forms}
        self._by_kind = {form.kind: form for form in forms}
        if len(self._by_kind) != len(forms):
            raise ValueError("two event classes have the same kind")

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds that this codec knows, sorted."""
        return tuple(sorted(self._by_kind))

    def encode(self, event: E) -> NewEvent:
        """The event as it is recorded. Raises UnknownKind for a foreign class, BadRecord for a value that JSON cannot say.

        NotCanonical, which is one, names a number or a text that has no canonical form.
        """
        form = self._by_class.get(type(event))
        if form is None:
            raise UnknownKind(type(event).__name__, self.kinds)
        dump = form.dump or self._dump(form)
        try:
            fields = dump(event)
            if form.version > 1:
                fields[_VERSION] = form.version
            return NewEvent(form.kind, orjson.dumps(fields, option=_STRICT))
        except (TypeError, ValueError, RecursionError) as error:  # orjson's own error is a TypeError
            found = uncanonical({one.name: getattr(event, one.name) for one in fields_of(type(event))})  # type: ignore[arg-type]  # all are attrs classes
            if found is not None:
                raise NotCanonical(form.kind, *found) from error
            raise BadRecord(form.kind, "$", f"cannot be written as JSON: {error}") from error

    def decode(self, recorded: Recorded) -> E:
        """The event as its class knows it today. Raises UnknownKind, or BadRecord with the path of the field."""
        form = self._by_kind.get(recorded.kind)
        if form is None:
            raise UnknownKind(recorded.kind, self.kinds)
        try:
            fields = orjson.loads(recorded.data)
        except orjson.JSONDecodeError as error:
            raise BadRecord(form.kind, "$", f"not JSON: {error}") from error
        if type(fields) is not dict:
            raise BadRecord(form.kind, "$", f"not an object: {type(fields).__name__}")
        event: E = structure(self._quick, self._talkative, form.kind, self._newest(form, fields), form.cls)
        return event

    def _newest(self, form: _Form, fields: dict[str, Any]) -> dict[str, Any]:
        version = fields.pop(_VERSION, 1)
        if type(version) is not int or not 1 <= version <= form.version:
            raise BadRecord(form.kind, _VERSION, f"version {version!r}, this program reads 1 to {form.version}")
        for n in range(version, form.version):
            try:
                fields = self._upcasters[form.kind, n](fields)
            except (KeyError, TypeError, ValueError) as error:
                raise BadRecord(form.kind, _VERSION, f"cannot be brought from version {n} to {n + 1}: {error!r}") from error
        return fields

    def _form(self, cls: type) -> _Form:
        kind = kind_of(cls)
        mine = sorted(n for name, n in self._upcasters if name == kind)
        if mine != list(range(1, len(mine) + 1)):
            raise ValueError(f"the upcasters of {kind} leave a gap: {mine}")
        return _Form(kind, cls, len(mine) + 1)

    def _dump(self, form: _Form) -> Callable[[Any], dict[str, Any]]:
        form.dump = made = self._quick.get_unstructure_hook(form.cls)
        return made

"""The strict cattrs converter behind the codec, and its errors as the path of a field. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cattrs import BaseValidationError, Converter
from cattrs.errors import AttributeValidationNote, ClassValidationError, ForbiddenExtraKeysError, IterableValidationNote
from cattrs.preconf.orjson import make_converter as make_orjson
from cattrs.strategies import configure_tagged_union

__all__ = ["BadRecord", "NotCanonical", "kind_of", "make_converter", "structure", "uncanonical"]

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class BadRecord(Exception):
    """Recorded fields do not fit their class: args (kind, path of the field, what was found there)."""

    code = "bad_record"

    def __str__(self) -> str:
        kind, path, found = self.args
        return f"{kind} at {path}: {found}"

    @property
    def path(self) -> str:
        """The field, as in `$.output.items[3]`."""
        return str(self.args[1])


class NotCanonical(BadRecord):
    """A value has no canonical form (NaN, an infinity, an unpaired surrogate): args (kind, path of the field, what was found there)."""

    code = "event_not_canonical"


def uncanonical(value: Any, path: str = "$") -> tuple[str, str] | None:
    """The first value without a canonical form: its path, and what it is."""
    match value:
        case float() if not math.isfinite(value):
            return path, f"{value} has no canonical form"
        case str():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                return path, "an unpaired surrogate has no canonical form"
        case dict() | Mapping():
            parts = [(f"{path}.{key!s}", part) for key, item in value.items() for part in (key, item)]
            return next((found for where, part in parts if (found := uncanonical(part, where)) is not None), None)
        case list() | tuple():
            return next((found for n, item in enumerate(value) if (found := uncanonical(item, f"{path}[{n}]")) is not None), None)
    return None


def kind_of(cls: type) -> str:
    """The name under which instances are recorded: the class's `kind` (a ClassVar), or its name in snake_case."""
    kind = getattr(cls, "kind", None)
    return kind if isinstance(kind, str) else _HUMP.sub("_", cls.__name__).lower()


def make_converter(unions: Iterable[Any] = (), *, detailed: bool) -> Converter:
    """A converter that coerces nothing, forbids unknown fields and leaves defaults out."""
    converter = make_orjson(forbid_extra_keys=True, omit_if_default=True, detailed_validation=detailed)
    for plain in (int, str, bool):
        converter.register_structure_hook(plain, _exactly(plain))
    converter.register_structure_hook(float, _number)
    converter.register_unstructure_hook(float, _finite)
    converter.register_unstructure_hook_func(lambda kind: kind is Any, _json)
    converter.register_structure_hook_func(lambda kind: kind is Any, lambda value, _: value)
    for union in unions:
        configure_tagged_union(union, converter, tag_generator=kind_of, tag_name="kind")
    return converter


def structure(quick: Converter, talkative: Converter, kind: str, fields: object, cls: type) -> Any:
    """An instance of `cls`; raises BadRecord with the first field that does not fit."""
    try:
        return quick.structure(fields, cls)
    except Exception as error:
        path, found = _where(talkative, fields, cls, error)
        raise BadRecord(kind, path, found) from error


def _where(talkative: Converter, fields: object, cls: type, error: Exception) -> tuple[str, str]:
    try:
        talkative.structure(fields, cls)
    except Exception as told:  # noqa: BLE001  as above
        return _first(told, "$")
    return "$", repr(error)


def _first(error: BaseException, path: str) -> tuple[str, str]:
    if isinstance(error, BaseValidationError) and error.exceptions:
        inner = error.exceptions[0]
        for note in getattr(inner, "__notes__", ()):
            match note:
                case AttributeValidationNote(name=name):
                    return _first(inner, f"{path}.{name}")
                case IterableValidationNote(index=index):
                    return _first(inner, f"{path}[{index!r}]")
        return _first(inner, path)
    match error:
        case ForbiddenExtraKeysError(extra_fields=extra):
            return f"{path}.{min(map(str, extra))}", "unknown field"
        case KeyError() if isinstance(error, ClassValidationError) is False:
            return path, f"missing field or unknown tag {error.args[0]!r}"
    return path, str(error)


def _exactly(wanted: type) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        if type(value) is not wanted:
            raise TypeError(f"{wanted.__name__} wanted, found {value!r:.80}")
        return value

    return hook


def _number(value: Any, _: Any) -> float:
    if type(value) not in {int, float}:
        raise TypeError(f"number wanted, found {value!r:.80}")
    return float(value)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a JSON number")
    return value


def _json(value: Any) -> Any:
    """A free JSON value, unchanged; orjson would write NaN as null, which is another value."""
    kind = type(value)
    if kind is float:
        _finite(value)
    elif kind is dict:
        for item in value.values():
            _json(item)
    elif kind in {list, tuple}:
        for item in value:
            _json(item)
    return value

"""From a JSON object to a params record, strictly: unknown fields, wrong types and values out of bounds become one refusal each. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, get_origin

from attrs import frozen
from cattrs import Converter
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError

from actors.control.bounds import Unfit
from actors.refusals import Refusal

__all__ = ["Misfit", "decode", "refusal_of"]

T = TypeVar("T")
_SHORT = 60
_WORDS: dict[type, str] = {str: "a text", int: "an integer", bool: "true or false", float: "a number", dict: "an object", list: "a list"}


@frozen
class Misfit:
    """One thing wrong: where, what was there, what may be there."""

    path: str
    found: str
    allowed: str


def decode(shape: type[T], params: Mapping[str, Any]) -> T | tuple[Misfit, ...]:
    """A record of `shape`, or everything that is wrong with `params`."""
    try:
        return _CONVERTER.structure(params, shape)
    except Exception as error:
        misfits = tuple(_misfits(error, ""))
        if not misfits:
            raise
        return misfits


def refusal_of(misfits: tuple[Misfit, ...]) -> Refusal:
    """The refusal `params_invalid`: every misfit in its data, the first ones in its message."""
    text = "; ".join(f"{fault.path}: found {fault.found}, allowed: {fault.allowed}" for fault in misfits[:3])
    rows = [{"path": fault.path, "found": fault.found, "allowed": fault.allowed} for fault in misfits]
    return Refusal("params_invalid", f"the parameters do not fit: {text}", {"problems": rows})


def _misfits(error: BaseException, path: str) -> list[Misfit]:
    match error:
        case ClassValidationError():
            return [fault for part in error.exceptions for fault in _misfits(part, _join(path, _place(part)))]
        case ForbiddenExtraKeysError():
            allowed = ", ".join(_fields(error.cl)) or "no parameters at all"
            return [Misfit(_join(path, name), "an unknown field", allowed) for name in sorted(error.extra_fields)]
        case Unfit():
            return [Misfit(_join(path, error.path), str(error.found), error.allowed)]
        case KeyError():
            return [Misfit(path or str(error.args[0]), "nothing", "this field is required")]
    return []


def _place(error: BaseException) -> str:
    """The field that cattrs noted beside an error, or nothing."""
    return next((note.name for note in getattr(error, "__notes__", ()) if hasattr(note, "name")), "")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


def _fields(shape: Any) -> tuple[str, ...]:
    return tuple(attribute.name for attribute in shape.__attrs_attrs__)


def _exactly(kind: type[T]) -> Callable[[Any, Any], T]:
    def check(value: Any, _: Any) -> T:
        if type(value) is not kind:
            raise Unfit("", kind_of(value), _WORDS[kind])
        return value

    return check


def kind_of(value: object) -> str:
    """What a JSON value is, in words, with the value itself where it is short."""
    if isinstance(value, (dict, list)):
        return _WORDS[type(value)]
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else _WORDS[type(value)]


def _choice(value: Any, shape: Any) -> Any:
    if not isinstance(value, str) or value not in shape.__args__:
        raise Unfit("", kind_of(value), ", ".join(shape.__args__))
    return value


def _texts(value: Any, _: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Unfit("", kind_of(value), "a list of texts")
    return tuple(value)


def _object(value: Any, _: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unfit("", kind_of(value), "an object")
    return value


def _origin(shape: Any) -> object:
    return get_origin(shape)


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook_func(lambda shape: _origin(shape) is Mapping, _object)
    converter.register_structure_hook_func(lambda shape: shape == tuple[str, ...], _texts)
    converter.register_structure_hook_func(lambda shape: _origin(shape) is Literal, _choice)
    return converter


_CONVERTER = _converter()

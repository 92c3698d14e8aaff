"""JSON Schema 2020-12: whether a schema may be used, and whether a value fits it. Fetches nothing, and no pattern can hang it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from attrs import field, frozen

__all__ = ["SchemaError", "check_schema", "matcher", "validate"]

MAX_ERRORS: Final = 50
MAX_WEIGHT: Final = 10_000
# Keywords that put further schemas on the same value: without a bound on them, n lines can ask for 2^n checks.
IN_PLACE_LISTS: Final = ("allOf", "anyOf", "oneOf")
IN_PLACE_MAPS: Final = ("dependentSchemas",)
IN_PLACE: Final = ("not", "if", "then", "else")


@frozen
class SchemaError:
    """One misfit. `path` is the place in the value (or in the schema itself), as `$.entries[0].name`.

    `word` is the schema's word that is not met, such as `required`, `expected` what stands behind it, `found` the value there.
    """

    path: str
    message: str
    word: str = field(default="", eq=False)
    expected: tuple[str, ...] = field(default=(), eq=False)
    found: Any = field(default=None, eq=False)


def check_schema(schema: Any) -> list[SchemaError]:
    """What is wrong with a schema; nothing when it can be used. `$ref` may only point into the schema itself."""
    if type(schema) not in {dict, bool}:
        return [SchemaError("$", "a schema is a mapping, or true or false")]
    from jsonschema_rs import ValidationError  # noqa: PLC0415 - 25 ms, and only a workflow with schemas needs it

    try:
        _compiled(_text(schema))
    except ValidationError as error:
        return [SchemaError(_place(error.instance_path), error.message)]
    except (TypeError, ValueError) as error:
        return [SchemaError("$", str(error))]
    if _weight(schema) > MAX_WEIGHT:
        return [SchemaError("$", f"its references multiply to more than {MAX_WEIGHT} checks of one value; make it flatter")]
    return []


def validate(schema: Any, instance: Any) -> list[SchemaError]:
    """Where a value does not fit a sound schema: nothing when it does, at most 50 entries else."""
    validator = _compiled(_text(schema))
    if validator.is_valid(instance):
        return []
    found: list[SchemaError] = []
    for error in validator.iter_errors(instance):
        missing = getattr(error.kind, "property", None)  # a place of its own, though nothing stands there
        path = [*error.instance_path, missing] if isinstance(missing, str) else error.instance_path
        kind = error.kind
        expected = getattr(kind, "types", None) or getattr(kind, "options", None) or ()
        told = tuple(str(one) for one in expected) if isinstance(expected, list | tuple) else ()
        found.append(SchemaError(_place(path), error.message[:500], str(kind.name), told, error.instance))
        if len(found) == MAX_ERRORS:
            break
    return found


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a text holds what the regular expression means, found in linear time. Raises ValueError where it is none, or goes back."""
    validator = _compiled(_text({"pattern": pattern}))
    return lambda text: bool(validator.is_valid(text))


def _text(schema: Any) -> bytes:
    import orjson  # noqa: PLC0415 - kept out of the import of the model

    return orjson.dumps(schema)


@lru_cache(maxsize=256)
def _compiled(text: bytes) -> Any:
    """The validator of a schema. The plain regex engine has no back-tracking, so matching takes linear time."""
    import orjson  # noqa: PLC0415 - kept out of the import of the model
    from jsonschema_rs import Draft202012Validator, RegexOptions  # noqa: PLC0415 - 25 ms

    return Draft202012Validator(orjson.loads(text), retriever=_refuse, pattern_options=RegexOptions(), validate_formats=True)


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri} is outside of this schema, and nothing is fetched; put it under $defs")


def _place(path: list[str | int]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _weight(root: Any) -> int:
    """The most schemas that one value can meet at one place, following references; a cycle counts once."""
    weights: dict[int, int] = {}
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        schema, parts_done = stack.pop()
        if parts_done:
            weights[id(schema)] += sum(weights.get(id(part), 1) for part in _in_place(schema, root))
        elif isinstance(schema, dict | list) and id(schema) not in weights:
            weights[id(schema)] = 1
            stack.append((schema, True))
            stack += [(part, False) for part in (schema.values() if isinstance(schema, dict) else schema)]
            stack += [(part, False) for part in _in_place(schema, root)]
    return max(weights.values(), default=1)


def _in_place(schema: Any, root: Any) -> list[Any]:
    if type(schema) is not dict:
        return []
    parts = [schema[key] for key in IN_PLACE if key in schema]
    parts += [part for key in IN_PLACE_LISTS for part in schema.get(key, ())]
    parts += [part for key in IN_PLACE_MAPS for part in schema.get(key, {}).values()]
    if type(ref := schema.get("$ref")) is str and (target := _resolve(ref, root)) is not None:
        parts.append(target)
    return parts


def _resolve(ref: str, root: Any) -> Any:
    """The target of a reference by pointer; anchors and ids are left to the validator."""
    if not ref.startswith("#"):
        return None
    here = root
    for step in ref[1:].split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        here = here.get(key) if type(here) is dict else None
    return here

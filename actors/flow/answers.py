"""What an agent answers by a schema: whether it is what was asked for, and which markers follow from it (flow spec 8.3). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from actors.flow.blocks import find_block, read_json
from actors.workflow.marker_rules import markers_of
from actors.workflow.schema import SchemaError, validate
from storage.strict_json import BadJson

__all__ = ["Answered", "Unmet", "read_answer"]

TOLD: Final = 5
"""How many misfits are told."""
LONGEST: Final = 200


@frozen
class Answered:
    """The object as a whole, its markers (sorted) and its context."""

    value: Mapping[str, Any]
    markers: tuple[str, ...]
    context: str


@frozen
class Unmet:
    """Why an answer is none: the code and field of the first misfit, and all of them in words."""

    code: str
    message: str
    detail: Mapping[str, Any]


def read_answer(text: str, schema: Any) -> Answered | Unmet:
    """The answer in the last block of the text, or in a text that is nothing but JSON."""
    inner = find_block(text)
    if inner is None and text.lstrip().startswith(("{", "```")):
        inner = text
    if inner is None:
        return Unmet("flow_output_missing", "The answer does not end with the block that was asked for. End it with exactly that.", {})
    try:
        value = read_json(inner)
    except BadJson as error:
        return Unmet("flow_output_invalid_json", f"What stands in the block is not JSON: {error}. Write one JSON object.", {})
    if not isinstance(value, dict):
        return Unmet("flow_output_not_an_object", "What stands in the block is no JSON object. Write one, in braces.", {})
    misfits = validate(schema, value)
    if misfits:
        return _unmet(misfits)
    rules = schema.get("markers") if isinstance(schema, dict) else None
    return Answered(value, markers_of(rules, value), _context(schema, value))


def _unmet(misfits: list[SchemaError]) -> Unmet:
    """The code of the first: a field that is missing says more than a type that is another one."""
    first = min(misfits, key=lambda one: one.word != "required")
    field = _field(first)
    errors = [{"path": _field(one), "message": one.message} for one in misfits[:TOLD]]
    more = f" ({len(misfits) - 1} more)" if len(misfits) > 1 else ""
    found = str(first.found)[:LONGEST]
    match first.word:
        case "required":
            return Unmet("flow_output_field_missing", f"The field {field} is missing.{more}", {"field": field, "errors": errors})
        case "type":
            expected = " or ".join(first.expected)
            text = f"The field {field} is to be of the type {expected}, and is {_kind(first.found)}.{more}"
            return Unmet(
                "flow_output_field_type", text, {"field": field, "expected": expected, "found": _kind(first.found), "errors": errors}
            )
        case "enum":
            text = f"The field {field} is {found!r}, and may be {', '.join(first.expected)}.{more}"
            detail = {"field": field, "value": first.found, "choices": list(first.expected), "errors": errors}
            return Unmet("flow_output_field_enum", text, detail)
    text = f"{f'The field {field}' if field else 'The answer'} does not fit the schema: {first.message}.{more}"
    return Unmet("flow_output_schema_unmet", text, {"field": field, "errors": errors})


def _field(misfit: SchemaError) -> str:
    return misfit.path.removeprefix("$").removeprefix(".")


def _kind(value: Any) -> str:
    words = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return words.get(type(value), "null")


def _context(schema: Any, value: Mapping[str, Any]) -> str:
    """The field `context`, else `summary`, else the first text in the order of the schema."""
    fields = schema if isinstance(schema, dict) else {}
    order = fields.get("order") or list(fields.get("properties") or {})
    names = ("context", "summary", *(name for name in order if isinstance(name, str)))
    return next((found for name in names if isinstance(found := value.get(name), str)), "")

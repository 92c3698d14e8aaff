"""Schemas of answers: fields as people write them, or a JSON Schema, and rules for markers; both become one form (flow spec 8.3).

That form is a JSON Schema (2020-12) with two remarks of ours in it: `order`, in which the fields were written, and `markers`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from actors.workflow.form import ABSENT, Form, kind_word
from actors.workflow.marker_rules import FORMS, read_rule
from actors.workflow.problems import Path, Report

__all__ = ["read_output_schema"]

TYPES: Final = ("string", "number", "boolean", "enum(a, b)", "array", "object")
PLAIN: Final = ("string", "number", "boolean", "object")
FIELD_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
ENUM: Final = re.compile(r"enum\(([^()]*+)\)")
DEEPEST: Final = 8


def read_output_schema(report: Report, path: Path, tree: Any) -> Any:
    """The schema as a JSON Schema; what is wrong with its fields and with its rules for markers goes to the report."""
    if type(tree) is not dict:
        return tree
    schema = _of_fields(report, path, tree) if "fields" in tree else tree
    if "markers" in schema:
        _check_rules(report, (*path, "markers"), schema)
    return schema


def _of_fields(report: Report, path: Path, tree: dict[str, Any]) -> dict[str, Any]:
    form = Form(report, path, tree)
    fields, rules = form.take("fields"), form.take("markers")
    made = _object(report, (*path, "fields"), None if fields is ABSENT else fields, 0)
    name = form.text("name")
    form.close("a schema with fields")
    found = {"type": "object", **made, "order": list(made["properties"])}
    if name is not None:
        found["title"] = name
    return found if rules is ABSENT else found | {"markers": rules}


def _object(report: Report, path: Path, fields: Any, depth: int) -> dict[str, Any]:
    """`properties` and `required` of fields by name, or of a list of fields with names."""
    if type(fields) is list:
        fields = {
            str(one["name"]): {key: one[key] for key in one if key != "name"} for one in fields if type(one) is dict and "name" in one
        }
    if type(fields) is not dict or not fields:
        message = f"Fields are a mapping of names to types, and this is {kind_word(fields)}. Write {{approved: boolean}}."
        report.add("schema_field_invalid", path, message, allowed=["{name: type}"])
        return {"properties": {}, "required": []}
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, spec in fields.items():
        if not FIELD_NAME.fullmatch(name):
            message = f"{name[:80]!r} is no name of a field. Use letters, digits, dash and underscore."
            report.add("schema_field_invalid", (*path, name), message, found=name, allowed=[FIELD_NAME.pattern])
        properties[name], needed = _field(report, (*path, name), spec, depth)
        if needed:
            required.append(name)
    return {"properties": properties, "required": required}


def _field(report: Report, path: Path, spec: Any, depth: int) -> tuple[dict[str, Any], bool]:
    """One field by its type, or by a mapping that says more of it; and whether it has to be there."""
    if type(spec) is not dict:
        return _type(report, path, spec, None, depth), True
    form = Form(report, path, spec)
    form.require("type")
    word, items = form.take("type"), form.take("items")
    found = _type(report, path, None if word is ABSENT else word, None if items is ABSENT else items, depth)
    described, examples = form.text("desc", "description"), form.take("examples")
    needed = form.flag("required", default=True)
    form.close("a field")
    if described:
        found["description"] = described
    if type(examples) in {list, str, int, float, bool}:
        found["examples"] = examples if type(examples) is list else [examples]
    return found, needed


def _type(report: Report, path: Path, word: Any, items: Any, depth: int) -> dict[str, Any]:
    if word == "array" and items is not None:
        if type(items) is dict and depth < DEEPEST:
            return {"type": "array", "items": {"type": "object", **_object(report, (*path, "items"), items, depth + 1)}}
        return {"type": "array", "items": _type(report, (*path, "items"), items, None, depth)}
    if word in PLAIN or word == "array":
        return {"type": word}
    found = ENUM.fullmatch(word) if type(word) is str else None
    choices = [text for part in found[1].split(",") if (text := part.strip())] if found is not None else []
    if choices:
        return {"type": "string", "enum": list(dict.fromkeys(choices))}
    shown = word if type(word) is str else kind_word(word)
    report.add(
        "schema_field_invalid", path, f"{shown[:80]!r} is no type of a field. Types: {', '.join(TYPES)}.", found=shown, allowed=TYPES
    )
    return {}


def _check_rules(report: Report, path: Path, schema: dict[str, Any]) -> None:
    """A rule that is none, or looks at a field that there is not, would never hold."""
    rules, fields = schema["markers"], schema.get("properties")
    if type(rules) is not dict:
        message = f"Rules for markers are a mapping of names to rules, and this is {kind_word(rules)}."
        report.add("schema_marker_invalid", path, message, allowed=["{name: rule}"])
        return
    for name, text in rules.items():
        rule = read_rule(text) if type(text) is str else None
        if rule is None:
            shown = text if type(text) is str else kind_word(text)
            message = (
                f"The rule {shown[:80]!r} of the marker {name[:80]} is none, so the marker would never come. Forms: {'; '.join(FORMS)}."
            )
            report.add("schema_marker_invalid", (*path, name), message, found=shown, allowed=FORMS)
        elif type(fields) is dict and rule.field not in fields:
            near = report.similar(rule.field, fields)
            message = f"The marker {name[:80]} looks at the field {rule.field[:80]!r}, which the schema does not have.{near}"
            report.add("schema_marker_invalid", (*path, name), message, found=text, allowed=sorted(fields)[:50])

"""What an agent answers by a schema (flow spec 8.3)."""

from __future__ import annotations

from typing import Any

import pytest

from actors.flow.answers import Answered, Unmet, read_answer

SCHEMA = {
    "type": "object", "required": ["verdict"], "order": ["note", "verdict"],
    "properties": {
        "verdict": {"type": "string", "enum": ["ship", "hold"]}, "note": {"type": "string"}, "n": {"type": "number", "maximum": 9},
        "findings": {"type": "array", "items": {"type": "object", "required": ["line"], "properties": {"line": {"type": "number"}}}},
    },
    "markers": {"ships": "verdict == ship", "big": "n > 3"},
}  # fmt: skip


def block(text: str) -> str:
    return f"So much for that.\n<<<FLOW_OUTPUT>>>\n{text}\n<<<END_FLOW_OUTPUT>>>\n"


def answered(text: str, schema: Any = SCHEMA) -> Answered:
    found = read_answer(text, schema)
    assert isinstance(found, Answered), found
    return found


def test_the_object_is_kept_whole_and_says_markers_and_context_by_the_schema() -> None:
    found = answered(block('{"verdict": "ship", "note": "all well", "n": 5, "more": [1]}'))
    assert found == Answered({"verdict": "ship", "note": "all well", "n": 5, "more": [1]}, ("big", "ships"), "all well")
    assert answered('```json\n{"verdict": "hold",}\n```').markers == ()


@pytest.mark.parametrize(
    ("more", "context"),
    [('"context": "c", "summary": "s"', "c"), ('"summary": "s", "note": "n"', "s"), ('"context": 3, "note": "n"', "n"), ('"n": 3', "hold")],
)
def test_the_context_is_the_first_text_that_says_it(more: str, context: str) -> None:
    assert answered(block(f'{{"verdict": "hold", {more}}}')).context == context


def test_a_schema_without_fields_has_the_usual_markers_and_no_context() -> None:
    assert answered(block('{"approved": false, "n": "x"}'), True) == Answered({"approved": False, "n": "x"}, ("not_approved",), "")


@pytest.mark.parametrize(
    ("text", "code", "detail"),
    [
        ("no block", "flow_output_missing", {}),
        (block('{"verdict": ship}'), "flow_output_invalid_json", {}),
        (block('["ship"]'), "flow_output_not_an_object", {}),
        (block('{"n": "x"}'), "flow_output_field_missing", {"field": "verdict"}),
        (block('{"verdict": "hold", "n": "x"}'), "flow_output_field_type", {"field": "n", "expected": "number", "found": "string"}),
        (block('{"verdict": "hold", "n": null}'), "flow_output_field_type", {"field": "n", "expected": "number", "found": "null"}),
        (
            block('{"verdict": "keep"}'), "flow_output_field_enum", {"field": "verdict", "value": "keep", "choices": ["ship", "hold"]},
        ),
        (block('{"verdict": "hold", "findings": [3]}'), "flow_output_field_type", {"field": "findings[0]"}),
        (block('{"verdict": "hold", "findings": [{}]}'), "flow_output_field_missing", {"field": "findings[0].line"}),
        (block('{"verdict": "hold", "n": 10}'), "flow_output_schema_unmet", {"field": "n"}),
    ],
    ids=["missing", "json", "object", "field", "type", "null", "enum", "item", "sub", "other"],
)  # fmt: skip
def test_what_is_not_as_asked_for_has_a_code_of_its_own(text: str, code: str, detail: dict[str, Any]) -> None:
    found = read_answer(text, SCHEMA)
    assert isinstance(found, Unmet)
    assert (found.code, {key: found.detail.get(key) for key in detail}) == (code, detail)
    assert not detail or detail["field"] in found.message

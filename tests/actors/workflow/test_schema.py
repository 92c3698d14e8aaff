from __future__ import annotations

from typing import Any

import pytest

from actors.workflow.schema import check_schema, validate


@pytest.mark.parametrize(
    "schema",
    [
        True, False, {}, {"type": "object", "required": ["a"]}, {"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}},
        {"$ref": "https://json-schema.org/draft/2020-12/schema"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [{"type": "integer"}]}, {"pattern": "^a+$"},
        {"$ref": "#"},
        {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}}, {"$defs": {"a~/b": True}, "$ref": "#/$defs/a~0~1b"},
        {"if": {"type": "string"}, "then": {"minLength": 1}, "else": True, "not": False, "dependentSchemas": {"a": {"required": ["b"]}}},
        {"$anchor": "x", "properties": {"a": {"$ref": "#x"}}},
    ],
)  # fmt: skip
def test_a_sound_schema_has_no_problems(schema: Any) -> None:
    assert check_schema(schema) == []


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        (5, "$"), ([], "$"), ({"type": "nope"}, "$.type"), ({"properties": {"a": {"minimum": "x"}}}, "$.properties.a.minimum"),
        ({"pattern": "("}, "$.pattern"),
        ({"$ref": "#/$defs/none"}, "$"), ({"allOf": [{"type": 5}]}, "$.allOf[0].type"), ({"pattern": "(?=a)b"}, "$.pattern"),
        ({"pattern": r"(a)\1"}, "$.pattern"),
        ({"pattern": "(a{1,1000}){1,1000}"}, "$.pattern"),
    ],
)  # fmt: skip
def test_an_unsound_schema_is_refused_with_its_place(schema: Any, path: str) -> None:
    (error,) = check_schema(schema)
    assert error.path == path
    assert error.message


@pytest.mark.parametrize(
    "ref", ["http://127.0.0.1:9/x.json", "https://example.org/s", "file:///etc/passwd", "other.json", "json-schema:///x"]
)
def test_nothing_is_fetched(ref: str) -> None:
    (error,) = check_schema({"$ref": ref})
    assert error.path == "$"


def test_references_that_multiply_are_refused_before_they_can_cost_anything() -> None:
    chain = {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(64)}
    (error,) = check_schema({"$ref": "#/$defs/a0", "$defs": {**chain, "a64": True}})
    assert "multiply" in error.message


def test_a_long_chain_of_references_needs_no_stack() -> None:
    chain: dict[str, Any] = {f"a{i}": {"$ref": f"#/$defs/a{i + 1}"} for i in range(3_000)}
    assert check_schema({"$ref": "#/$defs/a0", "$defs": {**chain, "a3000": True}}) == []


def test_a_pattern_matches_in_linear_time() -> None:
    schema = {"type": "string", "pattern": "^(a+)+$"}
    assert check_schema(schema) == []
    assert len(validate(schema, "a" * 200_000 + "!")) == 1


def test_a_schema_nested_too_deep_for_the_validator_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"properties": {"a": deep}}
    assert [error.path for error in check_schema(deep)] == ["$"]


def test_misfits_name_their_places() -> None:
    schema = {"type": "object", "required": ["b"], "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}
    assert validate(schema, {"b": 1, "a": [1]}) == []
    found = validate(schema, {"a": [1, "x"]})
    assert sorted(error.path for error in found) == ["$.a[1]", "$.b"]  # what is missing has a place, too
    assert all(error.message for error in found)


def test_the_list_of_misfits_is_bounded() -> None:
    found = validate({"items": {"type": "integer"}}, ["x" * 10_000] * 1_000)
    assert len(found) == 50
    assert all(len(error.message) <= 500 for error in found)


def test_formats_are_checked() -> None:
    assert len(validate({"format": "date"}, "yesterday")) == 1
    assert validate({"format": "date"}, "2026-01-31") == []

"""Schemas of answers: fields as people write them, rules for markers, and what is refused of either (flow spec 8.3)."""

from __future__ import annotations

from typing import Any

import pytest

from actors.workflow.canonical import decode, encode
from actors.workflow.marker_rules import markers_of, read_rule
from tests.actors.workflow.samples import loaded, wrong

FINDINGS = {"findings": [{"severity": "critical"}, {"severity": "critical"}, {"severity": "low"}, "no object"]}
FIELDS: dict[str, Any] = {
    "approved": "boolean",
    "verdict": {"type": "enum(ship, hold)", "desc": "What is to be done.", "examples": ["ship"]},
    "findings": {"type": "array", "items": {"severity": "enum(low, critical)", "line": {"type": "number", "required": False}}},
    "tags": {"type": "array", "items": "string", "required": False},
    "rest": {"type": "object", "required": False},
    "any": {"type": "array", "required": False},
}


@pytest.mark.parametrize(
    ("rule", "answer", "holds"),
    [
        ("findings[severity == critical].length > 1", FINDINGS, True),
        ("findings[severity == critical].length == 1", FINDINGS, False),
        ("findings[severity == high].length < 1", FINDINGS, True),
        ("findings[severity == high].length < 1", {"findings": "text"}, False),
        ("findings.length > 3", FINDINGS, True),
        ("summary.length == 4", {"summary": "text"}, True),
        ("n.length == 4", {"n": 1234}, False),
        ("approved == true", {"approved": True}, True),
        ("approved == false", {"approved": False}, True),
        ("approved == 1", {"approved": True}, False),
        ("verdict == needs more work", {"verdict": "needs more work"}, True),
        ("n == 2.5", {"n": 2.5}, True),
        ("n == two", {"n": 2}, False),
        ("n == 2", {}, False),
        ("n < -1", {"n": -2}, True),
        ("n > 1", {"n": "2"}, False),
        ("n > 0", {"n": True}, False),
    ],
)
def test_fl112_a_rule_holds_or_does_not(rule: str, answer: dict[str, Any], *, holds: bool) -> None:
    assert markers_of({"m": rule}, answer) == (("m",) if holds else ())


@pytest.mark.parametrize(
    "rule", ["x @@ foo", "", "field.length", "n >= 1", "n <= 1", 'f == "x"', "f == ", "f.length > x", "x == " + "y" * 500]
)
def test_fl112_what_is_no_rule_is_false_and_refused_when_the_schema_is_loaded(rule: str) -> None:
    assert read_rule(rule) is None
    assert markers_of({"m": rule}, {"f": "x", "n": 1, "field": []}) == ()
    assert wrong(schemas={"s": {"fields": {"n": "number"}, "markers": {"m": rule}}}) == [("schema_marker_invalid", "schemas.s.markers.m")]


def test_without_rules_findings_and_approval_are_markers() -> None:
    found = {"approved": False, "findings": [{"severity": "critical"}, {"severity": "high"}]}
    assert markers_of(None, found) == ("has_critical_findings", "has_findings", "has_high_findings", "not_approved")
    assert markers_of(None, {"approved": True, "findings": []}) == markers_of({}, found) == ()


def test_fields_become_a_json_schema_that_keeps_their_order_and_survives_the_store() -> None:
    workflow = loaded(schemas={"review": {"name": "Review", "fields": FIELDS, "markers": {"many": "findings.length > 1"}}})
    schema = workflow.schemas["review"]
    assert schema == {
        "type": "object", "title": "Review", "order": list(FIELDS), "required": ["approved", "verdict", "findings"],
        "markers": {"many": "findings.length > 1"},
        "properties": {
            "approved": {"type": "boolean"},
            "verdict": {"type": "string", "enum": ["ship", "hold"], "description": "What is to be done.", "examples": ["ship"]},
            "findings": {
                "type": "array",
                "items": {
                    "type": "object", "required": ["severity"],
                    "properties": {"severity": {"type": "string", "enum": ["low", "critical"]}, "line": {"type": "number"}},
                },
            },
            "tags": {"type": "array", "items": {"type": "string"}}, "rest": {"type": "object"}, "any": {"type": "array"},
        },
    }  # fmt: skip
    assert decode(encode(workflow)).schemas["review"] == schema
    listed = loaded(schemas={"s": {"fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "number", "examples": 3}]}})
    assert listed.schemas["s"]["order"] == ["a", "b"]
    assert listed.schemas["s"]["properties"]["b"] == {"type": "number", "examples": [3]}


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"fields": {}}, [("schema_field_invalid", "schemas.s.fields")]),
        ({"fields": "a"}, [("schema_field_invalid", "schemas.s.fields")]),
        ({"fields": {"a b": "string"}}, [("schema_field_invalid", "schemas.s.fields.a b")]),
        ({"fields": {"a": "text"}}, [("schema_field_invalid", "schemas.s.fields.a")]),
        ({"fields": {"a": "enum()"}}, [("schema_field_invalid", "schemas.s.fields.a")]),
        ({"fields": {"a": None}}, [("schema_field_invalid", "schemas.s.fields.a")]),
        ({"fields": {"a": {"type": "array", "items": "list"}}}, [("schema_field_invalid", "schemas.s.fields.a.items")]),
        ({"fields": {"a": {"items": "string"}}}, [("key_missing", "schemas.s.fields.a"), ("schema_field_invalid", "schemas.s.fields.a")]),
        ({"fields": {"a": {"type": "string", "typ": 1}}}, [("key_unknown", "schemas.s.fields.a.typ")]),
        ({"fields": {"a": "string"}, "marker": {}}, [("key_unknown", "schemas.s.marker")]),
        ({"type": "object", "markers": []}, [("schema_marker_invalid", "schemas.s.markers")]),
        ({"type": "object", "markers": {"m": 3}}, [("schema_marker_invalid", "schemas.s.markers.m")]),
        ({"properties": {"a": {}}, "markers": {"m": "b == 1"}}, [("schema_marker_invalid", "schemas.s.markers.m")]),
    ],
    ids=lambda value: None,
)
def test_a_schema_that_is_written_wrong_is_refused_with_its_place(schema: Any, found: list[tuple[str, str]]) -> None:
    assert wrong(schemas={"s": schema}) == found

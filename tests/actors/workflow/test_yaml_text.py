from __future__ import annotations

from typing import Any

import pytest

from actors.workflow.problems import Report
from actors.workflow.tree import MAX_BYTES, UNREADABLE
from actors.workflow.yaml_text import read_yaml
from tests.actors.workflow.samples import problems


def read(text: str) -> Any:
    report = Report("t.yaml")
    tree = read_yaml(text, report)
    assert report.problems == []
    return tree


def codes(text: str) -> list[str]:
    report = Report("t.yaml")
    read_yaml(text, report)
    return [problem.code for problem in report.problems]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("False", False), ("yes", "yes"), ("on", "on"), ("NO", "NO"), ("12", 12),
        ("+12", 12), ("-0", 0), ("012", 12), ("0o17", 15), ("0xff", 255), ("1_000", "1_000"), ("0b1", "0b1"), ("-0x1", "-0x1"),
        ("1.5", 1.5),
        ("1e3", 1000.0), ("-.5", -0.5), ("3.", 3.0), (".", "."), ("-", "-"), ("1:30", "1:30"), ("2026-01-01", "2026-01-01"),
        ("1.2.3", "1.2.3"),
        ("9223372036854775807", 2**63 - 1), ("'12'", "12"), ('"true"', "true"), ("|-\n    x\n    y", "x\ny"), ("a #b", "a"), ("+", "+"),
        ("=", "="),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema_of_yaml_1_2(scalar: str, value: Any) -> None:
    if scalar == "-":
        scalar = "'-'"
    found = read(f"k: {scalar}\n")["k"]
    assert found == value
    assert type(found) is type(value)


def test_the_key_named_on_is_text() -> None:
    assert read("on: 1\nyes: 2\n") == {"on": 1, "yes": 2}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1", "yaml_anchor"), ("a: &x [1]", "yaml_anchor"), ("a: !!str 1", "yaml_tag"), ("a: ! 1", "yaml_tag"),
        ("a: !x {b: 1}", "yaml_tag"),
        ("<<: {a: 1}", "yaml_merge_key"), ("%YAML 1.1\n---\na: 1", "yaml_directive"), ("%TAG ! x:\n---\na: 1", "yaml_directive"),
        ("a: 1\n---\nb: 1", "yaml_several_documents"), ("a: 1\na: 2", "key_duplicate"), ("1: a", "key_not_text"),
        ("null: a", "key_not_text"),
        ("? [a]\n: b", "key_not_text"), ("? {a: b}\n: c", "key_not_text"), ("a: .inf", "number_out_of_range"),
        ("a: .nan", "number_out_of_range"),
        ("a: 1e999", "number_out_of_range"), ("a: 9223372036854775808", "number_out_of_range"), ("a: " + "9" * 5000, "number_out_of_range"),
        ('a: "\\0"', "text_invalid"), ('a: "\\uD800"', "text_invalid"), ('"\\0": 1', "text_invalid"), ("a: \ud800", "text_invalid"),
        ("a: [", "yaml_syntax"), ("a: b: c", "yaml_syntax"), ("\ta: b", "yaml_syntax"), ("a: \x07", "yaml_syntax"), ("@", "yaml_syntax"),
        ("[" * 40, "file_too_deep"), ("a: *x", "yaml_alias"), ("*x : 1", "yaml_alias"), ("x: " + "y" * MAX_BYTES, "file_too_large"),
    ],
)  # fmt: skip
def test_what_is_outside_the_safe_core_is_refused(text: str, code: str) -> None:
    assert code in codes(text)


def test_an_alias_is_named_beside_its_anchor_and_reading_goes_on() -> None:
    assert codes("a: &x 1\nb: *x\nc: .inf") == ["yaml_anchor", "yaml_alias", "number_out_of_range"]


def test_a_billion_laughs_are_not_expanded() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"] + [
        f"{b}: &{b} [{', '.join(['*' + a] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    assert set(codes("\n".join(lines))) == {"yaml_anchor", "yaml_alias"}


def test_a_nesting_of_32_is_read_and_one_more_is_not() -> None:
    assert codes("[" * 32 + "]" * 32) == []
    assert codes("[" * 33 + "]" * 33) == ["file_too_deep"]


def test_an_empty_text_is_nothing() -> None:
    assert read("") is None
    assert read("# only a remark\n") is None


def test_a_text_that_cannot_be_read_has_no_tree() -> None:
    assert read_yaml("a: [", Report("t.yaml")) is UNREADABLE


def test_every_key_and_item_has_its_line_and_column() -> None:
    report = Report("t.yaml")
    read_yaml("a: 1\nb:\n  - x\n  - c: 2\n", report)
    assert report.place(("a",)) == (1, 1)
    assert report.place(("b", 0)) == (3, 5)
    assert report.place(("b", 1, "c")) == (4, 5)
    assert report.place(("b", 1, "c", "deeper")) == (4, 5)
    assert report.place(("nowhere",)) == (1, 1)


def test_a_syntax_error_has_a_place() -> None:
    (problem,) = problems("workflow: w\nnodes: [\n")
    assert (problem.code, problem.file, problem.line, problem.column) == ("yaml_syntax", "w.yaml", 3, 1)


def test_a_duplicate_names_both_places() -> None:
    found = [problem for problem in problems("workflow: w\nworkflow: v\nnodes: []\n") if problem.code == "key_duplicate"]
    assert [(problem.line, problem.column) for problem in found] == [(2, 1)]
    assert "line 1, column 1" in found[0].message

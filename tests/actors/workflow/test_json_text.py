from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.workflow.json_text import read_json
from actors.workflow.problems import Report
from actors.workflow.tree import FILE, STORED, UNREADABLE
from tests.actors.workflow.samples import problems

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


def codes(text: str) -> list[str]:
    report = Report("t.json")
    read_json(text, report)
    return [problem.code for problem in report.problems]


@given(JSON, st.sampled_from([None, 1]))
def test_what_json_writes_is_read_back(value: Any, indent: int | None) -> None:
    report = Report("t.json")
    assert read_json(json.dumps(value, indent=indent), report) == value
    assert report.problems == []


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[", "[1", "[1,", "[1,]", "[,]", "{,}", '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', "{a:1}", "{1:1}", "[1 2]",
        "1 2", "nul",
        "NaN", "Infinity", "-", "01", "1.", ".5", "+1", "0x1", "'a'", '"a', '"\\q"', '"\n"', "[1}", "{]", "// x\n1", "\ufeff1", "[1],",
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused_at_its_place(text: str) -> None:
    report = Report("t.json")
    assert read_json(text, report) is UNREADABLE
    (problem,) = report.problems
    assert problem.code == "json_syntax"
    assert problem.line >= 1
    assert problem.column >= 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a":1,"a":2}', "key_duplicate"), ('{"a":1,"\\u0061":2}', "key_duplicate"), ('"\\ud800"', "text_invalid"),
        ('"\\u0000"', "text_invalid"),
        ('{"\\u0000":1}', "text_invalid"), ("9223372036854775808", "number_out_of_range"), ("-9223372036854775809", "number_out_of_range"),
        ("9" * 5000, "number_out_of_range"), ("1e999", "number_out_of_range"), ("[" * 33, "file_too_deep"), ('{"a":' * 33, "file_too_deep"),
        ('"' + "x" * FILE.size + '"', "file_too_large"), ('"\ud800"', "text_invalid"),
    ],
)  # fmt: skip
def test_what_json_allows_and_we_do_not_is_refused(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_the_ends_of_64_bits_are_read() -> None:
    report = Report("t.json")
    assert read_json("[9223372036854775807, -9223372036854775808]", report) == [2**63 - 1, -(2**63)]
    assert report.problems == []


def test_what_is_stored_may_be_larger_and_deeper_than_a_file() -> None:
    text = "[" * 40 + "]" * 40
    assert codes(text) == ["file_too_deep"]
    report = Report("stored")
    assert read_json(text + " " * FILE.size, report, STORED) is not UNREADABLE


def test_a_large_file_is_remarked_upon() -> None:
    report = Report("t.json")
    read_json('"' + "x" * (FILE.size // 2) + '"', report)
    assert [problem.code for problem in report.warnings] == ["file_large"]


def test_places_count_from_one() -> None:
    report = Report("t.json")
    read_json('{\n  "a": 1,\n  "b": [true,\n 2]}', report)
    assert [report.place(path) for path in (("a",), ("b",), ("b", 0), ("b", 1))] == [(2, 3), (3, 3), (3, 9), (4, 2)]


def test_an_error_in_a_json_file_has_its_place() -> None:
    (problem,) = problems('{"workflow": "w",\n "nodes": [{"id": "a", "command": 5}]}', "json")
    assert (problem.code, problem.line, problem.column, problem.path) == ("value_type", 2, 24, "nodes[0].command")

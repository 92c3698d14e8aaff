from __future__ import annotations

import math
from typing import Any

import pytest

from actors.workflow.condition import compile_condition
from tests.actors.workflow.condition.cases import SCOPE, failure, value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1 == 1.0", True), ("1 != 1.0", False), ("true == 1", False), ("false == 0", False), ("null == null", True),
        ("null == 0", False), ("'1' == 1", False),
        ("[1, 2] == [1.0, 2]", True), ("[1] == [1, 2]", False), ("[1] == [true]", False), ('{"a": 1} == {"a": 1.0}', True),
        ('{"a": 1} == {"b": 1}', False), ("[] == {}", False),
        ("1 < 1.5", True), ("2 <= 2", True), ("2 <= 1", False), ("2 >= 3", False), ("3 >= 3.0", True), ("'a' < 'b'", True),
        ("'b' >= 'a'", True), ("false < true", True), ("2 > 1", True),
        ("1 in [1.0]", True), ("true in [1]", False), ('"a" in {"a": 1}', True), ("1 in {}", False), ("[1] in [[1]]", True),
        ("inputs.s in ['text']", True),
        ("7 / 2", 3), ("-7 / 2", -3), ("7 / -2", -3), ("-7 % 3", -1), ("7 % -3", 1), ("7.0 / 2", 3.5), ("1 + 1.5", 2.5), ("3 * 0.5", 1.5),
        ("'a' + 'b'", "ab"), ("[1] + [2]", [1, 2]),
        ("1.0 / 0", math.inf), ("-1.0 / 0.0", -math.inf), ("1.0 / -0.0", -math.inf), ("1e308 * 10", math.inf), ("-inputs.x", -1.5),
        ("size('é😀')", 2), ("size([1])", 1), ("size({})", 0), ("'abc'.contains('b')", True), ("'abc'.startsWith('ab')", True),
        ("'abc'.endsWith('x')", False),
        ("lower('ÄB')", "äb"), ("'ab'.upper()", "AB"), ("trim('  a ')", "a"), ("' a'.trim()", "a"),
        ("int(1.9)", 1), ("int(-1.9)", -1), ("int('12')", 12), ("int(5)", 5), ("double(2)", 2.0), ("double('1.5e2')", 150.0),
        ("double(1.5)", 1.5),
        ("string(1)", "1"), ("string(1.0)", "1"), ("string(-0.5)", "-0.5"), ("string(1e20)", "1" + "0" * 20),
        ("string(1e-7)", "0.0000001"), ("string(true)", "true"), ("string(false)", "false"),
        ("string('x')", "x"), ("string(1.0 / 0)", "inf"), ("bool('true')", True), ("bool('0')", False), ("bool(true)", True),
        ("min(3, 1, 2)", 1), ("max(1, 2.5)", 2.5), ("min(['b', 'a'])", "a"), ("max('a', 'b')", "b"), ("min(1)", 1),
        ("max(false, true)", True),
        ("has(inputs.n)", True), ("has(inputs.no)", False), ("has(inputs.no.deeper)", False), ("has(inputs.none)", True),
        ("has(inputs.s.x)", False), ("has(nobody.x)", False), ("has(inputs.list[7])", False),
        ("true ? 1 : nobody", 1), ("false ? nobody : 2", 2), ("inputs.none == null", True), ("{inputs.s: 1}.text", 1),
    ],
)  # fmt: skip
def test_values(text: str, found: Any) -> None:
    result = value(text)
    assert result == found
    assert type(result) is type(found)


def test_nothing_is_equal_to_not_a_number() -> None:
    assert value("(0.0 / 0) == (0.0 / 0)") is False
    assert value("(0.0 / 0) < 1.0") is False
    assert value("(0.0 / 0) >= 1.0") is False


@pytest.mark.parametrize(
    "text",
    [
        "false && nobody", "nobody && false", "nobody && 1 && false", "(1 / 0 == 1) && false && nobody", "'x' && false",
    ],
)  # fmt: skip
def test_one_false_part_decides_and_whatever_fails_beside_it_is_absorbed(text: str) -> None:
    assert value(text) is False


@pytest.mark.parametrize("text", ["true || nobody", "nobody || true", "nobody || 1 || true", "5 || true"])
def test_one_true_part_decides_an_or(text: str) -> None:
    assert value(text) is True


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("nobody", "nobody"), ("nobody.x == 1", "nobody"), ("inputs.no == 1", "inputs.no"), ("inputs.s.x == 1", "inputs.s.x"),
        ("inputs.list[3] == 1", "inputs.list.3"),
        ("inputs.list.first == 1", "inputs.list.first"), ("inputs.list[-1] == 1", "inputs.list.-1"),
        ("inputs.map[0] == 1", "inputs.map.0"), ("inputs.n[0] == 1", "inputs.n.0"),
        ("inputs.list['a'] == 1", "inputs.list.a"), ("inputs.list[true] == 1", "inputs.list"), ("inputs[inputs.s] == 1", "inputs"),
        ("nobody && true", "nobody"), ("nobody || false", "nobody"),
    ],
)  # fmt: skip
def test_a_path_that_leads_nowhere_fails_and_is_named(text: str, path: str) -> None:
    assert failure(text).path == path


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0 == 1", "1 % 0 == 1", "1.5 % 2.0 == 1", "9223372036854775807 + 1 > 0", "-9223372036854775808 - 1 < 0",
        "9223372036854775807 * 2 > 0", "-(-9223372036854775808) > 0",
        "-9223372036854775808 / -1 > 0", "1 + 'a' == 2", "'a' - 'b' == 1", "[1] * 2 == 1", "true + true == 2", "null + 1 == 1",
        "-'a' == 1", "-true == 1", "!1", "!'a'", "!null",
        "1 < 'a'", "null < null", "[1] < [2]", "true < 1", "1 in 5", "'a' in 'abc'", "1 in null", "1 ? true : false", "inputs.s", "1",
        "null", "[true]",
        "size(1) == 1", "size(null) == 0", "inputs.n.contains('a')", "lower(1) == '1'", "int('x') == 1", "int(' 5') == 5",
        "int('0x10') == 16", "int(true) == 1", "int(1e300) == 1",
        "int(1.0 / 0) == 1", "int('9223372036854775808') == 1", "double('x') == 1", "double('inf') == 1", "double('1e999') == 1",
        "double(true) == 1", "string(null) == ''", "string([1]) == ''", "bool('yes')",
        "bool(1)", "min([]) == 1", "min(1, 'a') == 1", "max([null]) == 1", "min({}) == 1", "{1: 2} == {}", '{"a": 1, "a": 2} == {}',
    ],
)  # fmt: skip
def test_what_has_no_value_fails(text: str) -> None:
    error = failure(text)
    assert error.text == text
    assert error.column >= 1


def test_a_condition_must_be_true_or_false() -> None:
    assert "must be true or false" in failure("inputs.n").message


def test_numbers_beyond_64_bits_in_the_data_fail() -> None:
    assert "64 bits" in failure("a > 1", {"a": 2**63}).message
    assert compile_condition("a.b > 1").evaluate({"a": {"b": 2**63 - 1}})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('marker("a", "risky")', True), ('marker("a", "other")', False), ('marker("no", "risky")', False),
        ('marker("g", "approved")', True), ('marker("g", "now")', True),
        ('marker("g", "approve")', False), ("marker(1, 2)", False), ("marker('a', null)", False), ("marker(inputs.s, 'x')", False),
        ('flag("on")', True), ('flag("n")', False), ('flag("no")', False),
        ("flag(null)", False), ("!flag('on')", False),
    ],
)  # fmt: skip
def test_markers_and_flags_never_fail(text: str, found: bool) -> None:
    assert compile_condition(text).evaluate(SCOPE) is found


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"markers": ["m"], "output": {"markers": []}}, True), ({"output": {"markers": ["m"]}, "status": "failed"}, False),
        ({"output": {"markers": ["m"]}, "status": "skipped"}, False),
        ({"output": {"markers": "m"}}, False), ({"output": ["m"]}, False), ({"output": None}, False), ({}, False), ("text", False),
        (None, False), ({"decision": "m"}, True),
        ({"decision": "approve", "selections": "m"}, False), ({"decision": "approve", "selections": ["m"]}, True),
        ({"decision": None, "selections": ["m"]}, False),
    ],
)  # fmt: skip
def test_a_marker_is_looked_for_in_the_result(entry: Any, found: bool) -> None:
    assert compile_condition('marker("x", "m")').evaluate({"nodes": {"x": entry}}) is found


@pytest.mark.parametrize(
    ("given", "found"), [(True, True), ("TRUE", True), ("true", True), ("yes", False), (1, False), (None, False), (False, False)]
)
def test_a_flag_is_true_or_the_word_true(given: Any, found: bool) -> None:
    assert compile_condition('flag("x")').evaluate({"inputs": {"x": given}}) is found


def test_lookups_in_an_empty_scope_are_false() -> None:
    assert compile_condition('marker("a", "b") || flag("c")').evaluate({}) is False

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.workflow.condition import ConditionError, compile_condition
from actors.workflow.condition.compiled import Reference
from tests.actors.workflow.condition.cases import syntax, value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("10 - 3 - 2", 5), ("2 - -2", 4), ("7 % 4 * 2", 6), ("!false", True), ("!!true", True),
        ("--3", 3),
        ("true || false && false", True), ("1 < 2 == true", True), ("false ? 1 : true ? 2 : 3", 2), ("true ? 1 : 2", 1), ("[1, 2,][1]", 2),
        ('{"a": 1,}.a', 1), ("{}", {}), ("[]", []), ('{"a": {"b": [5]}}.a.b[0]', 5), ("0x1F", 31), ("1e3", 1000.0), (".5", 0.5),
        ("1.25", 1.25),
        ("-9223372036854775808", -(2**63)), ("9223372036854775807", 2**63 - 1), ("'a\"b'", 'a"b'), ('"a\'b"', "a'b"),
        (r'"\n\t\\\"\x41\u00e9\U0001F600\101"', '\n\t\\"Aé😀A'),
        (r'r"\n"', r"\n"), ("R'\\'", "\\"), ("null", None), ("true", True), (" 1\n+\t1 ", 2), ("-1.5", -1.5), ("- 5", -5),
        ("1 in [1]", True), ("'x'.size()", 1),
        ("inputs.n", 3), ("size(inputs.list)", 3), ('inputs["odd-name"]', 7), ("inputs.map.a.b[0]", 10),
        ("inputs.list[inputs.list[0]]", 2), ("(inputs).n", 3),
        ("-inputs.n", -3), ("inputs.s.size()", 4), ("size('a' + 'b')", 2),
    ],
)  # fmt: skip
def test_expressions_are_read_by_the_rules_of_cel(text: str, found: object) -> None:
    result = value(text)
    assert result == found
    assert type(result) is type(found)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1), ("1 +", 4), ("a b", 3), ("(1", 3), ("1)", 2), ("[1", 3), ("{1: 2", 6), ("a.", 3), ("a.1", 3), ("a[", 3), ("f(1,", 5),
        ("1 ? 2", 6), ("a == == b", 6), ("'abc", 1),
        ("'a\nb'", 1), ("a = b", 3), ("a & b", 3), ("a | b", 3), ("a; b", 2), ("x -> y", 4), ("@", 1), ("1u", 2), ("a ?? b", 4),
        ("import", 1), ("if", 1), ("in", 1), (r'"\q"', 2), (r'"\ud800"', 2),
        (r'"\U00110000"', 2), ("9223372036854775808", 1), ("0x8000000000000000", 1), ("1e999", 1), ("9" * 50, 1), ("size(1, 2)", 1),
        ("size()", 1), ("nope(1)", 1), ("a.nope()", 3),
        ("contains('a', 'b')", 1), ("'a'.min()", 5), ("has(1)", 1), ("has(a)", 1), ("has('a'.size())", 1), ("marker('a')", 1),
        ("flag('a', 'b')", 1), ("'a'.flag()", 5), ("min()", 1),
        ("matches('a', 'b')", 1), ("[1].map(x, x)", 5), ("[1].exists(x, true)", 5), ("a.b.c()", 5),
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused_at_its_column(text: str, column: int) -> None:
    error = syntax(text)
    assert error.column == column
    assert error.text == text


def test_the_message_says_what_was_expected() -> None:
    assert 'found "b"' in syntax("a b").message
    assert "&&" in syntax("a b").message
    assert "contains" in syntax("nope(1)").message
    assert "text.contains" in syntax("contains('a', 'b')").message


@pytest.mark.parametrize("text", ["!" * 40 + "true", "[" * 40 + "]" * 40, "1 == (1 == " * 40 + "1" + ")" * 40, "true ? 1 : " * 40 + "1"])
def test_nesting_is_bounded(text: str) -> None:
    assert "nested deeper" in syntax(text).message


def test_long_chains_are_not_nesting() -> None:
    assert compile_condition(" && ".join(["true"] * 400)).evaluate({})
    assert compile_condition(" + ".join(["1"] * 400) + " == 400").evaluate({})
    assert compile_condition("(" * 300 + "true" + ")" * 300).evaluate({})


def test_the_length_of_the_text_is_bounded() -> None:
    assert compile_condition(f"'{'x' * 4080}' != ''").evaluate({})
    assert "longer than" in syntax("'" + "é" * 2048 + "' == ''").message


def test_a_condition_is_compiled_once() -> None:
    assert compile_condition("inputs.a == 1") is compile_condition("inputs.a == 1")


def test_references_are_the_paths_that_the_text_names() -> None:
    condition = compile_condition(
        'nodes.a.output["k"][0].x == inputs.n && inputs.list[inputs.i] in [run] && has(nodes.b.c) && flag(inputs.g)'
    )
    assert {reference.path for reference in condition.references} == {
        ("nodes", "a", "output", "k", 0, "x"), ("inputs", "n"), ("inputs", "list"), ("inputs", "i"), ("run",), ("nodes", "b", "c"),
        ("inputs", "g"),
    }  # fmt: skip


def test_lookups_by_a_literal_name_are_references_too() -> None:
    condition = compile_condition('marker("m", "x") && flag("f") && marker(inputs.m, "x")')
    assert [reference for reference in condition.references if reference.marker] == [Reference(("nodes", "m"), 0, marker=True)]
    assert [flag.path for flag in condition.flags] == [("inputs", "f")]


@given(st.text(alphabet="ab.[]{}()'\"\\0129+-*/%!&|<>=?:, inr\n", max_size=40))
def test_no_text_raises_anything_but_a_condition_error(text: str) -> None:
    with suppress(ConditionError):
        compile_condition(text).evaluate({"a": 1, "b": [1]})


@given(st.text(max_size=30))
def test_no_unicode_text_raises_anything_else_either(text: str) -> None:
    with suppress(ConditionError):
        compile_condition(text)

"""Our evaluator against a CEL library, on generated expressions.

On purpose we differ, and the generator stays out of that: whole numbers meet doubles as doubles (CEL has no such overload), `has` is
false for a gap anywhere in the path, keys of maps are text, `size` of text counts characters as CEL says (the library counts bytes), and
negating the smallest number fails (the library wraps).
"""

from __future__ import annotations

import math
from typing import Any

import cel
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.workflow.condition import compile_condition
from actors.workflow.condition.errors import Fault
from actors.workflow.condition.evaluate import Frame, run
from actors.workflow.condition.values import Effort

SCOPE: dict[str, Any] = {
    "i": 7, "j": -3, "big": 2**63 - 1, "d": 2.5, "s": "hello", "t": "", "b": True, "n": None, "l": [1, 2.0, "x", None],
    "m": {"a": 1, "deep": {"b": [True]}},
}  # fmt: skip

WHOLE = st.sampled_from(
    ["0", "1", "2", "7", "9223372036854775807", "i", "j", "big", "size(l)", "size(s)", "m.a", "l[0]", "int(d)", "int('42')"]
)
DOUBLE = st.sampled_from(["0.0", "1.5", "1e10", "d", "double(i)", "l[1]", "double('0.25')"])
TEXT = st.sampled_from(["''", "'a'", "'hello'", '"x\\n"', "s", "t", "r'\\d'", "l[2]", "'\\u0041'"])
TRUTH = st.sampled_from(
    ["true", "false", "b", "m.deep.b[0]", "has(m.a)", "has(m.zz)", "s.contains('l')", "s.startsWith('h')", "s.endsWith('x')"]
)
BROKEN = st.sampled_from(["nobody", "m.zz", "l[9]", "(1 / 0)", "int('x')", "m.deep.zz"])
OTHER = st.sampled_from(["null", "n", "l", "m", "[1, 2]", "[]", "{'a': 1}", "[[1], [2.0]]", "m.deep"])
LISTS = st.sampled_from(["l", "[1, 2]", "[]"])
LEAF = WHOLE | DOUBLE | TEXT | TRUTH | BROKEN | OTHER


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(inner, LISTS | BROKEN | WHOLE).map(lambda p: f"({p[0]} in {p[1]})"),
        st.tuples(TEXT, st.sampled_from(["m", "{'a': 1}", "m.deep"])).map(lambda p: f"({p[0]} in {p[1]})"),
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(WHOLE | BROKEN, st.sampled_from("+-*/%"), WHOLE | BROKEN).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(DOUBLE, st.sampled_from("+-*/"), DOUBLE).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(TEXT, TEXT).map(lambda p: f"({p[0]} + {p[1]})"), st.tuples(LISTS, LISTS).map(lambda p: f"({p[0]} + {p[1]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} ? {p[1]} : {p[2]})"),
        inner.map(lambda p: f"!({p})"), WHOLE.map(lambda p: f"-({p})"), pair.map(lambda p: f"[{p[0]}, {p[1]}]"),
        inner.map(lambda p: f"size({p})"),
        pair.map(lambda p: f"{{'k': {p[0]}, 'l': {p[1]}}}.k"),
    )  # fmt: skip


EXPRESSIONS = st.recursive(LEAF, _grow, max_leaves=8)
FAILED = object()


def ours(text: str) -> Any:
    try:
        return run(compile_condition(text).ast, Frame(SCOPE, Effort()))
    except Fault:
        return FAILED


def theirs(text: str) -> Any:
    try:
        return cel.evaluate(text, SCOPE)
    except (RuntimeError, ValueError, TypeError, ArithmeticError, LookupError):
        return FAILED


def same(left: Any, right: Any) -> bool:
    """Equal in value and kind; not-a-number is the same as itself here."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    if isinstance(left, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(a, right[key]) for key, a in left.items())
    return bool(left == right)


@settings(max_examples=600)
@example("(nobody && false)")
@example("(false || ((1 / 0) == 1))")
@example("(l == [1.0, 2, 'x', null])")
@given(EXPRESSIONS)
def test_both_give_the_same_value_or_both_fail(text: str) -> None:
    assert same(ours(text), theirs(text)), f"ours {ours(text)!r}, theirs {theirs(text)!r}"


@pytest.mark.parametrize(
    ("text", "mine", "cels"),
    [
        ("1 + 1.5", 2.5, FAILED), ("2 * d", 5.0, FAILED), ("has(m.zz.deeper)", False, FAILED),
        ("-(-9223372036854775808)", FAILED, -(2**63)),
        ("{1: 2}[1]", FAILED, 2), ("double('inf')", FAILED, math.inf), ("size('é')", 1, 2),
    ],
)  # fmt: skip
def test_the_differences_are_these(text: str, mine: Any, cels: Any) -> None:
    assert same(ours(text), mine)
    assert same(theirs(text), cels)

"""No condition and no data can make an evaluation long, large or leave JSON."""

from __future__ import annotations

from typing import Any

import pytest

from actors.workflow.condition import ConditionError, compile_condition
from actors.workflow.condition.values import MAX_STEPS, MAX_TEXT
from tests.actors.workflow.condition.cases import failure

MANY = list(range(MAX_STEPS))


@pytest.mark.parametrize(
    "text",
    [
        "-1 in a", "a == a", "size(a + a) > 0", "min(a) == 0", "max(a) == 0", "[a, a] == [a, a]", "m == m", "b in [b]", "s.contains('y')",
        "s + s == s", "t.trim() == ''",
        "-1 in a || true", "true && -1 in a", "has(a[size(a + a)])", "-1 in a ? true : false", "false && true || -1 in a || true",
    ],
)  # fmt: skip
def test_work_beyond_the_budget_ends_the_evaluation_and_nothing_absorbs_that(text: str) -> None:
    scope = {"a": MANY, "b": MANY, "m": {str(i): i for i in MANY}, "s": "x" * 2**24, "t": " " * 2**24}
    message = failure(text, scope).message
    assert "steps" in message or "longer than" in message


def test_work_within_the_budget_is_done() -> None:
    assert compile_condition("size(a) == 10000").evaluate({"a": MANY})
    assert compile_condition("3 in a").evaluate({"a": MANY[:4000]})
    assert compile_condition("s.contains('y')").evaluate({"s": "x" * 2**20 + "y"})


def test_texts_that_are_made_stay_below_64_kib() -> None:
    half = "x" * (MAX_TEXT // 2)
    assert compile_condition("size(a + a) == 65536").evaluate({"a": half})
    for text in ("a + a + 'x' == ''", "upper(a + a) + 'x' == ''", "lower(b) == ''", "upper(b) == ''", "trim(b) == ''", "string(b) == ''"):
        assert "longer than" in failure(text, {"a": half, "b": half * 3}).message


def test_the_bound_counts_bytes() -> None:
    assert "longer than" in failure("a + a == ''", {"a": "é" * 20_000}).message
    assert compile_condition("size(a + a) == 32768").evaluate({"a": "é" * 16_384})


def test_data_nested_too_deep_is_not_compared() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    other: Any = 1
    for _ in range(200):
        other = {"a": other}
    assert "nested deeper" in failure("a == a", {"a": deep}).message
    assert "nested deeper" in failure("a == a", {"a": other}).message


class Trap:
    """An object of the host: nothing of it may be reached."""

    secret = "leaked"
    status = "leaked"

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    def __hash__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        raise AssertionError("asked")


class Texts(dict[str, Any]):
    """A subclass of a JSON type is no JSON type."""


@pytest.mark.parametrize(
    "text",
    [
        "t.secret == 'leaked'", "t", "t == t", "!t", "t in [1]", "[t] == [t]", "inputs.t == 1", "inputs.t.secret == 'leaked'", "x.a == 1",
        "inputs.list[0] == 1", "t['secret'] == 'leaked'",
        "inputs.__class__ == 1", "inputs['__class__'] == 1", "''.__class__ == 1", "[].__len__ == 1", "inputs.keys == 1", "has(t.secret)",
        "marker('t', 'secret')", "flag('t')", "s.upper == 1",
        "inputs.items == 1", "(1).real == 1", "t.__init__.__globals__.os.system == 1",
    ],
)  # fmt: skip
def test_nothing_of_an_object_is_ever_reached(text: str) -> None:
    scope = {"t": Trap(), "inputs": {"t": Trap(), "list": [Trap()]}, "x": Texts(a=1), "s": "x", "nodes": {"t": Trap()}}
    condition = compile_condition(text)
    if "(t" in text or "('t" in text:
        assert condition.evaluate(scope) is False
    else:
        failure(text, scope)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('id')", "().__class__.__bases__[0].__subclasses__()", "{{ 7*7 }}", "${7*7}", "#{7*7}",
        "{% for x in y %}", "''.constructor.constructor('return 1')()",
        "$json.x", "lambda: 1", "open('/etc/passwd')", "eval('1')", "[x for x in y]", "a := 1", "a = 1", "x if y else z",
        "getattr(a, 'b')", "a.format(b)", "a.__class__()", "f'{a}'",
        "request.application.__globals__()", "config.items()", "a.replace('a', 'b')", "a.join(b)", "a.matches('(a+)+')", "type(a)",
    ],
)  # fmt: skip
def test_payloads_of_other_languages_do_not_compile(text: str) -> None:
    with pytest.raises(ConditionError) as caught:
        compile_condition(text)
    assert caught.value.code == "condition_syntax"

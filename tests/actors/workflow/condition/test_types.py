from __future__ import annotations

import pytest

from actors.workflow.condition import check_types, compile_condition

KINDS = {"s": "string", "b": "bool", "i": "int", "d": "double", "n": "number", "l": "list", "m": "map", "z": "null"}


def faults(text: str) -> list[str]:
    """What the type check says about a condition over roots of known kinds."""
    found = check_types(compile_condition(text).ast, lambda path: KINDS.get(str(path[0]), "dyn") if len(path) == 1 else "dyn")
    return [fault.message for fault in found]


@pytest.mark.parametrize(
    "text",
    [
        "b", "!b", "i == 1", "i == 1.5", "n > 1", "n == i", "s == 'x'", "s == null", "x", "x.y == 1", "x + 1 == 2", "x < s", "s + x == s",
        "s + s == s", "l + l == l",
        "l + x == l", "i + n > d", "i % n == 0", "-i < 0", "-x < 0",
        "i in l", "s in m", "s in x", "size(s) > 0", "size(x) > 0", "s.contains('a')", "int(n) == 1", "min(i, d) > 0", "b ? b : x",
        "(b ? i : 1) > 0", "(b ? i : s) == 1", "has(s.x)", "flag('a')",
        "marker(s, x)", "[i, s] == l", '{"a": i} == m', "{s: 1} == m", "{x: 1} == m", "l[0]", "l[i] == s", "m[s]", "x[n] == 1",
        "[1][0] == 1", "b && x || b", "b < true", "d / i > 1", "d + i == d",
        "m.a.b", "'a'.size() == 1", "x % 2 == 0", "string(n) == '1'", "(x)[0][s]",
    ],
)  # fmt: skip
def test_what_may_work_passes(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("s", "must be true or false"), ("1", "must be true or false"), ("i + 1", "must be true or false"),
        ("l", "must be true or false"), ("!s", "! takes bool"), ("b && s", "&& takes bool"),
        ("i || b", "|| takes bool"), ("s ? b : b", "?: takes bool"), ("b == 'true'", "never equal"), ("i == s", "never equal"),
        ("l != m", "never equal"), ("i < s", "no order"), ("l < l", "no order"),
        ("z < z", "no order"), ("x < l", "no order"), ("-s == 1", "- takes a number"), ("s - s == s", "- does not take"),
        ("s + i == s", "+ does not take"), ("d % 2 == 1", "% does not take"),
        ("x * s == 1", "* does not take"), ("x - l == 1", "- does not take"), ("m + m == m", "+ does not take"), ("i in s", "right side"),
        ("i in i", "right side"), ("size(i) == 1", "size() takes"),
        ("lower(i) == 'a'", "lower() takes"), ("min(m) == 1", "min() takes"), ("int(b) == 1", "int() takes"), ("flag(i)", "flag() takes"),
        ("marker(s, b)", "marker() takes"), ("{i: 1} == m", "a key is text"),
        ("l[b]", "an index is"), ("[s + i] == l", "+ does not take"), ('{"a": -s} == m', "- takes a number"),
        ("s.contains(i)", "contains() takes"), ("(s + i)[0]", "+ does not take"), ("bool(n)", "bool() takes"),
    ],
)  # fmt: skip
def test_what_can_never_work_is_found(text: str, said: str) -> None:
    assert any(said in message for message in faults(text)), faults(text)

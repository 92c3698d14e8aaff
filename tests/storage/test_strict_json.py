"""JSON at a border: what is taken is exactly JSON within bounds, and comes back equal; all else is refused, quickly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.strict_json import BadJson, canonical, loads_strict

texts = st.text().filter(lambda text: "\0" not in text)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values, st.booleans())
def test_ordinary_json_is_taken_as_it_is(value: Any, ascii_only: bool) -> None:
    assert loads_strict(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(values)
def test_the_canonical_form_is_one_and_reads_back(value: Any) -> None:
    data = canonical(value)
    assert loads_strict(data) == value
    assert canonical(loads_strict(data)) == data


@given(st.binary(max_size=60) | texts.map(str.encode))
def test_any_bytes_are_taken_or_refused_by_name_and_never_more_liberally_than_json(data: bytes) -> None:
    try:
        value = loads_strict(data)
    except BadJson:
        return
    assert json.loads(data) == value


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"nul", b"{'a':1}", b"[1,]", b"NaN", b"[Infinity]", b"-Infinity", b"1e999", b"[-1e999]", b'{"a":1,"a":2}',
        b'{"x":{"a":1,"b":2,"a":1}}', b'"\\ud800"', b'{"\\udc00":1}', b'["\\u0000"]', b'{"a\\u0000":1}', b'"\x00"', b"\xef\xbb\xbf1",
        b'"\xff"', b"\xff\xfe1\x00", b"9223372036854775808", b"-9223372036854775809", b"1" * 5_000, b'"a\nb"', b"1 2",
    ],
)  # fmt: skip
def test_what_is_not_strictly_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadJson):
        loads_strict(data)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"9223372036854775807", 2**63 - 1), (b"-9223372036854775808", -(2**63)), (b'"\\ud83d\\ude00"', "😀"), (b" [ 1 ] ", [1]),
        (b'{"a":1,"b":{"a":1}}', {"a": 1, "b": {"a": 1}}), (b"1e2", 100.0), (b"-0", 0),
    ],
)  # fmt: skip
def test_what_is_just_within_the_rules_is_taken(data: bytes, value: object) -> None:
    assert loads_strict(data) == value


def test_bounds_hold_at_the_limit_and_one_beyond() -> None:
    assert loads_strict(b"[" * 64 + b"]" * 64) is not None
    assert loads_strict(b'"' + b"[" * 100 + b'"') == "[" * 100
    assert loads_strict(b"[" + b'"[{\\"",' * 70 + b"1]")[-1] == 1
    for data in (b"[" * 65 + b"]" * 65, b'{"a":' * 65 + b"1" + b"}" * 65, b"[" * 100_000):
        with pytest.raises(BadJson, match="deeper"):
            loads_strict(data)
    many = {str(n): n for n in range(10)}
    assert loads_strict(json.dumps(many).encode(), keys=10) == many
    with pytest.raises(BadJson, match="10 keys"):
        loads_strict(json.dumps(many).encode(), keys=9)
    assert loads_strict(b'"abcde"', string=5) == "abcde"
    with pytest.raises(BadJson, match="6 characters"):
        loads_strict(b'["abcdef"]', string=5)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", object(), {1, 2}, {("a",): 1}])
def test_what_json_cannot_say_has_no_canonical_form(value: object) -> None:
    with pytest.raises(BadJson):
        canonical(value)


def test_the_canonical_form_sorts_keys_and_keeps_letters() -> None:
    assert canonical({"b": [1, 2.5, None], "a": "ü", "B": True}) == '{"B":true,"a":"ü","b":[1,2.5,null]}'.encode()


@pytest.mark.parametrize("end", [b"", b"\\", b'"'], ids=["no_end", "half_an_escape", "end"])
def test_a_string_full_of_escapes_is_gone_over_once(end: bytes) -> None:
    """Going over it once for each quote in it would take minutes."""
    data = b'["' + b'\\"[' * 100_000 + end
    with pytest.raises(BadJson, match="not JSON"):
        loads_strict(data, string=None)

"""Texts and JSON at the border to a service."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.provider.border import arguments, clean, clean_text, decode, encode, excerpt
from storage.strict_json import BadJson


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("a\udc00", "a\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\U0001f600\ud83d", "\U0001f600\ufffd"),
    ],
    ids=["plain", "nul", "high_half", "low_half", "two_halves", "whole_and_half"],
)
def test_what_no_record_may_hold_is_replaced(text: str, expected: str) -> None:
    assert clean_text(text) == expected


@given(st.text(alphabet=st.characters(blacklist_categories=())))
def test_a_clean_text_can_be_written_and_is_left_alone_the_second_time(text: str) -> None:
    found = clean_text(text)
    assert "\0" not in found
    assert clean_text(found.encode().decode()) == found


def test_a_value_is_cleaned_all_through() -> None:
    value = MappingProxyType({"k\0": ["\ud800", {"x": ("a\0", 1, None, True, 1.5)}]})
    assert clean(value) == {"k\ufffd": ["\ufffd", {"x": ["a\ufffd", 1, None, True, 1.5]}]}


def test_escapes_and_bytes_of_half_characters_are_replaced_on_the_way_in() -> None:
    assert decode(rb'{"a":"x\ud800y","b":"\u0000","c":"\ud83d\ude00"}') == {"a": "x\ufffdy", "b": "\ufffd", "c": "\U0001f600"}
    assert decode(b'"\xff"') == "\ufffd"


@pytest.mark.parametrize(
    "text",
    ["[" * 200_000, '{"a":1,"a":2}', "NaN", "1e999", "9" * 30, '{"a":', "", '"\0"'],
    ids=["deep", "twice", "nan", "infinite", "wide", "cut", "empty", "control"],
)
def test_what_is_no_sound_json_is_refused(text: str) -> None:
    with pytest.raises(BadJson):
        decode(text.encode())


def test_a_long_text_is_taken_as_it_is() -> None:
    assert decode(json.dumps("x" * 1_000_000).encode()) == "x" * 1_000_000


@pytest.mark.parametrize("text", ["", "  ", "{}"], ids=["none", "blank", "object"])
def test_a_tool_may_be_asked_for_without_arguments(text: str) -> None:
    assert arguments(text) == {}


@pytest.mark.parametrize("text", ["[1]", "null", '{"a":', "x"], ids=["list", "null", "cut", "word"])
def test_arguments_are_an_object(text: str) -> None:
    with pytest.raises(BadJson):
        arguments(text)


def test_what_goes_out_is_clean_and_in_utf_8() -> None:
    assert encode({"a": "é\ud800", "b": (1,)}) == '{"a":"é\ufffd","b":[1]}'.encode()


def test_an_excerpt_is_one_short_printable_line() -> None:
    assert excerpt("a\n\t b\x1b[31m\0c") == "a b [31m\ufffdc"
    assert excerpt("x" * 5_000, most=10) == "x" * 9 + "…"

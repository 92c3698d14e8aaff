"""A secret in each of its forms, wherever it stands and however it is cut into pieces, is not seen; all else is left as it was."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from types import MappingProxyType
from urllib.parse import quote, quote_plus

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.node.messages import Failure, Success
from actors.secrets.forms import SHORTEST, forms_of
from actors.secrets.redactor import Redactor
from actors.secrets.stream import Stream

SECRET = 'gh/p_"s3cr\\et?~ü>>?'


def wrapped(code: str, width: int = 7, gap: str = "\n") -> str:
    return gap.join(code[at : at + width] for at in range(0, len(code), width))


def b64(before: int, encode: Callable[[bytes], bytes] = b64encode) -> Callable[[str], str]:
    return lambda value: encode(b"xyz"[:before] + value.encode() + b"tail").decode()


FORMS: dict[str, Callable[[str], str]] = {
    "literal": str,
    "json": lambda value: json.dumps({"a": value}),
    "url": lambda value: quote(value, safe=""),
    "hex": lambda value: value.encode().hex(),
    "capital hex": lambda value: value.encode().hex().upper(),
    "base64 0": b64(0), "base64 1": b64(1), "base64 2": b64(2),
    "urlsafe 0": b64(0, urlsafe_b64encode), "urlsafe 1": b64(1, urlsafe_b64encode), "urlsafe 2": b64(2, urlsafe_b64encode),
    "broken": lambda value: wrapped(b64(1)(value)),
}  # fmt: skip
MORE: dict[str, Callable[[str], str]] = {
    "json utf-8": lambda value: json.dumps(value, ensure_ascii=False), "json slash": lambda value: json.dumps(value).replace("/", "\\/"),
    "form": quote_plus, "small url": lambda value: quote(value, safe="").lower() if value.islower() else quote(value),
    "broken literal": lambda value: wrapped(value, 3, "\r\n"), "broken in json": lambda value: wrapped(value.encode().hex(), 9, "\\n"),
}  # fmt: skip


def knowing(*values: str) -> Redactor:
    redactor = Redactor()
    for n, value in enumerate(values or (SECRET,)):
        redactor.know(f"s{n}", value)
    return redactor


def seen(data: bytes, value: str = SECRET) -> bool:
    """Whether anything of the secret can be read from it: looked for in another way than the redactor does."""
    flat = data.replace(b"\r", b"").replace(b"\n", b"").replace(b"\\n", b"").replace(b"\\r", b"")
    return any(form in place for form in forms_of(value) for place in (data, flat))


@pytest.mark.parametrize("form", [*FORMS, *MORE])
def test_each_form_is_found_wherever_it_is_cut(form: str) -> None:
    redactor = knowing()
    code = (FORMS | MORE)[form](SECRET)
    data = f"before\n{code}\nafter {code}".encode()
    assert seen(data)
    whole = redactor.scrub(data)
    assert not seen(whole)
    assert whole.count(b"[secret s0]") == 2
    assert whole.startswith(b"before")
    assert b"after " in whole
    for cut in range(len(data) + 1):
        stream = Stream(redactor)
        assert stream.feed(data[:cut]) + stream.feed(data[cut:]) + stream.close() == whole, cut


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 13])
def test_pieces_of_any_size_come_out_as_the_whole_does(form: str, size: int) -> None:
    redactor = knowing()
    data = f"{SECRET[:-1]} {FORMS[form](SECRET)}{FORMS[form](SECRET)} {SECRET[:5]}".encode()
    stream = Stream(redactor)
    said = b"".join(stream.feed(data[at : at + size]) for at in range(0, len(data), size)) + stream.close()
    assert said == redactor.scrub(data)
    assert not seen(said)


def test_there_are_twelve_forms_and_all_have_a_test() -> None:
    assert len(FORMS) == 12
    assert len(forms_of("simple_secret")) == 6  # many forms of a simple text are one: literal, two of hex, three of base64


@given(st.text(min_size=SHORTEST, max_size=40), st.binary(max_size=30), st.binary(max_size=30), st.sampled_from(list(FORMS)))
def test_any_secret_in_any_form_between_any_bytes_is_not_seen(value: str, before: bytes, behind: bytes, form: str) -> None:
    redactor = knowing(value)
    data = before + FORMS[form](value).encode() + behind
    assert not redactor.spans(redactor.scrub(data)) or value in "[secret s0]"
    assert b"[secret s0]" in redactor.scrub(data)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_what_holds_no_secret_is_left_as_it_is(data: bytes, cut: int) -> None:
    redactor = knowing()
    stream = Stream(redactor)
    assert redactor.scrub(data) == data
    assert stream.feed(data[:cut]) + stream.feed(data[cut:]) + stream.close() == data


def test_without_a_secret_nothing_is_done_and_a_short_one_is_none() -> None:
    redactor = Redactor()
    data, text, value = b"abc", "abc", {"a": ["abc"]}
    assert redactor.scrub(data) is data
    assert redactor.json(data) is data
    assert redactor.text(text) is text
    assert redactor.value(value) is value
    redactor.know("short", "a" * (SHORTEST - 1))
    assert not redactor.active
    redactor.know("long", "a" * SHORTEST)
    redactor.know("long", "a" * SHORTEST)
    assert redactor.active


def test_json_stays_json_and_its_numbers_stay() -> None:
    redactor = knowing("1234567890")
    data = orjson.dumps({"at_ms": 1234567890, "1234567890": ["x1234567890y", None, 1.5]})
    assert orjson.loads(redactor.json(data)) == {"at_ms": 1234567890, "[secret s0]": ["x[secret s0]y", None, 1.5]}
    only_a_number = b'{"at_ms":1234567890}'
    assert redactor.json(only_a_number) is only_a_number
    assert redactor.json(b'{"a":"1234567890"}\n') == b'{"a":"[secret s0]"}\n'
    assert redactor.json(b'{"broken 1234567890') == b'{"broken [secret s0]'


@pytest.mark.parametrize("form", [*FORMS, *MORE])
def test_each_form_is_found_in_a_text_of_a_record_and_of_json(form: str) -> None:
    redactor = knowing()
    said = f"it said: {(FORMS | MORE)[form](SECRET)}"
    assert "[secret s0]" in redactor.value(Success({"deep": [said]})).output["deep"][0]
    assert b"[secret s0]" in redactor.json(orjson.dumps({"deep": [said]}))
    assert b"[secret s0]" in redactor.json(json.dumps({"deep": [said]}).encode())


def test_what_is_no_json_is_looked_at_text_by_text() -> None:
    redactor = knowing()
    assert redactor.value({SECRET: {1, 2}}) == {"[secret s0]": {1, 2}}
    assert redactor.value(MappingProxyType({"a": (SECRET,)})) == {"a": ("[secret s0]",)}
    assert redactor.value(MappingProxyType({"a": 1})) == {"a": 1}


def test_records_are_cleaned_in_all_their_texts_and_kept_where_there_are_none() -> None:
    redactor = knowing()
    clean = Success({"a": ("b",)}, None, ("w",))
    assert redactor.value(clean) is clean
    dirty = Failure("code", f"it said {SECRET}", detail={"out": [SECRET]})
    assert redactor.value(dirty) == Failure("code", "it said [secret s0]", detail={"out": ["[secret s0]"]})
    assert redactor.text(f"\ud800{SECRET}") == "\ud800[secret s0]"


def test_secrets_that_meet_or_hold_each_other_leave_nothing() -> None:
    redactor = knowing("abcdefghij", "ghijklmnop", "abcdefgh")
    assert redactor.scrub(b"-abcdefghijklmnop-") == b"-[secret s0]-"
    assert redactor.scrub(b"abcdefghghijklmnop") == b"[secret s2][secret s1]"


def test_a_secret_that_holds_what_looks_like_a_line_break_is_found_whole_between_line_breaks() -> None:
    redactor = knowing("pass\\nword")
    assert redactor.scrub(b"a\npass\\nword\nb") == b"a\n[secret s0]\nb"


def test_an_old_value_is_known_for_ever() -> None:
    redactor = knowing("old-value-1")
    redactor.know("s0", "new-value-2")
    assert redactor.text("old-value-1 new-value-2") == "[secret s0] [secret s0]"


def test_what_is_held_back_is_no_more_than_what_may_be_a_beginning() -> None:
    stream = Stream(knowing("topsecret-key"))
    assert stream.feed(b"all of this goes out.\n") == b"all of this goes out.\n"
    assert stream.feed(b"and this, but tops") == b"and this, but "
    assert stream.feed(b"oil") == b"topsoil"
    assert stream.close() == b""

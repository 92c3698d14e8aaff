"""Nodes that make a request: how they are read, and what of one is refused."""

from __future__ import annotations

from typing import Any

import pytest

from actors.workflow.handles import handles_of
from actors.workflow.spec import Http
from actors.workflow.spec_http import header_secret
from tests.actors.workflow.samples import loaded, node, warned, wrong, wrong_node

URL = "https://forge.example:8443/api/{{ inputs.x }}?q={{ run.id }}"


def test_a_request_is_read() -> None:
    headers = {"Authorization": "Bearer {{ secrets.forge }}", "X-Run": "{{ run.id }}"}
    keys: dict[str, Any] = {"http": URL, "method": "POST", "headers": headers, "body": {"a": ["{{ inputs.x }}", 1, None]}}
    made = loaded(inputs={"x": {"type": "string"}}, nodes=[{"id": "a", **keys, "expect": [200, 404, 200], "effect": "once"}]).nodes[0]
    assert made.action == Http(URL, "POST", headers, keys["body"], (200, 404))
    assert (made.kind, made.effect, handles_of([made])) == ("http", "once", ("forge",))


def test_what_is_left_out() -> None:
    assert node(http="http://a.example").action == Http("http://a.example") == node(kind="http", url="http://a.example").action
    assert node(http="http://a.example", expect=204).action == Http("http://a.example", expect=(204,))
    assert loaded(nodes=[{"http": "http://a.example"}]).nodes[0].node_id == "http"
    assert warned(nodes=[{"id": "a", "http": "http://a.example"}]) == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/", "a.example", "https://", "https://{{ inputs.x }}/", "{{ inputs.x }}", "https://a{{ inputs.x }}.example/",
        "https://a.example:{{ inputs.x }}/", "https://a.example:0/", "https://a.example:99999/", "https://u:p@a.example/",
        "https://a.example/ b", "https://ä.example/", "https://a.example\\b", "https://[::1/",
    ],
)  # fmt: skip
def test_an_address_is_whole_and_no_value_decides_who_is_asked(url: str) -> None:
    found = wrong(inputs={"x": {"type": "string"}}, nodes=[{"id": "a", "http": url}])
    assert found == [("http_url_invalid", "nodes[0].http")]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"http": 5}, [("value_type", "http")]),
        ({"method": "get"}, [("http_method_invalid", "method")]), ({"headers": []}, [("value_type", "headers")]),
        ({"headers": {"X": 5}}, [("value_type", "headers.X")]), ({"headers": {"a b": "x"}}, [("http_header_refused", "headers.a b")]),
        ({"headers": {"Host": "x"}}, [("http_header_refused", "headers.Host")]), ({"body": "x"}, [("http_body_refused", "body")]),
        ({"expect": []}, [("value_type", "expect")]), ({"expect": [199]}, [("value_type", "expect")]),
        ({"expect": ["200"]}, [("value_type", "expect")]), ({"expect": True}, [("value_type", "expect")]),
        ({"artifact": "a.txt"}, [("key_unknown", "artifact")]), ({"with": {"a": 1}}, [("key_unknown", "with")]),
        ({"idle_timeout": "5s"}, [("key_unknown", "idle_timeout")]),
        ({"headers": {"X": "{{ nodes.b.output }}"}}, [("reference_unknown", "headers.X")]),
        ({"headers": {"X": "{{ secrets.a }} b"}}, [("reference_unknown", "headers.X")]),
    ],
)  # fmt: skip
def test_what_a_request_does_not_take(keys: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert wrong_node(**{"http": "https://a.example/", **keys}) == found


def test_a_request_has_an_address() -> None:
    assert (wrong_node(http=None), wrong_node(kind="http")) == ([("key_missing", "http")], [("key_missing", "")])


def test_a_secret_stands_at_the_end_of_a_header() -> None:
    assert header_secret("secrets.a") == header_secret("{{ secrets.a }}") == ("", "a")
    assert header_secret("Bearer {{secrets.a-b}}") == ("Bearer ", "a-b")
    assert header_secret("Token secrets.a") == ("Token ", "a")
    assert header_secret("{{ secrets.a }} b") is None
    assert header_secret("mysecrets.a") is None

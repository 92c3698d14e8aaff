"""What a handoff file says, which of them a workflow wants, and what its run is given."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.handoff.rules import Found, Handoff, handoff_stream, in_scope, inputs_for, read_handoff, reason_of, wanted
from actors.workflow.triggers import HandoffAvailable, Scope
from tests.actors.run.table import flow

PLAIN: dict[str, Any] = {
    "handoff_id": "h1", "source_workflow_id": "draft", "target_workflow_id": "publish", "artifact_type": "report", "created_at_ms": 7,
}  # fmt: skip


def read(**fields: Any) -> Handoff | str:
    return read_handoff(json.dumps(PLAIN | fields).encode())


def found(file: str, **fields: Any) -> Found:
    handoff = read(**fields)
    assert isinstance(handoff, Handoff)
    return Found(file, (1,), handoff)


def test_a_handoff_says_who_hands_what_to_whom() -> None:
    assert read() == Handoff("h1", "draft", "publish", "report", 7, None, {}, PLAIN)
    rich = read(content_path="a/b", inputs={"n": 1}, extra=[1])
    assert isinstance(rich, Handoff)
    assert (rich.content_path, rich.inputs, rich.whole["extra"]) == ("a/b", {"n": 1}, [1])


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"handoff_id": ""}, "handoff_id"), ({"handoff_id": 5}, "handoff_id"), ({"artifact_type": "x" * 201}, "artifact_type"),
        ({"source_workflow_id": "No Id"}, "source_workflow_id is no id"), ({"target_workflow_id": None}, "target_workflow_id"),
        ({"created_at_ms": "now"}, "created_at_ms"), ({"created_at_ms": -1}, "created_at_ms"), ({"created_at_ms": True}, "created_at_ms"),
        ({"content_path": "/etc/passwd"}, "content_path"), ({"content_path": "a/../b"}, "content_path"), ({"content_path": 5}, "content"),
        ({"content_path": ""}, "content_path"), ({"inputs": []}, "inputs is a mapping"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_handoff_is_said(fields: dict[str, Any], why: str) -> None:
    answer = read(**fields)
    assert isinstance(answer, str)
    assert why in answer


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"5"])
def test_what_is_no_object_is_no_handoff(data: bytes) -> None:
    answer = read_handoff(data)
    assert isinstance(answer, str)
    assert "JSON" in answer


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)).map(
    lambda value: json.dumps(value).encode()
))  # fmt: skip
def test_any_bytes_are_a_handoff_or_a_reason(data: bytes) -> None:
    assert isinstance(read_handoff(data), Handoff | str)


@pytest.mark.parametrize(
    ("scope", "path", "inside"),
    [
        (Scope(), "anything/at/all", True), (Scope(("out",)), "out", True), (Scope(("out",)), "out/x", True),
        (Scope(("out",)), "outer", False), (Scope(("a", "b/c")), "b/c/d", True), (Scope(("a", "b/c")), "b/d", False),
        (Scope(deny=("out/secret",)), "out/secret", False), (Scope(deny=("out/secret",)), "out/secret/x", False),
        (Scope(deny=("out/secret",)), "out/secrets", True), (Scope(("out",), ("out/secret",)), "out/secret/x", False),
    ],
)  # fmt: skip
def test_scopes(scope: Scope, path: str, inside: bool) -> None:
    assert in_scope(scope, path) is inside


def test_the_first_condition_that_fits_then_the_oldest_then_the_name() -> None:
    files = [
        found("3.json", handoff_id="a", created_at_ms=5), found("1.json", handoff_id="b", created_at_ms=5),
        found("2.json", handoff_id="c", created_at_ms=1), found("4.json", handoff_id="d", source_workflow_id="urgent", created_at_ms=9),
        found("5.json", handoff_id="e", artifact_type="image"), found("6.json", handoff_id="f", target_workflow_id="other"),
        Found("7.json", (1,), problem="it is no JSON"), Found("8.txt", ()),
    ]  # fmt: skip
    watches = (HandoffAvailable("urgent"), HandoffAvailable(None, "report"))
    assert [file for file, _ in wanted("publish", watches, files)] == ["4.json", "2.json", "1.json", "3.json"]
    assert len(wanted("publish", (HandoffAvailable(),), files)) == 5
    assert wanted("publish", (), files) == wanted("nobody", watches, files) == []


def test_the_run_is_given_what_the_workflow_declares_and_what_the_handoff_brings() -> None:
    workflow = flow("a", top="inputs: {artifact_type: {}, content_path: {default: x}, handoff: {}, tone: {}}")
    handoff = read(inputs={"tone": "warm", "artifact_type": "mine"})
    assert isinstance(handoff, Handoff)
    given_ = inputs_for(workflow, handoff)
    assert (given_["tone"], given_["artifact_type"], "content_path" in given_) == ("warm", "mine", False)
    assert json.loads(given_["handoff"])["handoff_id"] == "h1"
    assert reason_of(handoff) == "handoff h1 of draft (report)"


def test_a_handoff_has_one_log_in_its_workspace() -> None:
    names = {handoff_stream("/a", "h"), handoff_stream("/b", "h"), handoff_stream("/a", "i")}
    assert len(names) == 3
    assert handoff_stream("/a", "h") in names

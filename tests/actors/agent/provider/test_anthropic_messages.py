"""Anthropic's messages: what is sent, and what the streamed answer comes to, whole or not (F49, F50)."""

from __future__ import annotations

from typing import Any

import pytest

from actors.agent.provider.anthropic_messages import AnthropicMessages
from actors.agent.provider.dialect import MOST_CALLS
from actors.agent.provider.messages import AssistantTurn, CallBegun, ModelRequest, TextDelta, TokenUsage, ToolCall, UserText
from tests.actors.agent.faulty import anthropic_events, event
from tests.actors.agent.provider.folding import CONVERSATION, SPEC, Folded, fold

MESSAGES = AnthropicMessages()
CACHED = {"cache_control": {"type": "ephemeral"}}
TEXT = {"text": "Hello"}
CALL = {"id": "t1", "name": "read_file", "input": '{"path":"x"}'}
START, BEGUN, PING, PIECE, END, DELTA, STOP = range(7)
WHOLE = anthropic_events(TEXT)


def _fold(*pieces: bytes) -> Folded:
    return fold(MESSAGES, pieces)


def _one(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields})


def test_a_conversation_is_sent_in_the_words_of_the_service() -> None:
    body = MESSAGES.body(ModelRequest("m", CONVERSATION, "k", "Be brief.", (SPEC,), None, 99, 0.5))
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "go"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "c1", "name": "read_file", "input": {"path": "é"}},
                {"type": "tool_use", "id": "c2", "name": "read_file", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "text", "is_error": False},
                {"type": "tool_result", "tool_use_id": "c2", "content": "no such file", "is_error": True},
                {"type": "text", "text": "and now?", **CACHED},
            ],
        },
    ]
    assert body["system"] == [{"type": "text", "text": "Be brief.", **CACHED}]
    assert body["tools"] == [{"name": "read_file", "description": "Reads.", "input_schema": SPEC.schema}]
    assert (body["model"], body["stream"], body["max_tokens"], body["temperature"]) == ("m", True, 99, 0.5)


def test_what_was_not_asked_for_is_not_sent_and_empty_texts_are_no_blocks() -> None:
    body = MESSAGES.body(ModelRequest("m", (UserText("hi"), AssistantTurn(" ")), "k"))
    assert set(body) == {"model", "messages", "max_tokens", "stream"}
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert MESSAGES.body(ModelRequest("m", (), "k"))["messages"] == []


def test_a_schema_goes_to_the_service_where_it_can_hold_to_it_and_else_to_the_model() -> None:
    closed = {"type": "object", "properties": {}, "additionalProperties": False}
    body = MESSAGES.body(ModelRequest("m", CONVERSATION[:1], "k", response_schema=closed))
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": closed}}
    assert "system" not in body
    body = MESSAGES.body(ModelRequest("m", CONVERSATION[:1], "k", "Be brief.", response_schema={"type": "object"}))
    assert "output_config" not in body
    assert body["system"][0]["text"].startswith("Be brief.\n\nAnswer with one JSON object")


def test_the_key_has_a_header_of_its_own() -> None:
    assert MESSAGES.headers("k-1") == {"anthropic-version": "2023-06-01", "x-api-key": "k-1"}
    assert MESSAGES.headers("") == {"anthropic-version": "2023-06-01"}


def test_text_and_calls_are_heard_as_they_come_and_counted_at_both_ends() -> None:
    found = _fold(*anthropic_events(TEXT, CALL, stop="tool_use"))
    assert found.parts == [TextDelta("Hello"), CallBegun("t1", "read_file")]
    answer = found.answer
    assert (answer.text, answer.stop, answer.model, answer.request_id) == ("Hello", "tools", "claude-x", "msg_1")
    assert answer.calls == (ToolCall("t1", "read_file", {"path": "x"}),)
    assert answer.usage == TokenUsage(input=33, output=7, cached=20, stored=10)


@pytest.mark.parametrize(
    ("said", "stop"),
    [("end_turn", "end"), ("stop_sequence", "end"), ("max_tokens", "length"), ("model_context_window_exceeded", "length"),
     ("refusal", "refusal")],
    ids=["end", "sequence", "tokens", "window", "refusal"],
)  # fmt: skip
def test_only_an_end_for_the_sake_of_tools_gives_calls(said: str, stop: str) -> None:
    answer = _fold(*anthropic_events(TEXT, CALL, stop=said)).answer
    assert (answer.stop, answer.calls) == (stop, ())


def test_kinds_that_are_not_known_are_passed_over() -> None:
    thought = [
        _one("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
        _one("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "hm"}),
        _one("content_block_delta", index=0, delta={"type": "text_delta", "text": "not said"}),
        _one("content_block_stop", index=0),
    ]
    said = [
        _one("content_block_start", index=1, content_block={"type": "text", "text": "a"}),
        _one("content_block_delta", index=1, delta={"type": "citations_delta"}),
        _one("content_block_stop", index=1),
    ]
    found = _fold(_one("novelty"), WHOLE[START], *thought, _one("novelty"), *said, *WHOLE[DELTA:])
    assert found.answer.text == "a"


def test_what_is_not_shown_is_counted_and_what_is_not_counted_is_estimated() -> None:
    usage = {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}}
    delta = _one("message_delta", delta={"stop_reason": "end_turn"}, usage=usage)
    assert _fold(*WHOLE[:DELTA], delta, WHOLE[STOP]).answer.usage.reasoning == 4
    silent = [_one("message_start", message={}), *WHOLE[BEGUN:DELTA], _one("message_delta", delta={"stop_reason": "end_turn"}), WHOLE[STOP]]
    assert _fold(*silent).answer.usage.estimated


@pytest.mark.parametrize("kept", range(len(WHOLE)))
def test_half_an_answer_is_none(kept: int) -> None:
    assert _fold(*WHOLE[:kept]).code == "provider_truncated"


@pytest.mark.parametrize("kept", range(len(anthropic_events(CALL))))
def test_no_call_of_half_an_answer_is_given(kept: int) -> None:
    assert _fold(*anthropic_events(CALL, stop="tool_use")[:kept]).code == "provider_truncated"


@pytest.mark.parametrize(
    "pieces",
    [
        [event("{ no json")],
        [event('{"a":' * 100 + "1" + "}" * 100)],
        WHOLE[BEGUN:],
        [WHOLE[START], *WHOLE],
        [WHOLE[START], WHOLE[PIECE]],
        [WHOLE[START], WHOLE[END]],
        [*WHOLE[: BEGUN + 1], WHOLE[BEGUN]],
        [*WHOLE[: PIECE + 1], *WHOLE[DELTA:]],
        [*WHOLE[: DELTA + 1], WHOLE[BEGUN]],
        [*WHOLE[: BEGUN + 1], WHOLE[STOP], WHOLE[DELTA]],
        [WHOLE[START], _one("content_block_start", index=3, content_block={"type": "text"})],
        [*WHOLE[: BEGUN + 1], _one("content_block_delta", index=2, delta={"type": "text_delta", "text": "x"})],
        [*WHOLE[: BEGUN + 1], _one("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": "{}"})],
        [WHOLE[START], _one("content_block_start", index=0, content_block={"type": "tool_use", "id": "a"})],
        [WHOLE[START], _one("content_block_start", content_block="x")],
        anthropic_events(TEXT, stop="whatever"),
        anthropic_events(TEXT, stop="tool_use"),
        anthropic_events({**CALL, "input": '{"path":'}, stop="tool_use"),
        anthropic_events({**CALL, "input": "[1]"}, stop="tool_use"),
        anthropic_events(CALL, CALL, stop="tool_use"),
        anthropic_events(*[{**CALL, "id": f"t{i}"} for i in range(MOST_CALLS + 1)], stop="tool_use"),
    ],
    ids=[
        "no_json", "deep", "no_start", "two_starts", "piece_without_block", "end_without_block", "block_in_block", "end_in_block",
        "block_behind_end", "stop_in_block", "missing_block", "piece_of_another", "json_in_text", "nameless", "odd_block", "unknown_end",
        "no_calls", "cut_arguments", "list_arguments", "one_id_twice", "too_many",
    ],
)  # fmt: skip
def test_wrong_order_and_nonsense_are_malformed_and_no_call_of_it_is_given(pieces: list[bytes]) -> None:
    assert _fold(*pieces).code == "provider_malformed"


def test_an_error_in_the_middle_keeps_what_was_heard_and_counted() -> None:
    found = _fold(*WHOLE[: PIECE + 1], _one("error", error={"type": "overloaded_error", "message": "Overloaded"}))
    assert (found.code, found.text, found.usage) == ("provider_overloaded", "Hello", TokenUsage(33, 1, 20, stored=10))

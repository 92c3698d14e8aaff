"""Chat completions: what is sent, and what the streamed answer comes to, whole or not (F49, F50)."""

from __future__ import annotations

from typing import Any

import pytest

from actors.agent.provider.dialect import MOST_CALLS
from actors.agent.provider.messages import CallBegun, ModelRequest, TextDelta, TokenUsage, ToolCall
from actors.agent.provider.openai_chat import OpenAIChat
from tests.actors.agent.faulty import chat_chunk, chat_events, event
from tests.actors.agent.provider.folding import CONVERSATION, SPEC, Folded, fold

CHAT = OpenAIChat()
END = [chat_chunk({}, "tool_calls"), event("[DONE]")]


def _call(**fields: Any) -> bytes:
    """A piece of a tool call."""
    function = {key: fields.pop(key) for key in ("name", "arguments") if key in fields}
    return chat_chunk({"tool_calls": [{**fields, "function": function}]})


def _fold(*pieces: bytes) -> Folded:
    return fold(CHAT, pieces)


def test_a_conversation_is_sent_in_the_words_of_the_service() -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    body = CHAT.body(ModelRequest("m", CONVERSATION, "k", "Be brief.", (SPEC,), schema, 99, 0.5))
    calls = [
        {"id": "c1", "type": "function", "function": {"name": "read_file", "arguments": '{"path":"é"}'}},
        {"id": "c2", "type": "function", "function": {"name": "read_file", "arguments": "{}"}},
    ]
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "I look.", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c1", "content": "text"},
        {"role": "tool", "tool_call_id": "c2", "content": "Error: no such file"},
        {"role": "user", "content": "and now?"},
    ]
    assert body["tools"] == [
        {"type": "function", "function": {"name": "read_file", "description": "Reads.", "parameters": SPEC.schema}},
    ]
    assert body["response_format"] == {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    assert (body["model"], body["stream"], body["stream_options"]) == ("m", True, {"include_usage": True})
    assert (body["max_tokens"], body["temperature"]) == (99, 0.5)


def test_what_was_not_asked_for_is_not_sent() -> None:
    body = OpenAIChat("max_completion_tokens").body(ModelRequest("m", CONVERSATION[:1], "k"))
    assert set(body) == {"model", "messages", "stream", "stream_options", "max_completion_tokens"}


def test_a_turn_of_text_alone_and_one_of_calls_alone() -> None:
    turns = (CONVERSATION[1].__class__("said"), CONVERSATION[1].__class__("", (ToolCall("c", "t", {}),)))
    said, called = CHAT.body(ModelRequest("m", turns, "k"))["messages"]
    assert said == {"role": "assistant", "content": "said"}
    assert called["content"] is None


def test_the_key_is_a_bearer_token_and_none_is_none() -> None:
    assert CHAT.headers("sk-1") == {"authorization": "Bearer sk-1"}
    assert CHAT.headers("") == {}


def test_text_is_heard_as_it_comes_and_counted_at_the_end() -> None:
    found = _fold(*chat_events("Hel", "lo"))
    assert found.parts == [TextDelta("Hel"), TextDelta("lo")]
    assert (found.answer.text, found.answer.stop, found.answer.model, found.answer.request_id) == ("Hello", "end", "m-2026", "chatcmpl-1")
    assert found.answer.usage == TokenUsage(12, 5, 4)


def test_the_id_in_the_headers_comes_first() -> None:
    assert fold(CHAT, chat_events("x"), "req_9").answer.request_id == "req_9"


def test_calls_come_together_out_of_pieces() -> None:
    found = _fold(
        _call(index=0, id="a", name="read_file", arguments=""),
        _call(index=0, arguments='{"pa'),
        _call(index=1, id="b", name="list_dir"),
        _call(index=0, arguments='th":"x"}'),
        _call(index=1, id="b", arguments="{}"),
        *END,
    )
    assert found.answer.calls == (ToolCall("a", "read_file", {"path": "x"}), ToolCall("b", "list_dir", {}))
    assert found.answer.stop == "tools"
    assert found.parts == [CallBegun("a", "read_file"), CallBegun("b", "list_dir")]


def test_services_that_number_all_calls_alike_or_give_no_ids_are_understood() -> None:
    found = _fold(_call(id="a", name="x", arguments="{}"), _call(id="b", name="y", arguments="{}"), *END)
    assert [call.call_id for call in found.answer.calls] == ["a", "b"]
    found = _fold(_call(index=0, name="x"), _call(index=1, name="y"), chat_chunk({}, "stop"))
    assert [call.call_id for call in found.answer.calls] == ["chatcmpl-1-1", "chatcmpl-1-2"]
    assert found.answer.stop == "tools"


def test_a_name_may_come_behind_the_id() -> None:
    found = _fold(_call(index=0, id="a"), _call(index=0, name="x", arguments="{}"), *END)
    assert found.answer.calls == (ToolCall("a", "x", {}),)


@pytest.mark.parametrize("done", [True, False])
def test_the_reason_for_the_end_makes_an_answer_whole_and_not_the_last_word(done: bool) -> None:
    assert _fold(*chat_events("x", done=done)).answer.text == "x"


def test_nothing_behind_the_last_word_is_read() -> None:
    assert _fold(*chat_events("x"), event("[DONE]"), event("{ no json")).answer.text == "x"


def test_an_answer_that_was_cut_by_its_bound_asks_for_nothing() -> None:
    found = _fold(chat_chunk({"content": "x"}), _call(index=0, id="a", name="n", arguments='{"p'), chat_chunk({}, "length"))
    assert (found.answer.stop, found.answer.calls, found.answer.text) == ("length", (), "x")


@pytest.mark.parametrize(
    "pieces",
    [[chat_chunk({"refusal": "I will not."}), chat_chunk({}, "stop")], [chat_chunk({"content": "I"}), chat_chunk({}, "content_filter")]],
    ids=["by_the_model", "by_the_service"],
)
def test_a_refusal_is_an_answer(pieces: list[bytes]) -> None:
    assert _fold(*pieces).answer.stop == "refusal"


def test_what_the_service_does_not_count_is_estimated_by_length() -> None:
    usage = _fold(chat_chunk({"content": "x" * 400}), chat_chunk({}, "stop", usage=None)).answer.usage
    assert usage.estimated
    assert usage.output == 101
    assert usage.input > 0
    assert (usage + TokenUsage(1, 1)).estimated


@pytest.mark.parametrize("usage", [3, {"prompt_tokens": -1, "completion_tokens": 2}, {"prompt_tokens": True, "completion_tokens": 2},
                                   {"prompt_tokens": 2**60, "completion_tokens": 2}, {"prompt_tokens": 2}],
                         ids=["number", "negative", "flag", "vast", "half"])  # fmt: skip
def test_counts_that_cannot_be_are_not_believed(usage: object) -> None:
    assert _fold(*chat_events("x", done=False)[:3], chat_chunk(usage=usage)).answer.usage.estimated


def test_what_is_not_shown_is_counted_too() -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 3}, "prompt_tokens_details": 7}
    found = _fold(chat_chunk({}, "stop", usage={"prompt_tokens": 1, "completion_tokens": 5, **details}))
    assert found.answer.usage == TokenUsage(1, 5, 0, 3)


def test_other_choices_than_the_first_are_passed_over() -> None:
    other = event({"choices": [{"index": 1, "delta": {"content": "no"}}]})
    assert _fold(other, *chat_events("yes")).answer.text == "yes"


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [chat_chunk({"content": "ha"})],
        [chat_chunk({"content": "ha"}), event("[DONE]")],
        [_call(index=0, id="a", name="n", arguments='{"path":"x"}')],
        [_call(index=0, id="a", name="n", arguments='{"path":"x"}'), event("[DONE]")],
        [chat_chunk({"content": "ha"}), b'data: {"choices":[{"delta":{"content":"lf'],
    ],
    ids=["nothing", "text", "text_done", "call", "call_done", "inside_an_event"],
)
def test_half_an_answer_is_none_and_no_call_of_it_is_given(pieces: list[bytes]) -> None:
    found = _fold(*pieces)
    assert found.code == "provider_truncated"
    assert found.text == ("ha" if any(b'"ha"' in piece for piece in pieces) else "")


@pytest.mark.parametrize(
    "pieces",
    [
        [event("{ no json")],
        [event("[1]")],
        [event('{"a":' * 100 + "1" + "}" * 100)],
        [event({"choices": "x"})],
        [event({"choices": ["x"]})],
        [event({"choices": [{"index": True}]})],
        [chat_chunk({"content": 7})],
        [chat_chunk({"content": "x"}, "stop"), chat_chunk({"content": "more"})],
        [chat_chunk({}, "stop"), _call(index=0, id="a", name="n")],
        [chat_chunk({"tool_calls": "x"})],
        [chat_chunk({"tool_calls": ["x"]})],
        [_call(index=0, id="a", arguments="{}"), *END],
        [_call(index=0, id="a", name="n", arguments='{"path":'), *END],
        [_call(index=0, id="a", name="n", arguments="[1]"), *END],
        [_call(index=0, id="a", name="n"), _call(index=1, id="a", name="n"), *END],
        [_call(index=i, id=f"c{i}", name="n") for i in range(MOST_CALLS + 1)],
        END,
        [chat_chunk({"content": "x"}, "whatever")],
    ],
    ids=[
        "no_json", "list", "deep", "choices", "choice", "index", "content", "behind_the_end", "call_behind_the_end", "calls", "call",
        "nameless", "cut_arguments", "list_arguments", "one_id_twice", "too_many", "no_calls", "unknown_end",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_malformed_and_no_call_of_it_is_given(pieces: list[bytes]) -> None:
    assert _fold(*pieces).code == "provider_malformed"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        ({"error": {"message": "busy", "code": "rate_limit_exceeded"}}, "", "provider_rate_limited"),
        ({"error": "broken"}, "", "provider_server_error"),
        ({"message": "broken"}, "error", "provider_server_error"),
    ],
    ids=["limited", "words", "named"],
)
def test_an_error_in_the_middle_keeps_what_was_heard(data: object, name: str, code: str) -> None:
    found = _fold(chat_chunk({"content": "half"}), event(data, name))
    assert (found.code, found.text) == (code, "half")


def test_halves_of_characters_and_nul_are_replaced() -> None:
    found = _fold(event('{"choices":[{"delta":{"content":"a\\ud800b\\u0000"},"finish_reason":"stop"}]}'))
    assert found.answer.text == "a\ufffdb\ufffd"
    found = _fold(_call(index=0, id="a", name="n", arguments='{"p":"\\ud800"}'), *END)
    assert found.answer.calls[0].arguments == {"p": "\ufffd"}

"""Whatever a service sends, it is an answer or a failure by name, and calls come with an end alone (F49, F50)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.provider.anthropic_messages import AnthropicMessages
from actors.agent.provider.dialect import Dialect
from actors.agent.provider.messages import Answer, ProviderFailure
from actors.agent.provider.openai_chat import OpenAIChat
from tests.actors.agent.faulty import anthropic_events, chat_chunk, event
from tests.actors.agent.provider.folding import fold

CALL = {"index": 0, "id": "a", "function": {"name": "n", "arguments": '{"x":1}'}}
CHAT = [chat_chunk({"content": "x"}), chat_chunk({"tool_calls": [CALL]}), chat_chunk({}, "tool_calls"), event("[DONE]")]
MESSAGES = anthropic_events({"text": "x"}, {"id": "a", "name": "n", "input": '{"x":1}'}, stop="tool_use")
BOTH: list[tuple[Dialect, list[bytes]]] = [(OpenAIChat(), CHAT), (AnthropicMessages(), MESSAGES)]
each = pytest.mark.parametrize(("dialect", "pieces"), BOTH, ids=["openai", "anthropic"])

WORDS = (
    "type", "index", "delta", "content", "tool_calls", "function", "arguments", "choices", "finish_reason", "usage", "message", "error",
    "content_block", "text", "stop_reason", "text_delta", "tool_use", "message_start", "content_block_start", "content_block_delta", "item",
    "result", "assistant", "stats", "stop", "total_cost_usd", "input_tokens", "output_tokens",
)  # fmt: skip
word = st.sampled_from(WORDS)
value = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**70) | st.floats() | word | st.just("\ud800\0"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(word, inner, max_size=4),
    max_leaves=12,
)


@each
@given(values=st.lists(value, max_size=4))
def test_any_json_is_an_answer_or_a_failure(dialect: Dialect, pieces: list[bytes], values: list[Any]) -> None:
    for start in range(len(pieces)):
        found = fold(dialect, [*pieces[:start], *(event(json.dumps(one)) for one in values)])
        assert isinstance(found.result, Answer | ProviderFailure)


@each
@given(data=st.data())
def test_pieces_that_are_lost_doubled_or_out_of_order_give_the_whole_call_or_none(
    dialect: Dialect, pieces: list[bytes], data: st.DataObject
) -> None:
    picked = data.draw(st.lists(st.sampled_from(pieces), max_size=2 * len(pieces)))
    result = fold(dialect, picked).result
    if isinstance(result, Answer) and result.calls:
        assert [dict(call.arguments) for call in result.calls] in ([{"x": 1}], [{}])
        assert result.stop == "tools"


@each
@given(cut=st.integers(0, 5_000))
def test_bytes_that_are_cut_give_no_call(dialect: Dialect, pieces: list[bytes], cut: int) -> None:
    whole = b"".join(pieces)
    ended = len(whole) - (len(pieces[-1]) if dialect is BOTH[0][0] else 1)
    result = fold(dialect, [whole[: min(cut, ended - 1)]]).result
    assert isinstance(result, ProviderFailure)

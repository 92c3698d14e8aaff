"""Agents with a command line of their own, by what they write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.cli.events import READERS
from actors.agent.cli.transcript import MOST_LINE, MOST_OUTPUT, MOST_PLAIN, Transcript
from actors.agent.provider.messages import Answer, AtWork, CallBegun, Part, ProviderFailure, TextDelta, TokenUsage
from actors.config.cli_agents import Dialect

CLAUDE: list[Any] = [
    {"type": "system", "subtype": "init", "session_id": "s-1", "model": "claude-opus-5", "tools": ["Bash"], "cwd": "/work"},
    {"type": "assistant", "session_id": "s-1", "message": {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}},
    ]}},
    {"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "a b"}]}},
    {"type": "assistant", "message": {"content": [{"type": "text", "text": "Two files."}]}},
    {"type": "result", "subtype": "success", "is_error": False, "result": "Two files.", "session_id": "s-1", "total_cost_usd": 0.0123,
     "num_turns": 2, "usage": {"input_tokens": 4, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 900, "output_tokens": 40}},
]  # fmt: skip
CODEX: list[Any] = [
    {"type": "thread.started", "thread_id": "t-1"},
    {"type": "turn.started"},
    {"type": "error", "message": "Reconnecting... 1/5"},
    {"type": "item.completed", "item": {"id": "i0", "type": "reasoning", "text": "hm"}},
    {"type": "item.started", "item": {"id": "i1", "type": "command_execution", "command": "ls", "status": "in_progress"}},
    {"type": "item.completed", "item": {"id": "i1", "type": "command_execution", "exit_code": 0, "status": "completed"}},
    {"type": "item.completed", "item": {"id": "i2", "type": "agent_message", "text": "Two files."}},
    {"type": "turn.completed", "usage": {"input_tokens": 1_000, "cached_input_tokens": 800, "output_tokens": 40}},
]
GEMINI: list[Any] = [
    {"type": "init", "session_id": "g-1", "model": "gemini-3-pro"},
    {"type": "message", "role": "user", "content": "How many?"},
    {"type": "message", "role": "assistant", "content": "I look.", "delta": True},
    {"type": "tool_use", "tool_name": "list_directory", "tool_id": "x1", "parameters": {}},
    {"type": "tool_result", "tool_id": "x1", "status": "success", "output": "a b"},
    {"type": "error", "severity": "warning", "message": "slow"},
    {"type": "message", "role": "assistant", "content": "Two ", "delta": True},
    {"type": "message", "role": "assistant", "content": "files.", "delta": True},
    {"type": "result", "status": "success", "stats": {"total_tokens": 1_040, "input_tokens": 1_000, "output_tokens": 40, "cached": 800}},
]
RECORDED: dict[Dialect, list[Any]] = {"claude": CLAUDE, "codex": CODEX, "gemini": GEMINI}
ENDS: dict[Dialect, Answer] = {
    "claude": Answer(
        "Two files.", usage=TokenUsage(1_004, 40, 900, cost_usd=0.0123, tool_calls=1, stored=100), request_id="s-1", model="claude-opus-5"
    ),
    "codex": Answer("Two files.", usage=TokenUsage(1_000, 40, 800, tool_calls=1), request_id="t-1"),
    "gemini": Answer("Two files.", usage=TokenUsage(1_000, 40, 800, tool_calls=1), request_id="g-1", model="gemini-3-pro"),
}
KINDS = list(RECORDED)
REFUSED = {"type": "result", "subtype": "success", "is_error": True}


def _lines(*events: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in events)


def _run(kind: Dialect, output: bytes, exit_code: int = 0, stderr: str = "") -> tuple[Answer | ProviderFailure, list[Part]]:
    parts: list[Part] = []
    transcript = Transcript(kind, parts.append)
    transcript.feed(output)
    try:
        return transcript.end(exit_code, stderr, "How many files are there?"), parts
    except ProviderFailure as failure:
        return failure, parts


def _code(kind: Dialect, output: bytes, exit_code: int = 1, stderr: str = "") -> str:
    result, _ = _run(kind, output, exit_code, stderr)
    assert isinstance(result, ProviderFailure), result
    return result.code


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_that_was_done(kind: Dialect) -> None:
    end, parts = _run(kind, b"Welcome!\n[1]\n" + _lines(*RECORDED[kind]))
    assert end == ENDS[kind]
    assert [part for part in parts if isinstance(part, CallBegun)] != []
    assert "Two" in "".join(part.text for part in parts if isinstance(part, TextDelta))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_it_makes_no_difference_where_the_bytes_are_cut_or_that_the_last_line_has_no_end(kind: Dialect, data: st.DataObject) -> None:
    output = _lines(*RECORDED[kind]).rstrip(b"\n")
    transcript = Transcript(kind, lambda _: None)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(output)), max_size=8)))
    for a, b in zip([0, *cuts], [*cuts, len(output)], strict=True):
        transcript.feed(output[a:b])
    assert transcript.end(0, "") == ENDS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_half_of_what_was_done_is_a_failure_that_keeps_what_was_said(kind: Dialect) -> None:
    result, _ = _run(kind, _lines(*RECORDED[kind][:-1]))
    assert isinstance(result, ProviderFailure)
    assert (result.partial, result.usage.estimated) == ("Two files.", True)
    assert result.code == ("provider_agent_failed" if kind == "codex" else "provider_truncated")


@pytest.mark.parametrize(
    ("kind", "event", "code"),
    [
        ("claude", {"type": "result", "subtype": "error_max_turns", "is_error": False}, "provider_agent_failed"),
        ("claude", {**REFUSED, "result": "Invalid API key · Please run /login"}, "provider_unauthorized"),
        ("claude", {**REFUSED, "result": "Credit balance is too low"}, "provider_quota_exhausted"),
        ("claude", {"type": "result", "is_error": True, "result": "API Error: 529 overloaded_error"}, "provider_overloaded"),
        ("codex", {"type": "turn.failed", "error": {"message": "You have hit your usage limit"}}, "provider_rate_limited"),
        ("codex", {"type": "error", "message": "stream disconnected"}, "provider_agent_failed"),
        ("codex", {"type": "turn.failed"}, "provider_agent_failed"),
        ("gemini", {"type": "result", "status": "error", "error": {"message": "429 Too Many Requests"}}, "provider_rate_limited"),
        ("gemini", {"type": "error", "severity": "error", "message": "boom"}, "provider_agent_failed"),
    ],
    ids=["turns", "login", "credit", "overloaded", "limit", "error", "no_reason", "429", "told"],
)  # fmt: skip
def test_an_agent_that_says_that_it_failed(kind: Dialect, event: dict[str, Any], code: str) -> None:
    assert _code(kind, _lines(*RECORDED[kind][:-1], event)) == code


@pytest.mark.parametrize(
    ("kind", "exit_code", "stderr", "code"),
    [
        ("claude", 1, "Error: rate limit reached\n\n", "provider_rate_limited"),
        ("codex", 1, "", "provider_agent_failed"),
        ("gemini", 41, "Please set an Auth method", "provider_unauthorized"),
        ("gemini", 42, "", "provider_rejected"),
        ("gemini", 53, "", "provider_agent_failed"),
        ("plain", 3, "boom", "provider_agent_failed"),
    ],
    ids=["words", "nothing", "41", "42", "53", "plain"],
)
def test_an_agent_that_ends_without_a_word(kind: Dialect, exit_code: int, stderr: str, code: str) -> None:
    assert _code(kind, b"", exit_code, stderr) == code


def test_any_command_answers_with_what_it_writes() -> None:
    end, parts = _run("plain", b"Two\0 files.\xff\n")
    assert isinstance(end, Answer)
    assert end.text == "Two\ufffd files.\ufffd"
    assert (end.usage.estimated, end.request_id, end.usage.cost_usd) == (True, "", None)
    assert parts == [AtWork(), TextDelta("Two\ufffd files.\ufffd\n")]


def test_the_last_count_of_a_session_is_the_whole_one() -> None:
    end, _ = _run("codex", _lines(*CODEX, {**CODEX[-1], "usage": {"input_tokens": 2_000, "output_tokens": 80}}))
    assert isinstance(end, Answer)
    assert (end.usage.input, end.usage.output) == (2_000, 80)


@pytest.mark.parametrize("kind", KINDS)
def test_fields_of_other_kinds_than_expected_do_no_harm(kind: Dialect) -> None:
    odd: list[Any] = [{"type": 7}, {"type": "assistant", "message": {"content": ["x", 7]}}, {"type": "assistant", "message": 3}]
    odd += [{"type": "item.completed", "item": "x"}, {"type": "message", "role": "assistant", "content": 3}]
    end, _ = _run(kind, _lines(*RECORDED[kind][:-1], *odd, RECORDED[kind][-1]))
    assert isinstance(end, Answer)


@pytest.mark.parametrize("cost", [True, -1, 1e9, "1"], ids=["flag", "negative", "vast", "text"])
def test_counts_and_costs_that_cannot_be_are_not_believed(cost: object) -> None:
    end, _ = _run("claude", _lines({**CLAUDE[-1], "total_cost_usd": cost, "usage": {"input_tokens": -1, "output_tokens": 1}}))
    assert isinstance(end, Answer)
    assert (end.usage.cost_usd, end.usage.estimated) == (None, True)
    end, _ = _run("gemini", _lines({**GEMINI[-1], "stats": {"input_tokens": "x"}}))
    assert isinstance(end, Answer)
    assert end.usage.estimated


@pytest.mark.parametrize(("kind", "most"), [("claude", MOST_OUTPUT), ("plain", MOST_PLAIN)])
def test_output_without_end_is_given_up(kind: Dialect, most: int) -> None:
    transcript = Transcript(kind, lambda _: None)

    def feed() -> None:
        for _ in range(17):
            transcript.feed(b"x" * (most // 16))

    with pytest.raises(ProviderFailure, match="provider_too_large"):
        feed()
    assert transcript.text == ""


def test_a_line_that_is_too_long_is_passed_over_and_the_next_one_read() -> None:
    whole = _lines(*CLAUDE)
    transcript = Transcript("claude", lambda _: None)
    for piece in (whole[:-5], b"x" * MOST_LINE, b"x" * 9, b"xx\n" + whole[:7], whole[7:]):
        transcript.feed(piece)
    assert transcript.end(0, "") == ENDS["claude"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_says_that_it_is_done_is_over_before_its_process_is(kind: Dialect) -> None:
    transcript = Transcript(kind, lambda _: None)
    transcript.feed(_lines(*RECORDED[kind][:-1]))
    assert (transcript.over, transcript.session_id) == (False, ENDS[kind].request_id)
    transcript.feed(_lines(RECORDED[kind][-1]))
    assert transcript.over
    failed = {"claude": REFUSED, "codex": {"type": "turn.failed"}, "gemini": {"type": "result", "status": "error"}}
    transcript = Transcript(kind, lambda _: None)
    transcript.feed(_lines(failed[kind]))
    assert transcript.over


def test_a_session_whose_name_could_be_an_option_is_none() -> None:
    end, _ = _run("codex", _lines({"type": "thread.started", "thread_id": "--yolo"}, *CODEX[1:]))
    assert isinstance(end, Answer)
    assert end.request_id == ""


def test_a_signal_is_told_as_one() -> None:
    result, _ = _run("claude", b"", -9)
    assert isinstance(result, ProviderFailure)
    assert "killed by signal 9" in result.message


WORDS = ("type", "item", "message", "content", "text", "result", "assistant", "usage", "stats", "input_tokens", "output_tokens", "tool_use")
value = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**70) | st.floats() | st.sampled_from(WORDS) | st.just("\ud800\0"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", list(READERS))
@given(values=st.lists(value, max_size=6))
def test_any_line_of_an_agent_is_taken_or_passed_over(kind: Any, values: list[Any]) -> None:
    end, _ = _run(kind, b"".join(json.dumps(one).encode() + b"\n" for one in values))
    assert isinstance(end, Answer) or end.code in {"provider_truncated", "provider_agent_failed"}

"""Agents with a command line of their own, by what they write."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.provider.cli_agent import MOST_OUTPUT, CliEnd, CliKind, CliTranscript, command_line
from actors.agent.provider.messages import Answer, CallBegun, Part, ProviderFailure, TextDelta, TokenUsage

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
RECORDED: dict[CliKind, list[Any]] = {"claude": CLAUDE, "codex": CODEX, "gemini": GEMINI}
ENDS: dict[CliKind, CliEnd] = {
    "claude": CliEnd(Answer("Two files.", usage=TokenUsage(1_004, 40, 900), model="claude-opus-5"), "s-1", 0.0123, 1),
    "codex": CliEnd(Answer("Two files.", usage=TokenUsage(1_000, 40, 800)), "t-1", None, 1),
    "gemini": CliEnd(Answer("Two files.", usage=TokenUsage(1_000, 40, 800), model="gemini-3-pro"), "g-1", None, 1),
}
KINDS = list(RECORDED)
REFUSED = {"type": "result", "subtype": "success", "is_error": True}


def _lines(*events: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in events)


def _run(kind: CliKind, output: bytes, exit_code: int = 0, stderr: str = "") -> tuple[CliEnd | ProviderFailure, list[Part]]:
    parts: list[Part] = []
    transcript = CliTranscript(kind, parts.append)
    transcript.feed(output)
    try:
        return transcript.end(exit_code, stderr, "How many files are there?"), parts
    except ProviderFailure as failure:
        return failure, parts


def _code(kind: CliKind, output: bytes, exit_code: int = 1, stderr: str = "") -> str:
    result, _ = _run(kind, output, exit_code, stderr)
    assert isinstance(result, ProviderFailure), result
    return result.code


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_that_was_done(kind: CliKind) -> None:
    end, parts = _run(kind, b"Welcome!\n[1]\n" + _lines(*RECORDED[kind]))
    assert end == ENDS[kind]
    assert [part for part in parts if isinstance(part, CallBegun)] != []
    assert "Two" in "".join(part.text for part in parts if isinstance(part, TextDelta))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_it_makes_no_difference_where_the_bytes_are_cut_or_that_the_last_line_has_no_end(kind: CliKind, data: st.DataObject) -> None:
    output = _lines(*RECORDED[kind]).rstrip(b"\n")
    transcript = CliTranscript(kind, lambda _: None)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(output)), max_size=8)))
    for a, b in zip([0, *cuts], [*cuts, len(output)], strict=True):
        transcript.feed(output[a:b])
    assert transcript.end(0, "") == ENDS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_half_of_what_was_done_is_a_failure_that_keeps_what_was_said(kind: CliKind) -> None:
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
def test_an_agent_that_says_that_it_failed(kind: CliKind, event: dict[str, Any], code: str) -> None:
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
def test_an_agent_that_ends_without_a_word(kind: CliKind, exit_code: int, stderr: str, code: str) -> None:
    assert _code(kind, b"", exit_code, stderr) == code


def test_any_command_answers_with_what_it_writes() -> None:
    end, parts = _run("plain", b"Two\0 files.\xff\n")
    assert isinstance(end, CliEnd)
    assert end.answer.text == "Two\ufffd files.\ufffd"
    assert (end.answer.usage.estimated, end.session_id, end.cost_usd) == (True, "", None)
    assert parts == [TextDelta("Two\ufffd files.\ufffd")]


def test_two_turns_count_both() -> None:
    end, _ = _run("codex", _lines(*CODEX, CODEX[-1]))
    assert isinstance(end, CliEnd)
    assert end.answer.usage == TokenUsage(2_000, 80, 1_600)


@pytest.mark.parametrize("kind", KINDS)
def test_fields_of_other_kinds_than_expected_do_no_harm(kind: CliKind) -> None:
    odd: list[Any] = [{"type": 7}, {"type": "assistant", "message": {"content": ["x", 7]}}, {"type": "assistant", "message": 3}]
    odd += [{"type": "item.completed", "item": "x"}, {"type": "message", "role": "assistant", "content": 3}]
    end, _ = _run(kind, _lines(*RECORDED[kind][:-1], *odd, RECORDED[kind][-1]))
    assert isinstance(end, CliEnd)


@pytest.mark.parametrize("cost", [True, -1, 1e9, "1"], ids=["flag", "negative", "vast", "text"])
def test_counts_and_costs_that_cannot_be_are_not_believed(cost: object) -> None:
    end, _ = _run("claude", _lines({**CLAUDE[-1], "total_cost_usd": cost, "usage": {"input_tokens": -1, "output_tokens": 1}}))
    assert isinstance(end, CliEnd)
    assert (end.cost_usd, end.answer.usage.estimated) == (None, True)
    end, _ = _run("gemini", _lines({**GEMINI[-1], "stats": {"input_tokens": "x"}}))
    assert isinstance(end, CliEnd)
    assert end.answer.usage.estimated


@pytest.mark.parametrize("kind", ["claude", "plain"])
def test_output_without_end_is_given_up(kind: CliKind) -> None:
    transcript = CliTranscript(kind, lambda _: None)

    def feed() -> None:
        for _ in range(17):
            transcript.feed(b"x" * (MOST_OUTPUT // 16))

    with pytest.raises(ProviderFailure, match="provider_too_large"):
        feed()
    assert transcript.text == ""


@pytest.mark.parametrize(
    ("kind", "argv"),
    [
        ("claude", "claude -p --output-format stream-json --verbose --model m --resume s --x"),
        ("codex", "codex exec --json --model m --x resume s -"),
        ("gemini", "gemini --output-format stream-json --model m --resume s --x"),
    ],
)
def test_how_they_are_called(kind: CliKind, argv: str) -> None:
    assert command_line(kind, model="m", session_id="s", more=("--x",)) == tuple(argv.split())
    assert len(command_line(kind, ("npx", "agent"))) == len(argv.split()) + 1 - 5


def test_any_command_is_called_as_it_is() -> None:
    assert command_line("plain", ("my-agent", "-q"), more=("--x",)) == ("my-agent", "-q", "--x")
    with pytest.raises(ProviderFailure, match="provider_misconfigured"):
        command_line("plain")


@pytest.mark.parametrize("word", ["--dangerously", "a b", "x" * 300, "a\n"], ids=["option", "blank", "long", "line"])
@pytest.mark.parametrize("place", ["model", "session_id"])
def test_nothing_that_could_be_an_option_is_taken_for_a_name(word: str, place: str) -> None:
    with pytest.raises(ProviderFailure, match="provider_misconfigured"):
        command_line("claude", **cast("Any", {place: word}))

"""Calls of a service that is not there, silent, cut, too large or broken (F45, F46, F49, F50), over real connections on loopback."""

from __future__ import annotations

import gc
import socket
from typing import Any

import pytest
import trio

from actors.agent.provider.anthropic_messages import AnthropicMessages
from actors.agent.provider.messages import Answer, CallBegun, Part, TextDelta, TokenUsage, ToolCall
from tests.actors.agent.faulty import Reply, anthropic_events, chat_chunk, chat_events, event, faulty, packed
from tests.actors.agent.provider.calling import HEADERS, KEY, REQUEST, SOON, against, failing, provider


async def test_a_whole_answer_and_what_was_sent_for_it() -> None:
    async with faulty(Reply(chat_events("Hel", "lo"), headers={**HEADERS, "X-Request-Id": "req_1"})) as server:
        parts: list[Part] = []
        answer = await provider(server.url + "/v1/").stream(REQUEST, parts.append)
    assert answer == Answer("Hello", (), TokenUsage(12, 5, 4), "end", "req_1", "m-2026")
    assert parts == [TextDelta("Hel"), TextDelta("lo")]
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.body["messages"] == [{"role": "user", "content": "hi\ufffd"}]
    sent = {name: asked.headers[name] for name in ("authorization", "idempotency-key", "x-team", "accept", "accept-encoding")}
    assert sent == {
        "authorization": f"Bearer {KEY}",
        "idempotency-key": "call-7",
        "x-team": "blue",
        "accept": "text/event-stream",
        "accept-encoding": "identity",
    }


async def test_the_other_dialect_with_a_tool() -> None:
    async with faulty(Reply(anthropic_events({"id": "t", "name": "n", "input": "{}"}, stop="tool_use"))) as server:
        parts: list[Part] = []
        answer = await provider(server.url, AnthropicMessages()).stream(REQUEST, parts.append)
    assert (answer.calls, parts) == ((ToolCall("t", "n", {}),), [CallBegun("t", "n")])
    assert (server.asked[0].path, server.asked[0].headers["x-api-key"]) == ("/v1/messages", KEY)


async def test_f45_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        failure = await failing(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert "refused" in failure.message
    assert (failure.code, failure.failure_class, failure.usage) == ("provider_connect_failed", "provider_transient", TokenUsage())


async def test_f45_the_name_is_not_known() -> None:
    class Nobody(trio.abc.HostnameResolver):
        async def getaddrinfo(self, *_: Any, **__: Any) -> Any:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        async def getnameinfo(self, *_: Any, **__: Any) -> Any:
            raise NotImplementedError

    trio.socket.set_custom_hostname_resolver(Nobody())
    failure = await failing("http://models.invalid")
    assert failure.code == "provider_connect_failed"
    assert "not known" in failure.message


async def test_f45_there_is_no_tls_at_the_other_end() -> None:
    async with faulty(Reply([b"HTTP/1.1 400 no\r\n\r\n"], raw=True, reads=False)) as server:
        failure = await failing(server.url.replace("http:", "https:"))
    assert failure.code == "provider_connect_failed"
    assert "SSL" in failure.message


async def test_f45_a_connection_that_never_stands() -> None:
    async with faulty(Reply(raw=True, reads=False, then="hang")) as server:
        failure = await failing(server.url.replace("http:", "https:"), connect_ms=SOON)
        with trio.fail_after(10):
            await server.hung_up.wait()
    gc.collect()  # a socket that was left open would say so
    assert failure.code == "provider_connect_failed"
    assert f"{SOON} ms" in failure.message


@pytest.mark.parametrize(
    ("reply", "limit", "code"),
    [
        (Reply(then="hang"), "first_byte_ms", "provider_first_byte_timeout"),
        (Reply([b""], then="hang"), "first_byte_ms", "provider_first_byte_timeout"),
        (Reply(chat_events("half")[:2], then="hang"), "idle_ms", "provider_idle_timeout"),
        (Reply([b": "], then="hang"), "idle_ms", "provider_idle_timeout"),
        (Reply(chat_events("half")[:2], then="hang"), "total_ms", "provider_total_timeout"),
        (Reply(then="hang"), "total_ms", "provider_total_timeout"),
        (Reply([b"{"], status=500, then="hang"), "idle_ms", "provider_idle_timeout"),
    ],
    ids=["no_head", "no_body", "silent", "silent_after_two_bytes", "too_long", "too_long_silent", "silent_refusal"],
)
async def test_f46_silence_ends_at_its_limit_and_the_connection_is_closed(reply: Reply, limit: str, code: str) -> None:
    async with faulty(reply) as server:
        failure = await failing(server.url, **{limit: SOON})
        with trio.fail_after(10):
            await server.hung_up.wait()
    assert (failure.code, failure.failure_class) == (code, "provider_transient")
    assert f"{SOON} ms" in failure.message
    assert failure.partial == ("half" if len(reply.pieces) == 2 else "")


async def test_a_cancel_closes_the_connection() -> None:
    async with faulty(Reply(chat_events("half")[:2], then="hang")) as server:
        with trio.CancelScope() as scope:
            await provider(server.url).stream(REQUEST, lambda _: scope.cancel())
        assert scope.cancelled_caught
        with trio.fail_after(10):
            await server.hung_up.wait()
    gc.collect()  # a generator that was left behind would say so


@pytest.mark.parametrize(
    ("reply", "code", "partial"),
    [
        (Reply(chat_events("half")[:2]), "provider_truncated", "half"),
        (Reply(chat_events("half")[:2], then="reset"), "provider_truncated", "half"),
        (Reply(chat_events("half")[:2], headers={**HEADERS, "Content-Length": "9999"}), "provider_truncated", "half"),
        (Reply([chat_chunk({"content": "half"}), b'data: {"choices":[{"del']), "provider_truncated", "half"),
        (Reply(raw=True), "provider_truncated", ""),
        (Reply([b"no such protocol\r\n\r\n"], raw=True), "provider_truncated", ""),
        (Reply([b"HTTP/1.1 200 OK\r\n" + b"x" * 300_000], raw=True), "provider_truncated", ""),
        (Reply([chat_chunk({"content": "half"}), event("{ no json")], then="hang"), "provider_malformed", "half"),
        (Reply([event('{"a":' * 10_000 + "1" + "}" * 10_000)], then="hang"), "provider_malformed", ""),
        (Reply([chat_chunk({"content": "half"}, "stop"), chat_chunk({"content": "more"})], then="hang"), "provider_malformed", "half"),
        (packed(10_000_000), "provider_malformed", ""),
        (Reply([b"<html>"], headers={"Content-Type": "text/html"}), "provider_malformed", ""),
        (Reply(status=204), "provider_malformed", ""),
        (Reply([b"data: "] + [b"x" * 1_000_000] * 200), "provider_too_large", ""),
        (Reply([event({"object": "x" * 50_000}) * 20] * 200), "provider_too_large", ""),
    ],
    ids=[
        "cut", "reset", "shorter_than_said", "cut_in_an_event", "closed_at_once", "no_http", "endless_head", "no_json", "deep",
        "behind_its_end", "packed", "html", "no_content", "200_mb_line", "200_mb_events",
    ],
)  # fmt: skip
async def test_f49_f50_half_and_broken_answers_are_failures_by_name(reply: Reply, code: str, partial: str) -> None:
    failure = await against(reply, idle_ms=20_000)
    assert (failure.code, failure.partial) == (code, partial)
    assert failure.usage.estimated or not partial


async def test_f49_two_last_words_are_one_and_nothing_behind_them_is_waited_for() -> None:
    async with faulty(Reply([*chat_events("x"), event("[DONE]"), b"\xff"], then="hang")) as server:
        answer = await provider(server.url).stream(REQUEST, lambda _: None)
    assert answer.text == "x"
    gc.collect()


async def test_f50_halves_of_characters_are_replaced() -> None:
    async with faulty(Reply([event('{"choices":[{"delta":{"content":"\\ud800\\u0000"},"finish_reason":"stop"}]}')])) as server:
        answer = await provider(server.url).stream(REQUEST, lambda _: None)
    assert answer.text == "\ufffd\ufffd"

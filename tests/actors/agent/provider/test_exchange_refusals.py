"""What a service refuses, and what nobody may hear of the key (F47, F48)."""

from __future__ import annotations

import json
import logging

import pytest

from actors.agent.provider.messages import ProviderFailure, TokenUsage
from actors.agent.provider.service import HttpProvider
from tests.actors.agent.faulty import Reply, faulty, whole
from tests.actors.agent.provider.calling import CHAT, KEY, REQUEST, against, provider


@pytest.mark.parametrize(
    ("status", "headers", "code", "after"),
    [
        (429, {"Retry-After": "86400"}, "provider_rate_limited", 86_400_000),
        (429, {"Retry-After": "soon"}, "provider_rate_limited", None),
        (500, {}, "provider_server_error", None),
        (529, {}, "provider_overloaded", None),
        (401, {}, "provider_unauthorized", None),
        (302, {"Location": "http://127.0.0.1:1/"}, "provider_redirected", None),
    ],
    ids=["429_day", "429_garbage", "500", "529", "401", "302"],
)
async def test_f47_f48_refusals_have_their_names_and_do_not_tell_the_key(
    status: int, headers: dict[str, str], code: str, after: int | None
) -> None:
    body = json.dumps({"error": {"message": f"no: {KEY}"}}).encode()
    failure = await against(Reply([body], status, {"X-Request-Id": "req_2", **headers}))
    assert (failure.code, failure.status, failure.request_id, failure.retry_after_ms) == (code, status, "req_2", after)
    assert failure.usage == TokenUsage()
    assert "no: ***" in failure.message


async def test_a_refusal_of_any_length_is_read_in_part() -> None:
    assert (await against(Reply([b"x" * 1_000_000] * 100, 500))).code == "provider_server_error"


async def test_a_key_that_the_model_repeats_is_heard_by_nobody() -> None:
    async with faulty(whole(f"the key is {KEY}")) as server:
        assert (await provider(server.url).stream(REQUEST, lambda _: None)).text == "the key is ***"


async def test_nothing_that_the_library_logs_holds_the_key_or_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await against(Reply([b"{}"], 401))
    assert caplog.records != []
    assert KEY not in caplog.text
    assert "blue" not in caplog.text
    assert "hi" not in [word for record in caplog.records for word in record.getMessage().split()]


async def test_a_short_key_is_not_looked_for() -> None:
    async def short() -> str:
        return "o"

    async with faulty(whole("hello")) as server:
        assert (await HttpProvider("b", server.url, CHAT, short).stream(REQUEST, lambda _: None)).text == "hello"


async def test_what_cannot_be_sent_is_a_mistake_in_the_settings() -> None:
    async def broken() -> str:
        return f"{KEY}\n"

    async with faulty(whole("x")) as server:
        with pytest.raises(ProviderFailure) as caught:
            await HttpProvider("b", server.url, CHAT, broken).stream(REQUEST, lambda _: None)
    assert caught.value.code == "provider_misconfigured"
    assert KEY not in str(caught.value)


def test_a_provider_shows_neither_key_nor_headers() -> None:
    shown = repr(provider("http://x"))
    assert "http://x" in shown
    assert "blue" not in shown

"""Backends of the settings as providers: where their keys come from, and what is said when there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from actors.agent.provider.endpoint import Endpoints
from actors.agent.provider.messages import Limits, ModelRequest, ProviderFailure, UserText
from actors.agent.provider.service import HttpProvider
from actors.config.backends import DEFAULTS, Backend
from tests.actors.agent.faulty import anthropic_events, faulty, whole

REQUEST = ModelRequest("m", (UserText("hi"),), "k")


async def test_a_backend_is_reached_with_the_key_of_its_variable() -> None:
    async with faulty(whole("x")) as server:
        endpoints = Endpoints((Backend("local", "openai", server.url, key_env="THE_KEY", headers={"x-a": "b"}),), {"THE_KEY": " sk-12345 "})
        await endpoints.provider("local").stream(REQUEST, lambda _: None)
    assert (server.asked[0].headers["authorization"], server.asked[0].headers["x-a"]) == ("Bearer sk-12345", "b")
    assert server.asked[0].body["max_tokens"] == 4_096
    assert "sk-12345" not in repr(endpoints) + repr(endpoints.provider("local"))


async def test_a_key_in_a_file_is_read_at_each_call(tmp_path: Path) -> None:
    file = tmp_path / "key"
    async with faulty(whole("x")) as server:
        provider = Endpoints((Backend("local", "openai", server.url, key_file=str(file)),), {}).provider("local")
        for key in ("first-key", "second-key"):
            file.write_text(f"{key}\n")
            await provider.stream(REQUEST, lambda _: None)
    assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer first-key", "Bearer second-key"]


async def test_no_key_is_sent_where_none_is_named() -> None:
    async with faulty(whole("x")) as server:
        endpoints = Endpoints((Backend("local", "openai", server.url),), {"OPENAI_API_KEY": "sk-12345"})
        assert await endpoints.unavailable("local") is None
        await endpoints.provider("local").stream(REQUEST, lambda _: None)
    assert "authorization" not in server.asked[0].headers


async def test_the_other_kind_speaks_its_own_way() -> None:
    async with faulty(whole("x").__class__(anthropic_events({"text": "x"}))) as server:
        endpoints = Endpoints((Backend("a", "anthropic", server.url, key_env="K"),), {"K": "key-12345"})
        await endpoints.provider("a").stream(REQUEST, lambda _: None)
    assert server.asked[0].headers["x-api-key"] == "key-12345"


def test_only_the_service_that_has_renamed_the_bound_hears_the_new_name() -> None:
    provider = Endpoints(DEFAULTS, {}).provider("openai")
    assert isinstance(provider, HttpProvider)
    assert "max_completion_tokens" in provider.dialect.body(REQUEST)


def test_time_limits_come_from_the_settings_and_else_are_the_usual_ones() -> None:
    provider = Endpoints((Backend("a", "openai", "http://x", idle_ms=5, total_ms=7),), {}).provider("a")
    assert isinstance(provider, HttpProvider)
    assert provider.limits == Limits(idle_ms=5, total_ms=7)


@pytest.mark.parametrize(
    "text", [None, "", "  \n", "two words", "línea", "a\nb"], ids=["unset", "empty", "blank", "words", "accent", "lines"]
)
async def test_without_a_key_a_backend_is_unavailable_and_a_call_is_not_made(text: str | None) -> None:
    environ = {} if text is None else {"THE_KEY": text}
    endpoints = Endpoints((Backend("b", "openai", "http://127.0.0.1:1", key_env="THE_KEY"),), environ)
    reason = await endpoints.unavailable("b")
    assert reason is not None
    assert "THE_KEY" in reason
    with pytest.raises(ProviderFailure) as caught:
        await endpoints.provider("b").stream(REQUEST, lambda _: None)
    assert (caught.value.code, caught.value.failure_class) == ("provider_misconfigured", "provider_terminal")


@pytest.mark.parametrize("kind", ["absent", "folder", "pipe", "writable"])
async def test_a_file_that_is_no_good_place_for_a_key_is_refused(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "key"
    match kind:
        case "folder":
            file.mkdir()
        case "pipe":
            os.mkfifo(file)
        case "writable":
            file.write_text("sk-12345")
            file.chmod(0o666)
        case _:
            assert not file.exists()
    reason = await Endpoints((Backend("b", "openai", "http://x", key_file=str(file)),), {}).unavailable("b")
    assert reason is not None
    assert str(file) in reason


async def test_an_unknown_backend_is_told_with_those_that_are_known() -> None:
    endpoints = Endpoints(DEFAULTS, {})
    reason = await endpoints.unavailable("opnai")
    assert reason is not None
    assert "anthropic, openai" in reason or "openai, anthropic" in reason
    with pytest.raises(ProviderFailure, match="provider_unknown"):
        endpoints.provider("opnai")

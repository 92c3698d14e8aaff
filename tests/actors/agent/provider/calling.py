"""Calls of a backend at an address, made over real connections."""

from __future__ import annotations

import pytest
import trio

from actors.agent.provider.dialect import Dialect
from actors.agent.provider.messages import Answer, Limits, ModelRequest, OnPart, Part, ProviderFailure, TextDelta, UserText
from actors.agent.provider.openai_chat import OpenAIChat
from actors.agent.provider.retrying import Retrying
from actors.agent.provider.service import HttpProvider
from tests.actors.agent.faulty import Reply, faulty

__all__ = ["CHAT", "HEADERS", "KEY", "REQUEST", "SOON", "against", "failing", "provider", "straight"]

KEY = "sk-canary-0123456789"
REQUEST = ModelRequest("m", (UserText("hi\0"),), "call-7")
CHAT = OpenAIChat()
SOON = 60
"""Milliseconds: a limit that a test waits for."""
USUAL = Limits()
HEADERS = {"Content-Type": "text/event-stream"}


async def key() -> str:
    return KEY


def provider(url: str, dialect: Dialect = CHAT, limits: Limits = USUAL) -> HttpProvider:
    return HttpProvider("b", url, dialect, key, {"x-team": "blue"}, limits)


async def straight(retrying: Retrying, request: ModelRequest, on_part: OnPart) -> Answer:
    """Answered by its providers, with nothing in between."""
    return await retrying.answered(request, lambda candidate, one: candidate.provider.stream(one, on_part), on_part)


async def failing(url: str, **limits: int) -> ProviderFailure:
    parts: list[Part] = []
    with pytest.raises(ProviderFailure) as caught, trio.fail_after(20):
        await provider(url, limits=Limits(**limits)).stream(REQUEST, parts.append)
    assert caught.value.partial == "".join(part.text for part in parts if isinstance(part, TextDelta))
    assert KEY not in str(caught.value) + repr(caught.value.__dict__)
    assert caught.value.message.startswith("backend 'b': ")
    return caught.value


async def against(reply: Reply, **limits: int) -> ProviderFailure:
    async with faulty(reply) as server:
        return await failing(server.url, **limits)

"""Both services as others have written them down: a server of theirs, with faults in the middle of its streams (F47–F49)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from actors.agent.provider.again import Patience
from actors.agent.provider.endpoint import Endpoints
from actors.agent.provider.messages import (
    Answer,
    AssistantTurn,
    CallFailed,
    ModelRequest,
    Part,
    ProviderFailure,
    TextDelta,
    ToolResult,
    ToolSpec,
    UserText,
)  # fmt: skip
from actors.agent.provider.retrying import Candidate, Retrying
from actors.config.backends import Backend
from tests.actors.agent.provider.calling import straight

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
TOOL = ToolSpec("weather", "Tells the weather.", SCHEMA)
MODELS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5"}
KINDS = ("openai", "anthropic")
FAULTS = [("truncate", "provider_truncated"), ("disconnect", "provider_truncated"), ("malformed", "provider_malformed")]


@pytest.fixture
def endpoints(llmock: tuple[str, str]) -> Endpoints:
    backends = tuple(Backend(kind, kind, url, key_env="KEY") for kind, url in zip(KINDS, llmock, strict=True))
    return Endpoints(backends, {"KEY": "test-key-123"})


async def _scripted(llmock: tuple[str, str], *behaviors: dict[str, Any]) -> None:
    """What the next requests get; each test begins with this."""
    async with httpx2.AsyncClient(base_url=llmock[0].removesuffix("/v1"), trust_env=False) as client:
        assert (await client.post("/_llmock/reset")).status_code < 300
        if behaviors:
            assert (await client.post("/_llmock/scenario", json={"behaviors": list(behaviors)})).status_code == 201


async def _asked(endpoints: Endpoints, kind: str, request: ModelRequest) -> tuple[Answer | ProviderFailure, list[Part]]:
    parts: list[Part] = []
    retrying = Retrying((Candidate(endpoints.provider(kind), MODELS[kind], Patience(calls=3, first_ms=1, most_ms=2)),))
    try:
        return await straight(retrying, request, parts.append), parts
    except ProviderFailure as failure:
        return failure, parts


@pytest.mark.parametrize("kind", KINDS)
async def test_a_conversation_with_a_tool(llmock: tuple[str, str], endpoints: Endpoints, kind: str) -> None:
    await _scripted(llmock)
    begun = UserText("What is the weather?")
    first, _ = await _asked(endpoints, kind, ModelRequest("", (begun,), "k", "Be brief.", (TOOL,)))
    assert isinstance(first, Answer)
    assert (first.stop, [call.name for call in first.calls]) == ("tools", ["weather"])
    assert "city" in first.calls[0].arguments
    turns = (begun, AssistantTurn(first.text, first.calls), ToolResult(first.calls[0].call_id, "sunny"))
    second, parts = await _asked(endpoints, kind, ModelRequest("", turns, "k2", "Be brief.", (TOOL,)))
    assert isinstance(second, Answer)
    assert (second.stop, second.calls) == ("end", ())
    assert second.text == "".join(part.text for part in parts if isinstance(part, TextDelta)) != ""
    assert second.usage.input > 0 < second.usage.output
    assert not second.usage.estimated


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("fault", "code"), FAULTS, ids=[fault for fault, _ in FAULTS])
async def test_a_stream_that_breaks_is_asked_for_again(
    llmock: tuple[str, str], endpoints: Endpoints, kind: str, fault: str, code: str
) -> None:
    await _scripted(llmock, {"type": "stream_fault", "kind": fault, "after_chunks": 3})
    answer, parts = await _asked(endpoints, kind, ModelRequest("", (UserText("Tell me a story."),), "k"))
    assert isinstance(answer, Answer)
    assert [part.failure.code for part in parts if isinstance(part, CallFailed)] == [code]


@pytest.mark.parametrize(
    ("kind", "status", "codes"),
    [
        ("openai", 500, ["provider_server_error"]),
        ("anthropic", 529, ["provider_overloaded"]),
        ("openai", 401, ["provider_unauthorized"]),
        ("anthropic", 403, ["provider_unauthorized"]),
    ],
    ids=["500", "529", "401", "403"],
)
async def test_refusals_are_asked_again_or_not(
    llmock: tuple[str, str], endpoints: Endpoints, kind: str, status: int, codes: list[str]
) -> None:
    await _scripted(llmock, {"type": "fail", "status": status, "times": 1, "retry_after": 0.001})
    answer, parts = await _asked(endpoints, kind, ModelRequest("", (UserText("hi"),), "k"))
    told = [part.failure.code for part in parts if isinstance(part, CallFailed)]
    assert told + ([answer.code] if isinstance(answer, ProviderFailure) else []) == codes


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer_by_a_schema(llmock: tuple[str, str], endpoints: Endpoints, kind: str) -> None:
    await _scripted(llmock)
    answer, _ = await _asked(endpoints, kind, ModelRequest("", (UserText("Where?"),), "k", response_schema=SCHEMA))
    assert isinstance(answer, Answer), answer

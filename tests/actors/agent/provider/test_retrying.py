"""The same call again, and models that stand in, under virtual time."""

from __future__ import annotations

import pytest
import trio
from attrs import Factory, define, evolve
from trio.testing import MockClock

from actors.agent.provider.again import Patience
from actors.agent.provider.messages import (
    Answer,
    CallFailed,
    ModelRequest,
    OnPart,
    Part,
    ProviderFailure,
    TextDelta,
    TokenUsage,
    UserText,
)  # fmt: skip
from actors.agent.provider.retrying import Candidate, Retrying
from tests.actors.agent.provider.calling import straight

REQUEST = ModelRequest("ignored", (UserText("hi"),), "key")
PATIENCE = Patience(calls=2, first_ms=1_000, multiplier=2, most_ms=8_000)


@define
class Scripted:
    """Gives what its script says, and keeps when it was asked for which model under which key."""

    name: str
    script: list[Answer | str]
    asked: list[tuple[str, str]] = Factory(list)

    async def stream(self, request: ModelRequest, on_part: OnPart) -> Answer:
        self.asked.append((request.model, request.idempotency_key))
        await trio.lowlevel.checkpoint()
        on_part(TextDelta("half"))
        step = self.script.pop(0)
        if isinstance(step, str):
            raise ProviderFailure(step, "scripted", usage=TokenUsage(3, 1), retry_after_ms=60_000 if "rate" in step else None)
        return step


async def _asked(*candidates: Candidate) -> tuple[Answer | ProviderFailure, list[Part]]:
    parts: list[Part] = []
    try:
        return await straight(Retrying(candidates), REQUEST, parts.append), parts
    except ProviderFailure as failure:
        return failure, parts


async def test_a_call_that_failed_is_made_again_under_the_same_key(autojump_clock: MockClock) -> None:
    provider = Scripted("a", ["provider_overloaded", Answer("whole")])
    answer, parts = await _asked(Candidate(provider, "m", PATIENCE))
    assert answer == Answer("whole")
    assert provider.asked == [("m", "key")] * 2
    void = parts[1]
    assert isinstance(void, CallFailed)
    assert (void.backend, void.model, void.failure.code, void.failure.usage) == ("a", "m", "provider_overloaded", TokenUsage(3, 1))
    assert trio.current_time() * 1_000 == pytest.approx(void.again_after_ms)
    assert 500 <= void.again_after_ms <= 1_000


async def test_the_wait_that_was_asked_for_is_kept(autojump_clock: MockClock) -> None:
    await _asked(Candidate(Scripted("a", ["provider_rate_limited", Answer("")]), "m", PATIENCE))
    assert 60 <= trio.current_time() <= 61


async def test_when_patience_is_at_an_end_the_last_failure_stands(autojump_clock: MockClock) -> None:
    provider = Scripted("a", ["provider_overloaded", "provider_truncated"])
    failure, parts = await _asked(Candidate(provider, "m", PATIENCE))
    assert isinstance(failure, ProviderFailure)
    assert failure.code == "provider_truncated"
    assert [type(part).__name__ for part in parts] == ["TextDelta", "CallFailed", "TextDelta"]


async def test_another_model_stands_in_with_patience_and_a_key_of_its_own(autojump_clock: MockClock) -> None:
    first, second = Scripted("a", ["provider_unauthorized"]), Scripted("b", ["provider_overloaded", Answer("whole")])
    retrying = Retrying((Candidate(first, "m", PATIENCE), Candidate(second, "n", PATIENCE)))
    assert await straight(retrying, REQUEST, lambda _: None) == Answer("whole")
    assert first.asked == [("m", "key")]
    assert second.asked == [("n", "key:1")] * 2
    second.script.append(Answer("more"))
    assert await straight(retrying, evolve(REQUEST, idempotency_key="next"), lambda _: None) == Answer("more")
    assert (len(first.asked), second.asked[-1]) == (1, ("n", "next:1"))  # who stands in goes on


async def test_a_cancel_ends_the_wait(autojump_clock: MockClock) -> None:
    provider = Scripted("a", ["provider_rate_limited"])
    with trio.move_on_after(5) as scope:
        await straight(Retrying((Candidate(provider, "m", PATIENCE),)), REQUEST, lambda _: None)
    assert scope.cancelled_caught
    assert len(provider.asked) == 1

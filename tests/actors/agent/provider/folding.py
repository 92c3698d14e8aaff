"""Answers out of scripted events, without a network."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from actors.agent.provider.dialect import Dialect
from actors.agent.provider.messages import (
    Answer,
    AssistantTurn,
    ModelRequest,
    Part,
    ProviderFailure,
    ToolCall,
    ToolResult,
    ToolSpec,
    UserText,
)  # fmt: skip
from actors.agent.provider.sse import Events
from actors.agent.provider.tokens import TokenUsage

__all__ = ["CONVERSATION", "SPEC", "Folded", "fold"]

SPEC = ToolSpec("read_file", "Reads.", {"type": "object", "properties": {"path": {"type": "string"}}})
CONVERSATION = (
    UserText("go"),
    AssistantTurn("I look.", (ToolCall("c1", "read_file", {"path": "é"}), ToolCall("c2", "read_file", {}))),
    ToolResult("c1", "text"),
    ToolResult("c2", "no such file", is_error=True),
    UserText("and now?"),
)


@frozen
class Folded:
    """What came out, what was heard on the way, and what was said and counted by the end."""

    result: Answer | ProviderFailure
    parts: list[Part]
    text: str
    usage: TokenUsage

    @property
    def answer(self) -> Answer:
        assert isinstance(self.result, Answer), self.result
        return self.result

    @property
    def code(self) -> str:
        assert isinstance(self.result, ProviderFailure), self.result
        return self.result.code


def fold(dialect: Dialect, pieces: Iterable[bytes], request_id: str = "") -> Folded:
    """Reads until the answer is over, as an exchange does."""
    parts: list[Part] = []
    found = dialect.fold(ModelRequest("m", (UserText("hi"),), "k"), parts.append)
    events = Events().feed(b"".join(pieces))
    try:
        any(found.take(one) for one in events)
        result: Answer | ProviderFailure = found.answer(request_id)
    except ProviderFailure as failure:
        result = failure
    return Folded(result, parts, found.text, found.usage)

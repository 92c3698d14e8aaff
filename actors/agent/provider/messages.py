"""What is asked of a model and what comes back, in words that are no service's own. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from attrs import Factory, frozen

from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.tokens import TokenUsage

__all__ = [
    "Answer", "AssistantTurn", "AtWork", "CallBegun", "CallFailed", "Effect", "Limits", "ModelRequest", "OnPart", "Part", "Provider",
    "ProviderFailure", "Stop", "TextDelta", "TokenUsage", "ToolCall", "ToolResult", "ToolSpec", "Turn", "UserText",
]  # fmt: skip

Stop = Literal["end", "tools", "length", "refusal"]
Effect = Literal["none", "repeatable", "once"]


@frozen
class ToolSpec:
    """A tool that the model may ask for. `name` is 1 to 64 letters, digits, `_` and `-`; `schema` is a JSON Schema of its arguments.

    `effect` is what a use changes outside of the conversation, which no model is told: nothing; something that comes to the same when it is
    done again with the same arguments; or something that is not done again unasked. `named` is what policies call it, its name where
    that is empty.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    effect: Effect = "once"
    named: str = ""


@frozen
class ToolCall:
    """What the model asks for. `call_id` is the service's name for it; `arguments` is a JSON object, not yet checked against the schema."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]


@frozen
class UserText:
    """What is said to the model. `aside`: beside its task, by a person, while it is at work."""

    text: str
    aside: bool = False


@frozen
class AssistantTurn:
    """What the model said before, and the tools that it asked for with it."""

    text: str
    calls: tuple[ToolCall, ...] = ()


@frozen
class ToolResult:
    """What a call of the turn before came to. Each call of an AssistantTurn needs one before the next UserText."""

    call_id: str
    text: str
    is_error: bool = False


Turn = UserText | AssistantTurn | ToolResult


@frozen
class ModelRequest:
    """One call of a model.

    `response_schema` (JSON Schema of an object) asks for text that is such an object; not every endpoint keeps to it, so it is checked by
    whoever asked. `idempotency_key` is the same for each repetition of the call and goes along as a header.
    """

    model: str
    turns: tuple[Turn, ...]
    idempotency_key: str
    system: str = ""
    tools: tuple[ToolSpec, ...] = ()
    response_schema: Mapping[str, Any] | None = None
    max_output_tokens: int = 4_096
    temperature: float | None = None


@frozen
class TextDelta:
    """The next characters of the answer. What was heard before a CallFailed is no answer."""

    text: str


@frozen
class CallBegun:
    """The model began to ask for a tool; its arguments come with the answer, and only there."""

    call_id: str
    name: str


@frozen
class CallFailed:
    """A call failed and is made again after `again_after_ms`, perhaps by another backend or model: what was heard so far is void.

    `backend` and `model` are those of the call that failed, and `failure.usage` is what it has cost all the same.
    """

    backend: str
    model: str
    failure: ProviderFailure
    again_after_ms: int = 0


@frozen
class AtWork:
    """It is alive: something came that is no part of the answer."""


Part = TextDelta | CallBegun | CallFailed | AtWork
OnPart = Callable[[Part], object]
"""Hears each part in order, as it comes. Must not wait."""


@frozen
class Answer:
    """A whole answer: its end was seen.

    `stop`: `end` (done), `tools` (`calls` are to be made), `length` (cut by `max_output_tokens`; `calls` is empty), `refusal` (the model or
    its service declined). `model` is what the service says it used, `request_id` its name for the call, "" where it gave none.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    usage: TokenUsage = Factory(TokenUsage)
    stop: Stop = "end"
    request_id: str = ""
    model: str = ""


@frozen
class Limits:
    """Bounds of one call. Milliseconds: until the connection stands, from then to the first byte, between two pieces, and for all of it.

    `body_bytes` bounds what is read, unpacked; `total_ms` None leaves the total to the node's own limit.
    """

    connect_ms: int = 10_000
    first_byte_ms: int = 60_000
    idle_ms: int = 30_000
    total_ms: int | None = 600_000
    body_bytes: int = 16 * 1024 * 1024


class Provider(Protocol):
    """A service that answers. One object serves many calls at the same time."""

    @property
    def name(self) -> str:
        """The name of the backend, as in the configuration."""
        ...

    async def stream(self, request: ModelRequest, on_part: OnPart) -> Answer:
        """The whole answer; `on_part` hears it as it comes. Raises ProviderFailure of the last call. Cancelling closes the connection."""
        ...

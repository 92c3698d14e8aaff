"""Anthropic's messages: the request, and the fold of the streamed answer, whose events keep an order that is checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, assert_never

from attrs import Factory, define, frozen

from actors.agent.provider.border import arguments
from actors.agent.provider.dialect import MOST_CALLS, count, estimate, field, malformed, opened
from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.messages import (
    Answer,
    AssistantTurn,
    CallBegun,
    ModelRequest,
    OnPart,
    Stop,
    TextDelta,
    ToolCall,
    ToolResult,
    Turn,
    UserText,
)  # fmt: skip
from actors.agent.provider.refused import said_in_stream
from actors.agent.provider.schemas import demand, fits_strict
from actors.agent.provider.sse import ServerEvent
from actors.agent.provider.tokens import TokenUsage
from storage.strict_json import BadJson

__all__ = ["AnthropicMessages", "MessageFold"]

VERSION: Final = "2023-06-01"
STOPS: Final[dict[str, Stop]] = {
    "end_turn": "end", "stop_sequence": "end", "tool_use": "tools", "max_tokens": "length", "model_context_window_exceeded": "length",
    "refusal": "refusal",
}  # fmt: skip
_CACHED: Final = {"cache_control": {"type": "ephemeral"}}
_COUNTS: Final = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")


@frozen
class AnthropicMessages:
    """What stays the same from turn to turn is marked for the service's cache: the system text and tools, and the conversation so far."""

    path: str = "/v1/messages"

    def headers(self, key: str) -> Mapping[str, str]:
        """The version of the interface, and the key."""
        return {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}

    def body(self, request: ModelRequest) -> dict[str, Any]:
        """The request as JSON, streamed."""
        body: dict[str, Any] = {
            "model": request.model,
            "messages": _messages(request.turns),
            "max_tokens": request.max_output_tokens,
            "stream": True,
        }
        system = request.system
        if request.response_schema is not None and fits_strict(request.response_schema):
            body["output_config"] = {"format": {"type": "json_schema", "schema": request.response_schema}}
        elif request.response_schema is not None:
            system = f"{system}\n\n{demand(request.response_schema)}".lstrip()
        if system:
            body["system"] = [{"type": "text", "text": system, **_CACHED}]
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.tools:
            body["tools"] = [{"name": one.name, "description": one.description, "input_schema": one.schema} for one in request.tools]
        return body

    def fold(self, request: ModelRequest, on_part: OnPart) -> MessageFold:
        """For the answer to this request."""
        return MessageFold(self.body(request), on_part)


def _messages(turns: tuple[Turn, ...]) -> list[dict[str, Any]]:
    """Turns of one side are one message: the service wants all results of a turn's calls together."""
    messages: list[dict[str, Any]] = []
    for turn in turns:
        role = "assistant" if isinstance(turn, AssistantTurn) else "user"
        if not messages or messages[-1]["role"] != role:
            messages.append({"role": role, "content": []})
        messages[-1]["content"] += _blocks(turn)
    messages = [message for message in messages if message["content"]]
    if messages:
        messages[-1]["content"][-1] |= _CACHED
    return messages


def _blocks(turn: Turn) -> list[dict[str, Any]]:
    match turn:
        case UserText(text):
            return _text(text)
        case ToolResult(call_id, text, is_error):
            return [{"type": "tool_result", "tool_use_id": call_id, "content": text, "is_error": is_error}]
        case AssistantTurn(text, calls):
            return _text(text) + [{"type": "tool_use", "id": one.call_id, "name": one.name, "input": one.arguments} for one in calls]
        case _:
            assert_never(turn)


def _text(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}] if text.strip() else []  # an empty block is refused


@define
class _Block:
    """A piece of the answer while it is open; `kind` is `text`, `tool_use` or one that is passed over."""

    kind: str
    call_id: str = ""
    name: str = ""
    written: list[str] = Factory(list)


@define
class MessageFold:
    """One streamed answer: its start, blocks one after the other, its stop reason, its end."""

    _sent: Mapping[str, Any]
    _on_part: OnPart
    _said: list[str] = Factory(list)
    _calls: list[_Block] = Factory(list)
    _block: _Block | None = None
    _blocks: int = 0
    _counts: dict[str, int] = Factory(dict)
    _reasoning: int = 0
    _stop: str = ""
    _started: bool = False
    _ended: bool = False
    _id: str = ""
    _model: str = ""

    @property
    def text(self) -> str:
        """What has been said so far."""
        return "".join(self._said)

    @property
    def usage(self) -> TokenUsage:
        """As counted so far, the input at the start, the output at the end; a guess for a service that counts nothing."""
        if not self._counts:
            return estimate(self._sent, sum(map(len, self._said)) + sum(len(piece) for call in self._calls for piece in call.written))
        fresh, cached, stored, written = (self._counts.get(name, 0) for name in _COUNTS)
        return TokenUsage(fresh + cached + stored, written, cached, min(self._reasoning, written), stored=stored)

    def take(self, event: ServerEvent) -> bool:
        """True at the end of the message. Kinds of events that are not known are passed over, as the service asks its clients to do."""
        data = opened(event)
        kind = field(data, "type", str, "") or event.name
        if kind == "error":
            raise said_in_stream(data.get("error"))
        if kind == "message_start":
            self._start(data)
        elif kind in ("content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"):
            if not self._started:
                raise malformed(f"{kind} comes before the message has started")
            getattr(self, f"_{kind}")(data)
        return self._ended

    def _start(self, data: dict[str, Any]) -> None:
        if self._started:
            raise malformed("the message starts twice")
        message: dict[str, Any] = field(data, "message", dict, {})
        self._started, self._id, self._model = True, field(message, "id", str, ""), field(message, "model", str, "")
        self._count(message.get("usage"))

    def _content_block_start(self, data: dict[str, Any]) -> None:
        if self._block is not None or self._stop:
            raise malformed("a block begins where none may")
        block: dict[str, Any] = field(data, "content_block", dict, {})
        if field(data, "index", int, self._blocks) != self._blocks:
            raise malformed(f"block {self._blocks} is missing")
        self._block = _Block(field(block, "type", str, ""), field(block, "id", str, ""), field(block, "name", str, ""))
        self._blocks += 1
        if self._block.kind == "tool_use":
            if not self._block.name or not self._block.call_id or len(self._calls) == MOST_CALLS:
                raise malformed(f"a tool call has no name or id, or there are more than {MOST_CALLS}")
            self._on_part(CallBegun(self._block.call_id, self._block.name))
        self._say(field(block, "text", str, "") if self._block.kind == "text" else "")

    def _content_block_delta(self, data: dict[str, Any]) -> None:
        block, delta = self._block, field(data, "delta", dict, {})
        if block is None or field(data, "index", int, self._blocks - 1) != self._blocks - 1:
            raise malformed("a piece belongs to no open block")
        kind = field(delta, "type", str, "")
        if kind == "text_delta" and block.kind == "text":
            self._say(field(delta, "text", str, ""))
        elif kind == "input_json_delta" and block.kind == "tool_use":
            block.written.append(field(delta, "partial_json", str, ""))
        elif kind in ("text_delta", "input_json_delta") and block.kind in ("text", "tool_use"):
            raise malformed(f"a {kind} stands in a block of {block.kind}")

    def _content_block_stop(self, _: dict[str, Any]) -> None:
        if self._block is None:
            raise malformed("a block ends that has not begun")
        if self._block.kind == "tool_use":
            self._calls.append(self._block)
        self._block = None

    def _message_delta(self, data: dict[str, Any]) -> None:
        if self._block is not None:
            raise malformed("the message ends inside a block")
        self._stop = field(field(data, "delta", dict, {}), "stop_reason", str, "") or self._stop
        self._count(data.get("usage"))

    def _message_stop(self, _: dict[str, Any]) -> None:
        if self._block is not None:
            raise malformed("the message stops inside a block")
        self._ended = True

    def _say(self, text: str) -> None:
        if text:
            self._said.append(text)
            self._on_part(TextDelta(text))

    def _count(self, found: object) -> None:
        """Counts are running totals: the newest of each stands."""
        if isinstance(found, dict):
            self._counts |= {name: number for name in _COUNTS if (number := count(found, name)) is not None}
            details = found.get("output_tokens_details")
            self._reasoning = (count(details, "thinking_tokens") or 0) if isinstance(details, dict) else self._reasoning

    def answer(self, request_id: str) -> Answer:
        """Whole only behind its end; calls are given when they are complete, every one."""
        if not self._ended or not self._stop:
            raise ProviderFailure("provider_truncated", "the answer ended in the middle, before its last event")
        stop = STOPS.get(self._stop)
        if stop is None:
            raise malformed(f"the reason for its end is {self._stop[:40]!r}, and these are known: {', '.join(STOPS)}")
        calls = tuple(map(_complete, self._calls)) if stop == "tools" else ()
        if stop == "tools" and not calls:
            raise malformed("it ends for the sake of tools, and names none")
        if len({call.call_id for call in calls}) < len(calls):
            raise malformed("two tool calls have one id")
        return Answer(self.text, calls, self.usage, stop, request_id or self._id, self._model)


def _complete(block: _Block) -> ToolCall:
    try:
        return ToolCall(block.call_id, block.name, arguments("".join(block.written)))
    except BadJson as error:
        raise malformed(f"the arguments of the call of {block.name[:64]!r}: {error}") from None

"""Chat completions as OpenAI defined them and many services speak them: the request, and the fold of the streamed answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, assert_never

from attrs import Factory, define, frozen

from actors.agent.provider.border import arguments, encode
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
    ToolSpec,
    Turn,
    UserText,
)  # fmt: skip
from actors.agent.provider.refused import said_in_stream
from actors.agent.provider.schemas import fits_strict
from actors.agent.provider.sse import ServerEvent
from actors.agent.provider.tokens import TokenUsage
from storage.strict_json import BadJson

__all__ = ["ChatFold", "OpenAIChat"]

STOPS: Final[dict[str, Stop]] = {
    "stop": "end", "tool_calls": "tools", "function_call": "tools", "length": "length", "content_filter": "refusal",
}  # fmt: skip


@frozen
class OpenAIChat:
    """`limit_field` is what the bound of the answer is called: OpenAI's own service has renamed it, most others keep `max_tokens`."""

    limit_field: str = "max_tokens"
    path: str = "/chat/completions"

    def headers(self, key: str) -> Mapping[str, str]:
        """The key as a bearer token."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def body(self, request: ModelRequest) -> dict[str, Any]:
        """The request as JSON, streamed, with the counted tokens at the end."""
        system = [{"role": "system", "content": request.system}] if request.system else []
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [*system, *map(_message, request.turns)],
            "stream": True,
            "stream_options": {"include_usage": True},
            self.limit_field: request.max_output_tokens,
        }
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.tools:
            body["tools"] = list(map(_tool, request.tools))
        if request.response_schema is not None:
            schema = {"name": "answer", "schema": request.response_schema, "strict": fits_strict(request.response_schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    def fold(self, request: ModelRequest, on_part: OnPart) -> ChatFold:
        """For the answer to this request."""
        return ChatFold(self.body(request), on_part)


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema}}


def _message(turn: Turn) -> dict[str, Any]:
    match turn:
        case UserText(text):
            return {"role": "user", "content": text}
        case ToolResult(call_id, text, is_error):
            return {"role": "tool", "tool_call_id": call_id, "content": f"Error: {text}" if is_error else text}
        case AssistantTurn(text, calls) if calls:
            return {"role": "assistant", "content": text or None, "tool_calls": list(map(_asked, calls))}
        case AssistantTurn(text):
            return {"role": "assistant", "content": text}
        case _:
            assert_never(turn)


def _asked(call: ToolCall) -> dict[str, Any]:
    return {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": encode(call.arguments).decode()}}


@define
class _Call:
    """A tool call as it grows."""

    call_id: str
    name: str
    written: list[str] = Factory(list)
    announced: bool = False


@define
class ChatFold:
    """One streamed answer: pieces of text and of calls, then a reason for the end, then the counted tokens, then `[DONE]`."""

    _sent: Mapping[str, Any]
    _on_part: OnPart
    _said: list[str] = Factory(list)
    _calls: dict[int, list[_Call]] = Factory(dict)
    _order: list[_Call] = Factory(list)
    _counted: TokenUsage | None = None
    _finish: str = ""
    _refused: bool = False
    _id: str = ""
    _model: str = ""

    @property
    def text(self) -> str:
        """What has been said so far."""
        return "".join(self._said)

    @property
    def usage(self) -> TokenUsage:
        """As counted, or else as it looks: services count at the end alone."""
        written = sum(map(len, self._said)) + sum(len(piece) for call in self._order for piece in call.written)
        return self._counted or estimate(self._sent, written)

    def take(self, event: ServerEvent) -> bool:
        """True at `[DONE]`."""
        if event.data.strip() == b"[DONE]":
            return True
        chunk = opened(event)
        if chunk.get("error") or event.name == "error":
            raise said_in_stream(chunk.get("error") or chunk)
        self._id = self._id or field(chunk, "id", str, "")
        self._model = field(chunk, "model", str, "") or self._model
        for choice in field(chunk, "choices", list, []):
            if not isinstance(choice, dict):
                raise malformed("a choice is no object")
            if field(choice, "index", int, 0) == 0:
                self._choice(choice)
        self._counted = _usage(chunk.get("usage")) or self._counted
        return False

    def _choice(self, choice: dict[str, Any]) -> None:
        delta: dict[str, Any] = field(choice, "delta", dict, {})
        said, refusal = field(delta, "content", str, ""), field(delta, "refusal", str, "")
        pieces: list[Any] = field(delta, "tool_calls", list, [])
        if self._finish and (said or refusal or pieces):
            raise malformed("it goes on behind its end")
        self._refused = self._refused or bool(refusal)
        if said or refusal:
            self._said.append(said or refusal)
            self._on_part(TextDelta(said or refusal))
        for piece in pieces:
            if not isinstance(piece, dict):
                raise malformed("a tool call is no object")
            self._piece(piece)
        self._finish = self._finish or field(choice, "finish_reason", str, "")

    def _piece(self, piece: dict[str, Any]) -> None:
        """A tool call's beginning or more of its arguments. Some services give all their calls the same index, and new ids."""
        function: dict[str, Any] = field(piece, "function", dict, {})
        index, call_id, name = field(piece, "index", int, 0), field(piece, "id", str, ""), field(function, "name", str, "")
        known = self._calls.setdefault(index, [])
        if not known or (call_id and known[-1].call_id and call_id != known[-1].call_id):
            known.append(_Call(call_id, name))
            self._order.append(known[-1])
            if len(self._order) > MOST_CALLS:
                raise malformed(f"it asks for more than {MOST_CALLS} tools at once")
        call = known[-1]
        call.call_id, call.name = call.call_id or call_id, call.name or name
        call.written.append(field(function, "arguments", str, ""))
        if call.name and not call.announced:
            call.announced = True
            call.call_id = call.call_id or f"{self._id or 'call'}-{len(self._order)}"
            self._on_part(CallBegun(call.call_id, call.name))

    def answer(self, request_id: str) -> Answer:
        """Whole only with a reason for its end. Calls are given when they are complete, every one."""
        if not self._finish:
            raise ProviderFailure("provider_truncated", "the answer ended in the middle, without a reason for its end")
        stop = STOPS.get(self._finish)
        if stop is None:
            raise malformed(f"the reason for its end is {self._finish[:40]!r}, and these are known: {', '.join(STOPS)}")
        if self._refused:
            stop = "refusal"
        calls = tuple(map(_complete, self._order)) if stop in ("end", "tools") else ()
        if stop == "tools" and not calls:
            raise malformed("it ends for the sake of tools, and names none")
        if len({call.call_id for call in calls}) < len(calls):
            raise malformed("two tool calls have one id")
        return Answer(self.text, calls, self.usage, "tools" if calls else stop, request_id or self._id, self._model)


def _complete(call: _Call) -> ToolCall:
    if not call.name:
        raise malformed("a tool call has no name")
    try:
        return ToolCall(call.call_id, call.name, arguments("".join(call.written)))
    except BadJson as error:
        raise malformed(f"the arguments of the call of {call.name[:64]!r}: {error}") from None


def _usage(found: object) -> TokenUsage | None:
    if not isinstance(found, dict):
        return None
    sent, received = count(found, "prompt_tokens"), count(found, "completion_tokens")
    if sent is None or received is None:
        return None
    details, more = found.get("prompt_tokens_details"), found.get("completion_tokens_details")
    cached = (count(details, "cached_tokens") or 0) if isinstance(details, dict) else 0
    reasoning = (count(more, "reasoning_tokens") or 0) if isinstance(more, dict) else 0
    return TokenUsage(sent, received, min(cached, sent), min(reasoning, received))

"""The spans of a conversation's calls and tools, from the facts of its log. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson
from attrs import Factory, define, frozen

from actors.agent.thread_events import (
    Asked,
    CallEnded,
    ModelCallAnswered,
    ModelCallFailed,
    ModelCallIntended,
    PromptAdded,
    ThreadBegun,
    ToolAnswered,
)
from actors.entity import Fact
from actors.telemetry import names as n
from actors.telemetry.spans import CLIENT, INTERNAL, Span, Value, attempt_span, span_id, trace_id

__all__ = ["KINDS", "LONGEST", "ThreadTrace"]

KINDS: Final = frozenset(
    fact.kind for fact in (ThreadBegun, PromptAdded, ModelCallIntended, ModelCallAnswered, ModelCallFailed, ToolAnswered)
)  # fmt: skip
LONGEST: Final = 8_192
"""Characters of a text that a span tells, where it may tell any."""
_FINISHED = {"end": "stop", "tools": "tool_calls", "refusal": "content_filter"}


@frozen
class _Open:
    intent: ModelCallIntended
    since_ms: int


@frozen
class _Tool:
    asked: Asked
    since_ms: int


@define(eq=False)
class ThreadTrace:
    """`content`: whether spans tell what was said. `seq` as in a run's trace."""

    thread_id: str
    content: bool = False
    seq: int = 0
    run_id: str = ""
    node_id: str = ""
    instance: int = 0
    attempt: int = 1
    call: _Open | None = None
    asked: dict[str, _Tool] = Factory(dict)
    heard: list[dict[str, Any]] = Factory(list)

    def apply(self, seq: int, at_ms: int, fact: Fact) -> Iterator[Span]:
        """One more fact; the spans that are over with it."""
        if seq <= self.seq:
            return
        self.seq = seq
        match fact:
            case ThreadBegun(run_id=run_id, node_id=node_id, instance=instance):
                self.run_id, self.node_id, self.instance = run_id, node_id, instance
                self.asked.clear()
            case PromptAdded(attempt=attempt, text=text):
                self.attempt = attempt
                self._hear("user", {"type": "text", "content": text})
            case ModelCallIntended(attempt=attempt):
                self.attempt, self.call = attempt, _Open(fact, at_ms)
            case ModelCallAnswered() | ModelCallFailed():
                yield from self._ended(fact, at_ms)
            case ToolAnswered():
                yield from self._tool(fact, at_ms)

    def _hear(self, role: str, part: dict[str, Any]) -> None:
        if self.content:
            self.heard.append({"role": role, "parts": [part]})

    def _ended(self, fact: ModelCallAnswered | ModelCallFailed, at_ms: int) -> Iterator[Span]:
        call, self.call = self.call, None
        if call is None:
            return
        over = min(at_ms, call.since_ms + fact.latency_ms) if fact.latency_ms else at_ms
        intent = call.intent
        said = self._said(intent) | _numbers(fact)
        error = ""
        if isinstance(fact, ModelCallAnswered):
            said |= {n.FINISH_REASONS: (_FINISHED.get(fact.stop, fact.stop),)} | self._spoken(fact)
            self.asked |= {one.call_id: _Tool(one, over) for one in fact.calls}
            self.heard.clear()
        else:
            error = fact.code
            said |= {n.ERROR_TYPE: error}
        yield self._span(f"{n.CHAT} {intent.model}", CLIENT, ("call", intent.turn), call.since_ms, over, said, error)

    def _said(self, intent: ModelCallIntended) -> dict[str, Value]:
        return {
            n.OPERATION: n.CHAT, n.PROVIDER: intent.backend, n.REQUEST_MODEL: intent.model, n.CONVERSATION_ID: self.thread_id,
            n.AGENT_NAME: intent.persona, n.ROLE: intent.role, n.TURN: intent.turn,
        }  # fmt: skip

    def _spoken(self, fact: ModelCallAnswered) -> dict[str, Value]:
        if not self.content:
            return {}
        parts: list[dict[str, Any]] = [{"type": "text", "content": fact.text}] if fact.text else []
        parts += [{"type": "tool_call", "id": one.call_id, "name": one.name, "arguments": dict(one.arguments)} for one in fact.calls]
        answer = [{"role": "assistant", "parts": parts, "finish_reason": _FINISHED.get(fact.stop, fact.stop)}]
        return {n.INPUT_MESSAGES: _text(self.heard), n.OUTPUT_MESSAGES: _text(answer)}

    def _tool(self, fact: ToolAnswered, at_ms: int) -> Iterator[Span]:
        self._hear("tool", {"type": "tool_call_response", "id": fact.call_id, "response": fact.text})
        tool = self.asked.pop(fact.call_id, None)
        if tool is None:
            return
        error = "cut_off" if fact.cut_off else f"tool_{fact.state}" if fact.state != "ok" else ""
        began = fact.began_ms or tool.since_ms
        over = began + fact.latency_ms if fact.began_ms else at_ms
        said: dict[str, Value] = {
            n.OPERATION: n.EXECUTE_TOOL, n.TOOL_NAME: fact.name, n.TOOL_TYPE: "function", n.TOOL_CALL_ID: fact.call_id,
            n.CONVERSATION_ID: self.thread_id,
        }  # fmt: skip
        if self.content:
            said |= {n.TOOL_ARGUMENTS: _text(dict(tool.asked.arguments)), n.TOOL_RESULT: _cut(fact.text)}
        said |= {n.ERROR_TYPE: error} if error else {}
        yield self._span(f"{n.EXECUTE_TOOL} {fact.name}", INTERNAL, ("tool", fact.call_id), began, over, said, error)

    def _span(
        self, name: str, kind: int, of: tuple[object, ...], start_ms: int, end_ms: int, said: dict[str, Value], error: str
    ) -> Span:  # fmt: skip
        where: dict[str, Value] = {n.RUN_ID: self.run_id, n.NODE_ID: self.node_id, n.ATTEMPT: self.attempt}
        return Span(
            trace_id(self.run_id), span_id(self.thread_id, self.instance, *of), self._parent(), name, kind, start_ms,
            max(start_ms, end_ms), where | said, error,
        )  # fmt: skip

    def _parent(self) -> str:
        return attempt_span(self.run_id, self.node_id, self.instance, self.attempt)


def _numbers(fact: CallEnded) -> dict[str, Value]:
    said: dict[str, Value] = {
        n.INPUT_TOKENS: fact.input_tokens, n.OUTPUT_TOKENS: fact.output_tokens, n.CACHED_TOKENS: fact.cached_tokens,
        n.REASONING_TOKENS: fact.reasoning_tokens, n.PRICED: fact.priced,
        n.COST_USD: round(fact.cost_input_usd + fact.cost_output_usd, 9),
    }  # fmt: skip
    said |= {n.RESPONSE_MODEL: fact.answered_by} if fact.answered_by else {}
    return said | ({n.REQUEST_ID: fact.request_id} if fact.request_id else {})


def _text(value: Any) -> str:
    return orjson.dumps(_cut(value)).decode()


def _cut(value: Any) -> Any:
    """With each text in it cut to what a span tells of one."""
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, dict):
        return {name: _cut(one) for name, one in value.items()}
    return [_cut(one) for one in value] if isinstance(value, list) else value

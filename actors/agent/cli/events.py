"""What agents with a command line of their own write while they work, a JSON object on each line, one way for each of them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import Factory, define

from actors.agent.provider.border import excerpt
from actors.agent.provider.dialect import count
from actors.agent.provider.messages import CallBegun, OnPart, TextDelta
from actors.agent.provider.tokens import TokenUsage

__all__ = ["READERS", "Progress"]

_MOST_COST_USD = 1e6
_MOST_TEXT = 16 * 1024 * 1024


@define
class Progress:
    """What is known so far. `text` is the last thing said, which is the answer once `ended`; `trouble` is the last error told.

    `over`: it has said that it is done, well or badly, and has only to go.
    """

    on_part: OnPart
    text: str = ""
    session_id: str = ""
    model: str = ""
    usage: TokenUsage | None = None
    cost_usd: float | None = None
    tools: set[str] = Factory(set)
    ended: bool = False
    over: bool = False
    trouble: str = ""

    def say(self, text: str, *, more: bool = False) -> None:
        """A text, or the next piece of one."""
        if text:
            self.text = (self.text + text)[:_MOST_TEXT] if more else text[:_MOST_TEXT]
            self.on_part(TextDelta(text if more else f"{text}\n"))

    def call(self, call_id: str, name: str) -> None:
        """The agent uses a tool of its own."""
        if call_id not in self.tools:
            self.tools.add(call_id)
            self.on_part(CallBegun(call_id, excerpt(name, 64)))

    def fail(self, text: str) -> None:
        """It came to nothing, and this is why."""
        self.trouble = excerpt(text) or "it gave no reason"


def _text(data: object, name: str) -> str:
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, str) else ""


def _object(data: dict[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _objects(found: object) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _claude(progress: Progress, data: dict[str, Any]) -> None:
    kind = _text(data, "type")
    progress.session_id = _text(data, "session_id") or progress.session_id
    if kind == "system":
        progress.model = _text(data, "model") or progress.model
    elif kind == "assistant":
        for block in _objects(_object(data, "message").get("content")):
            if _text(block, "type") == "text":
                progress.say(_text(block, "text"))
            elif _text(block, "type") == "tool_use":
                progress.call(_text(block, "id"), _text(block, "name"))
    elif kind == "result":
        progress.over = True
        progress.usage = _claude_usage(_object(data, "usage"))
        progress.cost_usd = _cost(data.get("total_cost_usd"))
        if data.get("is_error") is True or _text(data, "subtype") not in ("", "success"):
            progress.fail(_text(data, "result") or _text(data, "subtype"))
        else:
            progress.ended, progress.trouble, progress.text = True, "", _text(data, "result") or progress.text


def _claude_usage(found: dict[str, Any]) -> TokenUsage | None:
    fresh, written = count(found, "input_tokens"), count(found, "output_tokens")
    if fresh is None or written is None:
        return None
    cached, stored = (count(found, f"cache_{word}_input_tokens") or 0 for word in ("read", "creation"))
    return TokenUsage(fresh + cached + stored, written, cached, stored=stored)


def _cost(found: object) -> float | None:
    fine = isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found <= _MOST_COST_USD
    return float(found) if fine else None  # type: ignore[arg-type]  # a number, as has just been seen


def _codex(progress: Progress, data: dict[str, Any]) -> None:
    kind, item = _text(data, "type"), _object(data, "item")
    if kind == "thread.started":
        progress.session_id = _text(data, "thread_id")
    elif kind in ("item.started", "item.completed") and _text(item, "type") not in ("agent_message", "reasoning", "todo_list", "error"):
        progress.call(_text(item, "id"), _text(item, "type"))
    elif kind == "item.completed" and _text(item, "type") == "agent_message":
        progress.say(_text(item, "text"))
    elif kind == "turn.completed":
        progress.over, progress.ended, progress.trouble = True, True, ""  # what went wrong before was overcome
        used = _plain_usage(_object(data, "usage"), "cached_input_tokens")
        progress.usage = used or progress.usage  # it counts the whole session up
    elif kind == "turn.failed":
        progress.over = True
        progress.fail(_text(_object(data, "error"), "message"))
    elif kind == "error":
        progress.fail(_text(data, "message"))


def _gemini(progress: Progress, data: dict[str, Any]) -> None:
    kind = _text(data, "type")
    if kind == "init":
        progress.session_id, progress.model = _text(data, "session_id"), _text(data, "model")
    elif kind == "message" and _text(data, "role") == "assistant":
        progress.say(_text(data, "content"), more=data.get("delta") is True)
    elif kind == "tool_use":
        progress.text = ""  # what is said behind the last tool is the answer
        progress.call(_text(data, "tool_id"), _text(data, "tool_name"))
    elif kind == "error" and _text(data, "severity") == "error":
        progress.fail(_text(data, "message"))
    elif kind == "result":
        progress.over = True
        progress.usage = _plain_usage(_object(data, "stats"), "cached")
        if _text(data, "status") == "success":
            progress.ended, progress.trouble = True, ""
        else:
            progress.fail(_text(_object(data, "error"), "message") or progress.trouble)


def _plain_usage(found: dict[str, Any], cached: str) -> TokenUsage | None:
    sent, written = count(found, "input_tokens"), count(found, "output_tokens")
    if sent is None or written is None:
        return None
    return TokenUsage(sent, written, min(sent, count(found, cached) or 0))


READERS: Final[dict[str, Callable[[Progress, dict[str, Any]], None]]] = {"claude": _claude, "codex": _codex, "gemini": _gemini}

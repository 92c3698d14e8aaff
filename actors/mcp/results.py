"""What a tool of a server answered, in words for a model: its texts, bounded, and the names of all else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from actors.agent.provider.border import clean_text
from actors.agent.tools.source import Said
from actors.mcp.rpc import text_of

__all__ = ["LARGEST", "changed_text", "said_of"]

LARGEST: Final = 64 << 10
"""Bytes of text that a model is given."""
MOST_PARTS: Final = 1_000


def said_of(result: Mapping[str, Any]) -> Said:
    """The text of the result. What the tool itself calls an error is one."""
    content = result.get("content")
    parts = [_part(one) for one in content[:MOST_PARTS]] if isinstance(content, list) else []
    if isinstance(content, list) and len(content) > MOST_PARTS:
        parts.append(f"[{len(content) - MOST_PARTS} more parts, left out]")
    if not any(parts) and isinstance(result.get("structuredContent"), dict):
        parts = [_written(result["structuredContent"])]
    return Said(_bounded("\n".join(part for part in parts if part) or "(no text)"), is_error=result.get("isError") is True)


def _part(one: Any) -> str:
    match one:
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": "image" | "audio" as kind, "data": str(data)}:
            return f"[{kind} {_word(one, 'mimeType')}, {len(data) * 3 // 4} bytes, left out]"
        case {"type": "resource_link"}:
            return f"[link to {_word(one, 'name')}: {_word(one, 'uri')}]"
        case {"type": "resource", "resource": {"text": str(text)}}:
            return text
        case {"type": "resource", "resource": Mapping() as resource}:
            return f"[resource {_word(resource, 'uri')} {_word(resource, 'mimeType')}, left out]"
    return f"[a part of the unknown type {_word(one, 'type')}, left out]" if isinstance(one, Mapping) else "[a part that is none, left out]"


def _written(value: dict[str, Any]) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return "[a structure that is nested too deeply, left out]"


def _word(part: Mapping[str, Any], key: str) -> str:
    return text_of(part.get(key), 200) or "?"


def _bounded(said: str) -> str:
    text = clean_text(said)
    data = text.encode()
    if len(data) <= LARGEST:
        return text
    return f"{data[:LARGEST].decode(errors='ignore')}\n[... {len(data)} bytes in all]"


def changed_text(server: str, tool: str) -> str:
    """What is said of a tool that is another one now."""
    return (
        f"MCP server {server} says something else of its tool {tool} than when this run first used it, so it is not used. A person has to "
        "look at it: penstock mcp tools shows it as it is; it can be used again when the run is recovered, or by a new run"
    )

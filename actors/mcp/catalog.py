"""The tools that a server says it has, as agents may use them: bounded, with sound schemas, under a digest of all that was said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import orjson
from attrs import Factory, frozen

from actors.agent.provider.border import decode
from actors.agent.provider.messages import Effect, ToolSpec
from actors.config.mcp import McpServer
from actors.mcp.rpc import text_of
from actors.workflow.mcp_names import ALL, heard_as, split
from actors.workflow.schema import check_schema
from storage.strict_json import BadJson, canonical

__all__ = ["MOST_TOOLS", "Catalog", "Row", "Tool", "read_catalog", "read_row"]

MOST_TOOLS: Final = 512
LONGEST_DESCRIPTION: Final = 4_000
LARGEST_ROW: Final = 64 << 10
PINNED: Final = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")


@frozen
class Row:
    """What a server says of one tool, looked at by itself. `problem` is why no agent can use it, "" where one can."""

    name: str
    description: str = ""
    schema: Mapping[str, Any] = Factory(dict)
    sha256: str = ""
    problem: str = ""


@frozen
class Tool:
    """A tool: its name at the server, how models hear of it, and the SHA-256 of what the server says of it."""

    name: str
    spec: ToolSpec
    sha256: str


@frozen
class Catalog:
    """The tools by name, in the server's order; `left_out` are those that no agent can use, with the reason."""

    tools: Mapping[str, Tool] = Factory(dict)
    left_out: Mapping[str, str] = Factory(dict)


def read_row(said: Any) -> Row:
    """One entry of the server's answer. What was read before costs next to nothing; a new one takes milliseconds where it is large."""
    if not isinstance(said, dict):
        return Row("?", problem="it is no description of a tool")
    try:
        data = orjson.dumps({key: said[key] for key in PINNED if key in said}, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return Row(text_of(said.get("name"), 128) or "?", problem="what is said of it is nested too deeply")
    if len(data) > LARGEST_ROW:
        return Row(text_of(said.get("name"), 128) or "?", problem=f"what is said of it has more than {LARGEST_ROW} bytes")
    return _read(data)


@lru_cache(maxsize=MOST_TOOLS)
def _read(data: bytes) -> Row:
    try:
        row = decode(data)
    except BadJson as error:
        return Row("?", problem=str(error))
    name, schema = row.get("name"), row.get("inputSchema")
    if not isinstance(name, str) or name == ALL or split(f"mcp.x.{name}") is None:
        return Row(text_of(name, 128) or "?", problem="its name is none: 1 to 128 printable ASCII characters without blanks and *")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return Row(name, problem="the schema of its arguments is not that of an object")
    if errors := check_schema(schema):
        return Row(name, problem=f"the schema of its arguments cannot be used: {errors[0].message[:200]}")
    text = next((text for key in ("description", "title") if isinstance(text := row.get(key), str) and text), "")
    shown = text if len(text) <= LONGEST_DESCRIPTION else f"{text[:LONGEST_DESCRIPTION]}…"
    return Row(name, shown, schema, sha256(canonical(row)).hexdigest())


def read_catalog(config: McpServer, rows: Sequence[Row]) -> Catalog:
    """All that the server answered, as its settings let it be used."""
    tools: dict[str, Tool] = {}
    left_out: dict[str, str] = {}
    heard: set[str] = set()
    for row in rows:
        sound = heard_as(config.name, row.name)
        if row.problem:
            left_out[row.name] = row.problem
        elif config.tools is not None and row.name not in config.tools:
            left_out[row.name] = f"it is not among mcp.{config.name}.tools"
        elif row.name in tools or sound in heard:
            left_out[row.name] = "another tool has this name, or sounds like it"
        elif len(tools) == MOST_TOOLS:
            left_out[row.name] = f"a server has at most {MOST_TOOLS} tools"
        else:
            effect: Effect = "none" if row.name in config.read_only else "once"
            spec = ToolSpec(sound, row.description, row.schema, effect, named=f"mcp.{config.name}.{row.name}")
            tools[row.name] = Tool(row.name, spec, row.sha256)
            heard.add(sound)
    return Catalog(tools, left_out)

"""The tools that a server says it has, as agents may use them: bounded, with sound schemas, under a digest of all that was said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from attrs import Factory, frozen

from actors.agent.provider.messages import ToolSpec
from actors.config.mcp import McpServer
from actors.workflow.mcp_names import heard_as, split
from actors.workflow.schema import check_schema
from storage.strict_json import canonical

__all__ = ["MOST_TOOLS", "Catalog", "Tool", "read_catalog"]

MOST_TOOLS: Final = 512
LONGEST_DESCRIPTION: Final = 4_000
LARGEST_SCHEMA: Final = 64 << 10
PINNED: Final = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")


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


def read_catalog(config: McpServer, rows: Sequence[Any]) -> Catalog:
    """What the server answered, all pages together, as its settings let it be used."""
    server = config.name
    tools: dict[str, Tool] = {}
    left_out: dict[str, str] = {}
    heard: set[str] = set()
    for row in rows[:MOST_TOOLS]:
        name = row.get("name") if isinstance(row, Mapping) else None
        shown = str(name)[:128]
        if not isinstance(name, str) or name == "*" or split(f"mcp.{server}.{name}") is None:
            left_out[shown] = "its name is none: 1 to 128 printable ASCII characters without blanks and *"
        elif config.tools is not None and name not in config.tools:
            left_out[shown] = f"it is not among mcp.{server}.tools"
        elif name in tools or heard_as(server, name) in heard:
            left_out[shown] = "another tool has this name, or sounds like it"
        elif problem := _problem(row):
            left_out[shown] = problem
        else:
            tools[name] = _tool(config, name, row)
            heard.add(heard_as(server, name))
    for row in rows[MOST_TOOLS:]:
        left_out[str(row.get("name"))[:128] if isinstance(row, Mapping) else "?"] = f"a server has at most {MOST_TOOLS} tools"
    return Catalog(tools, left_out)


def _problem(row: Mapping[str, Any]) -> str:
    schema = row.get("inputSchema")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return "the schema of its arguments is not that of an object"
    if len(canonical(schema)) > LARGEST_SCHEMA:
        return f"the schema of its arguments has more than {LARGEST_SCHEMA} bytes"
    errors = check_schema(schema)
    return f"the schema of its arguments cannot be used: {errors[0].message[:200]}" if errors else ""


def _tool(config: McpServer, name: str, row: Mapping[str, Any]) -> Tool:
    pinned = {key: row[key] for key in PINNED if key in row}
    said = str(row.get("description") or row.get("title") or "")
    text = said if len(said) <= LONGEST_DESCRIPTION else f"{said[:LONGEST_DESCRIPTION]}…"
    spec = ToolSpec(heard_as(config.name, name), text, row["inputSchema"], effect="none" if name in config.read_only else "once")
    return Tool(name, spec, sha256(canonical(pinned)).hexdigest())

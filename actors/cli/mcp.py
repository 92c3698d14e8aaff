"""`penstock mcp`: the MCP servers whose tools agents may use."""

from __future__ import annotations

from typing import Any

import click

from actors.cli import exits, options
from actors.cli.link import link_of
from actors.cli.listing import listing
from actors.cli.text import emit, print_json, table, visible

__all__ = ["mcp"]

_COLUMNS = (("server", "SERVER"), ("place", "PLACE"), ("state", "STATE"), ("tools", "TOOLS"), ("uses", "USES"), ("trouble", "TROUBLE"))
_TOOLS = (("name", "TOOL"), ("read_only", "READ ONLY"), ("description", "DESCRIPTION"), ("problem", "PROBLEM"))
_PINS = (("server", "SERVER"), ("tool", "TOOL"), ("pinned_at_ms", "SINCE"), ("sha256", "DIGEST"), ("changed_to", "CHANGED TO"))
_server = click.argument("server", metavar="SERVER")
LONGEST = 80


@click.group()
def mcp() -> None:
    """See the MCP servers of the configuration, and their tools."""


@mcp.command("ls")
@options.as_json
@click.pass_context
def list_(context: click.Context, /, *, as_json: bool) -> int:
    """List the servers, and how they stand. Starts none of them."""
    return listing(context, "mcp.list", {}, _COLUMNS, empty="No MCP servers.", as_json=as_json)


@mcp.command()
@_server
@options.as_json
@click.pass_context
def show(context: click.Context, server: str, *, as_json: bool) -> int:
    """Show the settings of one server, and how it stands."""
    with link_of(context).reader() as reader:
        rows = reader.call("mcp.list")["servers"]
    found = next((row for row in rows if row["server"] == server), None)
    if found is None:
        names = ", ".join(row["server"] for row in rows) or "none"
        raise exits.Told("mcp_server_unknown", f"There is no MCP server {server!r}; configured are: {names}.", exits.NOT_FOUND)
    if as_json:
        print_json(found)
        return exits.OK
    emit(visible(server))
    for key, value in found.items():
        if key != "server":
            emit(visible(f"  {key.replace('_', ' ')}: {', '.join(map(str, value)) or 'none' if isinstance(value, list) else value}"))
    return exits.OK


@mcp.command()
@_server
@options.as_json
@click.pass_context
def tools(context: click.Context, server: str, *, as_json: bool) -> int:
    """List the tools of a server as it has them now. Starts it where it does not run."""
    with link_of(context).reader() as reader:
        answer = reader.call("mcp.tools", {"server": server})
    if as_json:
        print_json(answer)
        return exits.OK
    table(map(_shown, answer["tools"]), _TOOLS, empty="No tools.")
    return exits.OK


@mcp.command()
@click.argument("run_id", metavar="RUN")
@options.as_json
@click.pass_context
def pins(context: click.Context, run_id: str, *, as_json: bool) -> int:
    """List the tools to which a run holds as they were when it first used them, and those that have changed since."""
    return listing(context, "mcp.pins", {"run_id": run_id}, _PINS, empty="No tools of MCP servers.", as_json=as_json)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Its description as one line of bounded length."""
    text = " ".join(str(row.get("description", "")).split())
    return {"name": row["tool"], **row, "description": text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"}

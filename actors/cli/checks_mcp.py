"""What the doctor looks at of MCP servers: whether each starts, is greeted, and has tools. The daemon is asked, where there is one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from actors.cli.checks_outside import Row, configured
from actors.cli.link import Link
from actors.control.client import CallRefused, Disconnected, NoDaemon

if TYPE_CHECKING:
    from actors.config import Config

__all__ = ["look_at_servers"]


def look_at_servers(link: Link) -> list[Row]:
    """One row for each server."""
    config = configured(link)
    if config is None:
        return []
    if not config.mcp:
        return [("ok", "no MCP servers", "")]
    try:
        with link.client() as client:
            return [_row(server.name, *_asked(client.call, server.name)) for server in config.mcp]
    except (NoDaemon, Disconnected):
        return _probed(config)


def _asked(call: Any, name: str) -> tuple[str, int, int]:
    try:
        rows = call("mcp.tools", {"server": name})["tools"]
    except CallRefused as refused:
        return f"{refused.code}: {refused.message}", 0, 0
    unfit = sum("problem" in row for row in rows)
    return "", len(rows) - unfit, unfit


def _probed(config: Config) -> list[Row]:
    from actors.cli.probe_mcp import probe_servers

    rows = []
    for name, found in sorted(probe_servers(config, os.environ).items()):
        rows.append(_row(name, *found))
    return rows


def _row(name: str, trouble: str, tools: int, left_out: int) -> Row:
    if trouble:
        return "fail", f"mcp.{name}: {trouble}", "see the message; agents that need it fail until it is well"
    if left_out:
        return "ok", f"mcp.{name}: {tools} tools, {left_out} more that agents cannot use", f"see why with: penstock mcp tools {name}"
    return "ok", f"mcp.{name}: {tools} tools", ""

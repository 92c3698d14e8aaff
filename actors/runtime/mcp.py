"""The methods about MCP servers: how they stand, what tools they have, and what of those a run has used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.mcp.pins import pins_of
from actors.mcp.servers import log_of
from actors.refusals import Refusal
from actors.run.known import is_run, no_such_run
from actors.runtime.base import Answer, Base
from actors.workflow.durations import shown_duration

if TYPE_CHECKING:
    from pathlib import Path

    from actors.config.mcp import McpServer
    from actors.control import params as p
    from actors.control import params_agents as a
    from actors.mcp.catalog import Tool
    from actors.refusals import Principal

__all__ = ["McpMethods"]


class McpMethods(Base):
    """Secrets are named by where they lie, and never shown."""

    async def mcp_list(self, params: p.Nothing, by: Principal) -> Answer:
        servers = self.servers.configured.values()
        return {"servers": [_settings(one, self.services.folder) | await self.servers.about(one.name) for one in servers]}

    async def mcp_tools(self, params: a.McpServerOnly, by: Principal) -> Answer:
        catalog = await self.servers.tools(params.server)
        if isinstance(catalog, Refusal):
            return Refusal(catalog.code, catalog.message, {"server": params.server, **catalog.data})
        tools = [_row(params.server, tool) for tool in catalog.tools.values()]
        left_out = [{"tool": name, "problem": why} for name, why in catalog.left_out.items()]
        return {"server": params.server, "tools": tools + left_out}

    async def mcp_pins(self, params: p.RunOnly, by: Principal) -> Answer:
        if not is_run(self.services.store, params.run_id):
            return no_such_run(params.run_id)
        return {"pins": pins_of(self.services.store, params.run_id)}


def _settings(server: McpServer, data: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"server": server.name, "place": server.place}
    if server.command is not None:
        found |= {"env": list(server.env), "folder": server.folder, "log": str(log_of(data, server.name))}
    else:
        token = server.token_env or server.token_file
        found |= {"headers": sorted(server.headers)} | ({"token": token} if token else {})
    found |= {"allowed": list(server.tools)} if server.tools is not None else {}
    times = {name: shown_duration(getattr(server, f"{name}_ms")) for name in ("timeout", "start", "idle")}
    return found | {"read_only": list(server.read_only), **times}


def _row(server: str, tool: Tool) -> dict[str, Any]:
    return {
        "tool": tool.name, "name": f"mcp.{server}.{tool.name}", "heard_as": tool.spec.name, "description": tool.spec.description,
        "schema": tool.spec.schema, "sha256": tool.sha256, "read_only": tool.spec.effect == "none",
    }  # fmt: skip

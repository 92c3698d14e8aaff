"""The tools of servers, as an attempt of an agent has them: as they were when its run first used them, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, Any

import trio
from attrs import evolve, frozen

from actors.agent.tools.source import Said
from actors.mcp.messages import UseTool
from actors.mcp.pins import hold
from actors.mcp.results import changed_text, said_of
from actors.mcp.wanted import chosen, missing, wanted
from actors.node import failures
from actors.node.messages import Failure
from actors.refusals import Refusal

if TYPE_CHECKING:
    from actors.agent.provider.messages import ToolCall, ToolSpec
    from actors.mcp.catalog import Tool
    from actors.mcp.servers import Servers
    from actors.node.orders import AgentOrder, WorkOrder
    from actors.workflow.spec_agent import Persona
    from storage.store import Store
    from supervision import Clock

__all__ = ["McpTools", "Outfitter"]

CLASS = "tool_resolution"


@frozen
class _Offer:
    """A tool of a server. `pinned` is the digest that its run holds to."""

    server: str
    tool: Tool
    pinned: str

    @property
    def changed(self) -> bool:
        """Whether it is another one than its run knows."""
        return self.tool.sha256 != self.pinned

    @property
    def spec(self) -> ToolSpec:
        """What the model is told; of one that has changed, nothing of what its server says."""
        if not self.changed:
            return self.tool.spec
        text = f"It cannot be used: {changed_text(self.server, self.tool.name)}."
        return evolve(self.tool.spec, description=text, schema={"type": "object"}, effect="none")


class McpTools:
    """A source of tools. `token` names the attempt."""

    def __init__(self, servers: Servers, offers: Mapping[str, _Offer], token: str) -> None:
        self._servers = servers
        self._offers = offers
        self._token = token
        self._specs = {heard: offer.spec for heard, offer in offers.items()}

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        return self._specs

    async def use(self, call: ToolCall) -> Said:
        offer = self._offers[call.name]
        if offer.changed:
            return Said(f"mcp_tool_changed: {changed_text(offer.server, offer.tool.name)}.", is_error=True, state="denied")
        message = UseTool(f"{self._token}/{call.call_id}", offer.tool.name, offer.pinned, dict(call.arguments))
        answer = await self._servers.use(offer.server, message)
        return said_of(answer) if not isinstance(answer, Refusal) else _refused(answer, offer)


def _refused(refusal: Refusal, offer: _Offer) -> Said:
    text = f"{refusal.code}: {refusal.message}."
    if refusal.code == "mcp_tool_changed":
        return Said(text, is_error=True, state="denied")
    if refusal.data.get("sent") and offer.spec.effect != "none":
        text += " Nobody knows what it has done: all, a part, or nothing. Find out what is there before you ask for it again."
        return Said(text, is_error=True, state="uncertain")
    return Said(text, is_error=True)


@frozen(eq=False)
class Outfitter:
    """Gives attempts their tools of servers."""

    servers: Servers
    store: Store
    clock: Clock

    async def outfit(self, order: WorkOrder, action: AgentOrder, persona: Persona) -> McpTools | Failure | None:
        """The tools that the attempt may use; None where it names none. What they are is recorded before this returns.

        A failure where a server is not to be had in the attempt's time, or has not what was asked for by name: an agent is not sent to
        work half-equipped.
        """
        limit = order.total_ms
        with trio.move_on_after(inf if limit is None else limit / 1000):
            return await self._outfit(order, action, persona)
        return failures.out_of_time(order, "node_absolute_timeout", limit or 0)

    async def _outfit(self, order: WorkOrder, action: AgentOrder, persona: Persona) -> McpTools | Failure | None:
        offers: dict[str, _Offer] = {}
        for name, names in wanted(action.tools, persona).items():
            catalog = await self.servers.tools(name)
            if isinstance(catalog, Refusal):
                return Failure(catalog.code, catalog.message, CLASS, {"server": name}, category="tool_resolution_failed")
            if gone := missing(catalog, names):
                return _gone(name, gone)
            tools = chosen(catalog, names)
            found = {tool.name: tool.sha256 for tool in tools.values()}
            held = await hold(self.store, self.clock, order.run_id, action.anew, name, found)
            offers |= {tool.spec.name: _Offer(name, tool, held[tool.name]) for tool in tools.values()}
        return McpTools(self.servers, offers, order.token) if offers else None


def _gone(server: str, gone: Mapping[str, str]) -> Failure:
    said = "; ".join(f"{name}: {why}" for name, why in gone.items())
    detail: dict[str, Any] = {"server": server, "tools": sorted(gone)}
    text = f"MCP server {server} has not all that the agent is to use ({said}). See: penstock mcp tools {server}"
    return Failure("mcp_tool_unknown", text, CLASS, detail, category="tool_resolution_failed")

"""MCP servers of a story: spoken to in memory and in virtual time. What they have and answer is the test's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
import trio
from attrs import define, evolve, field

from actors.config.mcp import McpServer
from actors.config.sections import Tools
from actors.mcp.wire import Take, Wire
from actors.outside.trouble import Trouble
from actors.workflow.tool_names import ToolPolicy

if TYPE_CHECKING:
    from tests.scenarios.harness import House

__all__ = ["Bench", "crafted", "serve", "tool"]

CRAFTSMAN = "  writer: {{backend: stage, model: gpt-5-mini, tools: [read_file, write_file, list_dir, {0}]}}\n"
Work = Callable[[dict[str, Any]], Awaitable[str]]


def tool(name: str, text: str = "Does it.") -> dict[str, Any]:
    return {"name": name, "description": text, "inputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}}}


async def _done(given: dict[str, Any]) -> str:
    return f"did {given}"


@define(eq=False)
class Bench:
    """All servers of a story have these `tools`. `uses` are those that began; `work` does them; `notices` is what servers were told beside.

    `dies` has a use of the tool end the server; to the method `mute` (or `all`) it answers nothing.
    """

    tools: list[dict[str, Any]] = field(factory=lambda: [tool("hammer"), tool("saw")])
    uses: list[tuple[str, dict[str, Any]]] = field(factory=list)
    notices: list[str] = field(factory=list)
    work: Work = _done
    dies: str = ""
    mute: str = ""
    greets: bool = True
    lives: int = 0

    def wire(self, server: McpServer) -> Wire:
        return _InMemory(self)


class _InMemory:
    def __init__(self, bench: Bench) -> None:
        self._bench, self._up, self._over = bench, trio.Event(), trio.Event()
        self._take: Take = lambda data: ()
        bench.lives += 1

    async def run(self, take: Take) -> Trouble:
        self._take = take
        self._up.set()
        await self._over.wait()
        return Trouble("mcp_server_died", "the server ended with 1")

    async def send(self, message: Mapping[str, Any]) -> bool:
        await self._up.wait()
        if "id" in message:
            result = await self._answer(message["method"], message["params"])
            if result is not None:
                self._take(orjson.dumps({"jsonrpc": "2.0", "id": message["id"], **result}))
        return False

    def send_soon(self, message: Mapping[str, Any]) -> None:
        self._bench.notices.append(message["method"])

    def agreed(self, version: str) -> None:
        pass

    async def _answer(self, method: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
        bench = self._bench
        if bench.mute in (method, "all"):
            return None
        if method == "initialize":
            greeted = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}
            return {"result": greeted} if bench.greets else {"error": {"code": 1, "message": "closed today"}}
        if method == "tools/list":
            return {"result": {"tools": bench.tools}}
        bench.uses.append((params["name"], params["arguments"]))
        if params["name"] == bench.dies:
            self._over.set()
            return None
        return {"result": {"content": [{"type": "text", "text": await bench.work(params["arguments"])}]}}


def serve(house: House, policy: ToolPolicy = (("mcp.shop.*", "allow"),), **settings: Any) -> None:
    """Configure a server `shop` for daemons that start from now on; nobody is asked about its tools unless the policy says so."""
    server = McpServer("shop", **{"command": ("in", "memory"), **settings})
    house.config = evolve(house.config, mcp=(server,), tools=Tools(policy=policy))


def crafted(names: str = "mcp.shop.*") -> str:
    """A persona that may use these tools as well."""
    return CRAFTSMAN.format(names)

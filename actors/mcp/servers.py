"""The servers of one daemon: whoever wants something of one asks here, and its actor is started when it is asked for first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from actors.mcp.catalog import Catalog
from actors.mcp.messages import About, ListTools, UseTool, Withdraw
from actors.refusals import Refusal
from supervision import ActorDead, AskTimeout, ChildSpec, MailboxFull
from supervision.errors import AlreadyStarted, UnknownActor

if TYPE_CHECKING:
    from actors.config.mcp import McpServer
    from actors.mcp.keeper import Keeper
    from actors.mcp.wire import Wire
    from supervision import Ref, Request, System

__all__ = ["BRANCH", "Servers", "log_of"]

BRANCH = "mcp"
"""Where in the tree their actors live."""
SLACK_S = 30.0
STOP_S = 10.0
LOOK_S = 5.0
LOGS = "mcp"
R = TypeVar("R")


def log_of(data: Path, name: str) -> Path:
    """Where in the data folder the standard error of a server goes."""
    return data / LOGS / f"{name}.err"


class Servers:
    """`wire` makes the way to a server; `system` is the tree in which their actors live."""

    def __init__(self, configured: tuple[McpServer, ...], wire: Callable[[McpServer], Wire], system: Callable[[], System]) -> None:
        self.configured: Mapping[str, McpServer] = {server.name: server for server in configured}
        self._wire = wire
        self._system = system

    async def tools(self, name: str) -> Catalog | Refusal:
        """The tools of a server as it has them now. Refused with `mcp_server_unknown`, or with its trouble."""
        server = self.configured.get(name)
        return self._unknown(name) if server is None else await self._ask(server, ListTools(), 3 * server.start_ms / 1000)

    async def use(self, name: str, message: UseTool) -> Mapping[str, Any] | Refusal:
        """Use a tool. Whoever is cancelled here waits no more, and the server is told so."""
        server = self.configured.get(name)
        if server is None:
            return self._unknown(name)
        heard = False
        try:
            answer = await self._ask(server, message, (3 * server.start_ms + 2 * server.timeout_ms) / 1000)
            heard = True
        finally:
            if not heard:
                self._withdraw(name, message.use)
        return answer

    async def about(self, name: str) -> dict[str, Any]:
        """How a server stands; its actor is not started for that."""
        if not self._system().receives(f"{BRANCH}/{name}"):
            return {"state": "stopped", "starts": 0, "uses": 0}
        try:
            return await self._system().ref(f"{BRANCH}/{name}").ask(About(), timeout=LOOK_S)
        except (ActorDead, AskTimeout, MailboxFull):
            return {"state": "unknown", "starts": 0, "uses": 0}

    def _withdraw(self, name: str, use: str) -> None:
        try:
            self._system().ref(f"{BRANCH}/{name}").tell_nowait(Withdraw(use))
        except MailboxFull:
            return  # it ends by its own time limit

    async def _ask(self, server: McpServer, request: Request[R], seconds: float) -> R | Refusal:
        try:
            return await self._ref(server).ask(request, timeout=seconds + SLACK_S)
        except (ActorDead, UnknownActor, AlreadyStarted):
            text = f"MCP server {server.name}: its actor has ended under this, with the daemon or by an error of Penstock's own"
            return Refusal("mcp_server_died", text, {"sent": True})
        except (AskTimeout, MailboxFull):
            text = f"MCP server {server.name}: too much is asked of it at once"
            return Refusal("mcp_overloaded", text, {"sent": True})

    def _ref(self, server: McpServer) -> Ref[Any]:
        system, path = self._system(), f"{BRANCH}/{server.name}"
        if not system.alive(path):
            system.dynamic(BRANCH).start_soon(ChildSpec(server.name, lambda: self._keeper(server), restart="transient", shutdown=STOP_S))
        return system.ref(path)

    def _keeper(self, server: McpServer) -> Keeper:
        from actors.mcp.keeper import Keeper as Made  # noqa: PLC0415 - only daemons that use servers pay

        return Made(server, lambda: self._wire(server))

    def _unknown(self, name: str) -> Refusal:
        known = ", ".join(self.configured) or "none"
        text = f"There is no MCP server {name!r}; configured are: {known}. Name one of them, or add [mcp.{name}] to the settings."
        return Refusal("mcp_server_unknown", text, {"server": name, "servers": list(self.configured)})

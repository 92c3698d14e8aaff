"""The actor of one server: starts it when it is needed, uses its tools, ends it when nobody needs it. It outlives its server.

A server that dies fails those who wait for it, and is started again for the next one; one that dies again and again ever later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import trio

from actors.mcp.catalog import Catalog
from actors.mcp.messages import About, ListTools, Look, Message, UseTool, Withdraw
from actors.mcp.patience import Patience
from actors.mcp.results import changed_text
from actors.mcp.session import Session
from actors.outside.trouble import Trouble
from actors.refusals import Refusal
from supervision import Actor, Forwarded, Mailbox

if TYPE_CHECKING:
    from actors.config.mcp import McpServer
    from actors.mcp.wire import Connect
    from supervision.mailbox import Asked

__all__ = ["Keeper"]

SHORTEST_LOOK_S = 0.1
UNSEEN = ("mcp_refused", "mcp_session_lost")
"""Troubles after which the server is known to have begun nothing, or to have said so itself."""


class Keeper(Actor[Message]):
    """Uses run beside each other; what they wait for is one server."""

    mailbox = Mailbox(capacity=256)
    accepts = (Look,)

    def __init__(self, server: McpServer, connect: Connect) -> None:
        self._server = server
        self._connect = connect
        self._session: Session | None = None
        self._life: trio.CancelScope | None = None
        self._patience = Patience()
        self._uses: dict[str, trio.CancelScope] = {}
        self._busy = 0
        self._starts = self._used = 0
        self._trouble: Trouble | None = None
        self._idle_since = 0.0

    async def started(self) -> None:
        self._idle_since = trio.current_time()
        self.tick(max(SHORTEST_LOOK_S, self._server.idle_ms / 4000), Look())

    def status(self) -> str:
        """For the tree."""
        return f"{self._state()}, {self._starts} starts, {self._used} uses" + (f"; last: {self._trouble.code}" if self._trouble else "")

    async def receive(self, message: Message) -> object:
        """One message. What takes time runs beside the handlers."""
        match message:
            case ListTools():
                self.spawn(self._answer, self.defer(), self._list)
            case UseTool(use=use):
                self._uses[use] = self.spawn(self._answer, self.defer(), lambda: self._use(message))
            case Withdraw(use=use):
                if (scope := self._uses.pop(use, None)) is not None:
                    scope.cancel()
                return None
            case About():
                return self._about()
            case Look():
                self._end_if_idle()
                return None
        return Forwarded()

    async def _answer(self, asked: Asked | None, work: Callable[[], Awaitable[object]]) -> None:
        self._busy += 1
        try:
            answer = await work()
        except Trouble as trouble:
            self._note(trouble)
            answer = Refusal(trouble.code, f"MCP server {self._server.name}: {trouble.message}", {"sent": False})
        finally:
            self._busy -= 1
            self._idle_since = trio.current_time()
        if asked is not None:
            asked.answer(answer)

    async def _list(self) -> Catalog:
        """Its tools as they are now. A server that had ended, which nobody had noticed yet, is started again for that."""
        session = await self._ready()
        try:
            return await session.tools()
        except Trouble:
            if session.ended is None:
                raise
            return await (await self._ready()).tools()

    async def _use(self, message: UseTool) -> object:
        try:
            try:
                return await self._try(message)
            except Trouble as trouble:
                if trouble.code != "mcp_session_lost" or self._session is None:
                    raise
                self._session.end(trouble)
                return await self._try(message)
        finally:
            self._uses.pop(message.use, None)

    async def _try(self, message: UseTool) -> object:
        session = await self._ready()
        catalog = session.catalog or await self._list()
        session = await self._ready()
        refused = _refusal(self._server.name, message, catalog)
        if refused is not None:
            return refused
        try:
            result = await session.call(message.tool, message.arguments)
        except Trouble as trouble:
            if trouble.code in UNSEEN:
                raise
            self._note(trouble)
            return Refusal(trouble.code, f"MCP server {self._server.name}: {trouble.message}", {"sent": True})
        self._patience.answered()
        self._used += 1
        return result

    def _note(self, trouble: Trouble) -> None:
        """Keep it for who looks. One who did not answer in time is asked whether it lives at all."""
        self._trouble = trouble
        if trouble.code == "mcp_timeout" and self._session is not None and self._session.ready:
            self.spawn(self._session.ping)

    async def _ready(self) -> Session:
        """The server, started where it does not run. Raises Trouble."""
        session = self._session
        if session is None or session.ended is not None:
            left = self._patience.left(trio.current_time())
            if left > 0:
                last = f": {self._trouble.code}: {self._trouble.message}" if self._trouble is not None else ""
                text = f"it has failed {self._patience.failures} times in a row, and is started again in {left:.1f} s{last}"
                raise Trouble("mcp_server_unavailable", text)
            session = self._session = Session(self._server, self._connect())
            self._starts += 1
            self._life = self.spawn(self._live, session)
        await session.settled()
        return session

    async def _live(self, session: Session) -> None:
        try:
            trouble = await session.run()
        except trio.Cancelled:
            session.end(Trouble("mcp_server_stopped", "the server was stopped because nobody used it, or with the daemon"))
            raise
        self._trouble = trouble
        if trouble.code != "mcp_session_lost":
            self._patience.failed(trio.current_time())

    def _end_if_idle(self) -> None:
        idle = not self._busy and trio.current_time() - self._idle_since >= self._server.idle_ms / 1000
        if idle and self._session is not None and self._life is not None:
            self._life.cancel()
            self._session = self._life = None

    def _state(self) -> str:
        session = self._session
        if session is None:
            return "stopped"
        if session.ended is not None:
            return "failed"
        return "running" if session.ready else "starting"

    def _about(self) -> dict[str, Any]:
        found: dict[str, Any] = {"state": self._state(), "starts": self._starts, "uses": self._used}
        session = self._session
        if session is not None and session.ready:
            found |= {"version": session.version, "answers_as": session.about}
            found |= {"tools": len(session.catalog.tools)} if session.catalog is not None else {}
        if self._trouble is not None:
            found["trouble"] = f"{self._trouble.code}: {self._trouble.message}"
        left = self._patience.left(trio.current_time())
        return found | ({"again_in_ms": int(left * 1000)} if left > 0 else {})


def _refusal(server: str, message: UseTool, catalog: Catalog) -> Refusal | None:
    """Why the tool is not used: it is gone, or is another one now."""
    tool = catalog.tools.get(message.tool)
    if tool is None:
        why = catalog.left_out.get(message.tool, "the server does not have it any more")
        return Refusal("mcp_tool_unknown", f"MCP server {server}: {message.tool} cannot be used: {why}", {"sent": False})
    if tool.sha256 != message.sha256:
        return Refusal("mcp_tool_changed", changed_text(server, message.tool), {"sent": False})
    return None

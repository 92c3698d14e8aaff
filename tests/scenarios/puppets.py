"""An agent with a command line without its process: it says which session it is, works in the folder, and answers. For virtual time."""

from __future__ import annotations

import os

import trio
from attrs import frozen

from actors.agent.backends import Desk
from actors.agent.provider.messages import Answer, ModelRequest, OnPart, TokenUsage
from actors.agent.thread_events import AgentSessionHeard

__all__ = ["Puppet"]


@frozen(eq=False)
class Puppet:
    """A provider. What it writes does not fit until it is told so, and hangs on its task alone: it plays the same at every telling."""

    name: str
    desk: Desk

    async def stream(self, request: ModelRequest, on_part: OnPart) -> Answer:
        """One task in a session that goes on."""
        thread = self.desk.log.thread
        assert thread.open_turn is not None
        await self.desk.log.append((AgentSessionHeard(thread.open_turn, self.name, thread.sessions.get(self.name, "s-1")),))
        await trio.sleep(1)
        content = '{"n": 1}' if "REPAIR" in str(request.turns[-1]) else '{"n": "one", "m": 2}'
        fd = os.open("notes.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=self.desk.folder)
        with os.fdopen(fd, "w") as file:
            file.write(content)
        return Answer("Done.", usage=TokenUsage(100, 20, cost_usd=0.25, tool_calls=1), request_id="s-1", model=request.model)

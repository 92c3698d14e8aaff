"""The facts about tools of servers in a run: what each was when the run first used it, and that it is something else now."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact

__all__ = ["McpToolChanged", "McpToolPinned"]


@frozen
class McpToolPinned(Fact):
    """The run uses this tool for the first time, and from now on only as it is: `sha256` of what its server says of it.

    `anew` counts how often people had the run begin anew: that lets it be pinned as it is then.
    """

    kind: ClassVar[str] = "mcp_tool_pinned"
    server: str
    tool: str
    sha256: str
    anew: int = 0


@frozen
class McpToolChanged(Fact):
    """The server says something else of the tool than when the run first used it: it is refused."""

    kind: ClassVar[str] = "mcp_tool_changed"
    server: str
    tool: str
    pinned: str
    found: str
    anew: int = 0

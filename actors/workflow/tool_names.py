"""Which names of tools may stand in a policy. Pure."""

from __future__ import annotations

from typing import Final

from actors.workflow.spec_agent import MCP, TOOLS

__all__ = ["ALWAYS", "misnamed"]

ALWAYS: Final = "finish"
"""The tool that nobody can take away: with it an agent says that it is done."""


def misnamed(pattern: str) -> str:
    """What is wrong with the name in a policy; empty where it can mean a tool."""
    beginning, star, rest = pattern.partition("*")
    if rest:
        return "a * stands at the end alone"
    if pattern == ALWAYS:
        return "finish is always allowed"
    outside = beginning.startswith(MCP) or (bool(star) and MCP.startswith(beginning))
    if outside or beginning in TOOLS or (star and any(tool.startswith(beginning) for tool in TOOLS)):
        return ""
    return "there is no such tool"

"""Names of tools, and policies of them: which may stand there, and what a table says of a tool. Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["ALWAYS", "AT_HOME", "MCP", "POLICY_WORDS", "TOOLS", "ToolPolicy", "misnamed", "said_of"]

AT_HOME: Final = ("read_file", "write_file", "list_dir", "search", "finish")
"""Tools that stay inside the node's working folder: a persona that names none may use all of these."""
TOOLS: Final = (*AT_HOME, "run_command", "http_get")
"""The tools that are Penstock's own. Those of MCP servers: see `mcp_names`."""
MCP: Final = "mcp."
"""How the names of tools begin that come from outside, from a server that the configuration names."""
POLICY_WORDS: Final = ("allow", "ask", "deny")
"""What may be said of a tool, from the mildest to the strictest."""
ToolPolicy = tuple[tuple[str, str], ...]
"""Patterns and their words, sorted: the name of a tool, or its beginning and `*`."""

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


def said_of(policy: ToolPolicy, tool: str) -> str | None:
    """What one table says of the tool: its own name counts most, then the longest beginning; None where nothing does."""
    exact = next((word for pattern, word in policy if pattern == tool), None)
    if exact is not None:
        return exact
    fitting = [(len(pattern), word) for pattern, word in policy if pattern.endswith("*") and tool.startswith(pattern[:-1])]
    return max(fitting)[1] if fitting else None

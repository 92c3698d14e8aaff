"""Agents in the workflow model: what an agent node does, and who does it. Pure data."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from actors.workflow.mcp_names import covers, split

__all__ = ["MAX_OUTPUT_TOKENS", "TOOLS", "Agent", "Persona"]

TOOLS: Final = ("read_file", "write_file", "list_dir", "finish")
"""The tools that are Penstock's own. All of them stay inside the node's working folder. Those of MCP servers: see `mcp_names`."""
MAX_OUTPUT_TOKENS: Final = 4_096


@frozen
class Agent:
    """Work for a model. `role` is what the run binds a persona to; `instructions` are a template.

    `tools` are those that it gets, which its persona must be permitted; empty: all that the persona is permitted, of MCP servers those
    that it names.
    """

    role: str
    instructions: str
    tools: tuple[str, ...] = ()


@frozen
class Persona:
    """A named agent profile. It takes the role of its own name, and those in `roles`.

    `backend` is one of the daemon's. `tools` are what it may use, None: all but those of MCP servers. `consent`: it is bound only where
    somebody has consented to exactly this. `temperature` None: as the model has it. `max_output_tokens` bounds one answer.
    """

    name: str
    backend: str
    model: str
    system: str = ""
    tools: tuple[str, ...] | None = None
    roles: tuple[str, ...] = ()
    consent: bool = False
    version: int = 1
    temperature: float | None = None
    max_output_tokens: int = MAX_OUTPUT_TOKENS

    def may(self, tool: str) -> bool:
        """Whether the tool is permitted to it. Saying that one is done needs no permission."""
        if tool == "finish" or self.tools is None:
            return split(tool) is None
        return any(covers(one, tool) for one in self.tools)

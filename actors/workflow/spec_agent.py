"""Agents in the workflow model: what an agent node does, and who does it. Pure data."""

from __future__ import annotations

from typing import Final

from attrs import frozen

__all__ = ["MAX_OUTPUT_TOKENS", "TOOLS", "Agent", "Fallback", "Persona"]

TOOLS: Final = ("read_file", "write_file", "list_dir", "finish")
"""The tools that exist. All of them stay inside the node's working folder."""
MAX_OUTPUT_TOKENS: Final = 4_096


@frozen
class Agent:
    """Work for a model. `role` is what the run binds a persona to; `instructions` are a template.

    `tools` are those that it gets, which its persona must be permitted; empty: all that the persona is permitted.
    """

    role: str
    instructions: str
    tools: tuple[str, ...] = ()


@frozen
class Fallback:
    """A model of a backend that stands in for another."""

    backend: str
    model: str


@frozen
class Persona:
    """A named agent profile. It takes the role of its own name, and those in `roles`.

    `backend` is one of the daemon's. `tools` are what it may use, None: all. `consent`: it is bound only where somebody has consented to
    exactly this. `temperature` None: as the model has it. `max_output_tokens` bounds one answer. `fallback` stand in for the model, in this
    order, while it cannot answer.
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
    fallback: tuple[Fallback, ...] = ()

    @property
    def models(self) -> tuple[Fallback, ...]:
        """Backend and model of all that may be asked, its own first."""
        return Fallback(self.backend, self.model), *self.fallback

    def may(self, tool: str) -> bool:
        """Whether the tool is permitted to it. Saying that one is done needs no permission."""
        return tool == "finish" or self.tools is None or tool in self.tools

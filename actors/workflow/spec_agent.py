"""Agents in the workflow model: what an agent node does, and who does it. Pure data."""

from __future__ import annotations

from typing import Final, Literal

from attrs import frozen

from actors.workflow.mcp_names import covers
from actors.workflow.tool_names import AT_HOME, TOOLS, ToolPolicy

__all__ = ["AT_HOME", "MAX_OUTPUT_TOKENS", "MAX_STEPS", "SANDBOXES", "TOOLS", "Agent", "Duty", "Fallback", "Persona", "ToolApproval"]

Duty = Literal["actor", "reviewer"]
SANDBOXES: Final = ("bwrap", "none")
MAX_OUTPUT_TOKENS: Final = 4_096
MAX_STEPS: Final = 64


@frozen
class ToolApproval:
    """How people are asked for the node's tools. Milliseconds; None: as the configuration says. `approvers` as at gates, empty: anybody."""

    expires_after_ms: int | None = None
    on_expiry: Literal["reject", "cancel"] = "reject"
    approvers: tuple[str, ...] = ()
    separate_from_author: bool | None = None


@frozen
class Agent:
    """Work for a model. `role` is what the run binds a persona to; `instructions` are a template.

    `tools` are those that it gets, which its persona must be permitted; empty: all that the persona is permitted. `max_steps` is how often
    the model is asked in one attempt. `policy` narrows what may be done with the tools, `approval` is how people are asked where that
    says `ask`. `path` is the file in which the persona stands, instead of a name; then `role` is empty. `snippets` are texts put into its
    prompt, `output_schema` what it has to answer by, `plugin_dirs` more places for files of personas, `max_turns` a CLI agent's limit.
    """

    role: str
    instructions: str
    tools: tuple[str, ...] = ()
    max_steps: int = MAX_STEPS
    policy: ToolPolicy = ()
    approval: ToolApproval = ToolApproval()
    path: str | None = None
    snippets: tuple[str, ...] = ()
    output_schema: str | None = None
    plugin_dirs: tuple[str, ...] = ()
    max_turns: int | None = None

    @property
    def reference(self) -> str:
        """Whom it asks for, by one word: the role, or the path of a file, which has a slash in it always."""
        return self.role if self.path is None else self.path if "/" in self.path else f"./{self.path}"


@frozen
class Fallback:
    """A model of a backend that stands in for another."""

    backend: str
    model: str


@frozen
class Persona:
    """A named agent profile. It takes the role of its own name, and those in `roles`.

    `backend` is one of the daemon's. `tools` are what it may use, None: AT_HOME. `consent`: it is bound only where somebody has consented
    to exactly this. `temperature` None: as the model has it. `max_output_tokens` bounds one answer. `fallback` stand in for the model, in
    this order, while it cannot answer. `sandbox` is one of SANDBOXES: what is put around the commands that it has run. `http_hosts` are
    the hosts that it may reach, None: what the configuration says. `policy` narrows what may be done with the tools. `prompt` is a flat
    template that stands before the instructions of each node. `duty` and `can_commit` say what it is there for: who commits, acts.
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
    sandbox: str = "bwrap"
    http_hosts: tuple[str, ...] | None = None
    policy: ToolPolicy = ()
    prompt: str = ""
    duty: Duty = "actor"
    can_commit: bool = False

    @property
    def models(self) -> tuple[Fallback, ...]:
        """Backend and model of all that may be asked, its own first."""
        return Fallback(self.backend, self.model), *self.fallback

    def may(self, tool: str) -> bool:
        """Whether the tool is permitted to it. Saying that one is done needs no permission."""
        return tool == "finish" or any(covers(one, tool) for one in (AT_HOME if self.tools is None else self.tools))

"""The parameters of the methods about agents: personas, what their calls cost, and what their tools did."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from actors.control import bounds

__all__ = ["AgentSteer", "LedgerRun", "LedgerTotals", "McpServerOnly", "PersonaList", "PersonaOnly", "ToolList"]


@frozen
class AgentSteer:
    """Say something to the agent of a node."""

    run_id: str = field(validator=bounds.name)
    node_id: str = field(validator=bounds.name)
    text: str


@frozen
class PersonaList:
    """The personas of the pool; with `workflow_id` also those that the newest version of the workflow brings along."""

    workflow_id: str | None = field(default=None, validator=bounds.name)


@frozen
class PersonaOnly:
    """A persona, by its name or by the digest of its content. `workflow_id` as in the list."""

    persona: str = field(validator=bounds.name)
    workflow_id: str | None = field(default=None, validator=bounds.name)


@frozen
class LedgerRun:
    """Calls of models of a run, or of one node of it; the newest `limit` of them, oldest first."""

    run_id: str = field(validator=bounds.name)
    node_id: str | None = field(default=None, validator=bounds.name)
    limit: int = field(default=500, validator=bounds.count)


@frozen
class LedgerTotals:
    """What calls of all runs come to since that time (epoch milliseconds; None: ever), for each model, workflow, persona or day (UTC)."""

    by: Literal["model", "workflow", "persona", "day"] = "model"
    since_ms: int | None = field(default=None, validator=bounds.position)
    workflow_id: str | None = field(default=None, validator=bounds.name)


@frozen
class ToolList:
    """Uses of tools by the agents of a run, or by one node of it; the newest `limit` of them, oldest first."""

    run_id: str = field(validator=bounds.name)
    node_id: str | None = field(default=None, validator=bounds.name)
    limit: int = field(default=500, validator=bounds.count)


@frozen
class McpServerOnly:
    """An MCP server, by its name in the configuration. It is started where it does not run."""

    server: str = field(validator=bounds.name)

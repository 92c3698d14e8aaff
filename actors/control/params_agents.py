"""The parameters of the methods about agents: personas, what their calls cost, and what their tools did."""

from __future__ import annotations

from attrs import field, frozen

from actors.control import bounds

__all__ = ["AgentSteer", "LedgerList", "PersonaList", "PersonaOnly", "ToolList"]


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
class LedgerList:
    """Calls of models of a run, or of one node of it; the newest `limit` of them, oldest first."""

    run_id: str = field(validator=bounds.name)
    node_id: str | None = field(default=None, validator=bounds.name)
    limit: int = field(default=500, validator=bounds.count)


@frozen
class ToolList:
    """Uses of tools by the agents of a run, or by one node of it; the newest `limit` of them, oldest first."""

    run_id: str = field(validator=bounds.name)
    node_id: str | None = field(default=None, validator=bounds.name)
    limit: int = field(default=500, validator=bounds.count)

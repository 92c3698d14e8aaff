"""The agents of a workflow at every depth, and what the blocks around them give them: snippets and the schema of their answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from actors.workflow.spec import Group, Node, Workflow
from actors.workflow.spec_agent import Agent

__all__ = ["Outfit", "agents_of", "outfits_of"]


@frozen
class Outfit:
    """`snippets` by name, those of the outermost block first; `schema` is the name of the one by which it answers, None for none."""

    snippets: tuple[str, ...] = ()
    schema: str | None = None

    def within(self, snippets: tuple[str, ...], schema: str | None) -> Outfit:
        """What holds inside of something that names these itself."""
        return Outfit(tuple(dict.fromkeys((*self.snippets, *snippets))), schema or self.schema)

    def told(self) -> dict[str, Any]:
        """What there is of it, as JSON."""
        found = {"snippets": list(self.snippets), "output_schema": self.schema}
        return {name: value for name, value in found.items() if value}


def agents_of(workflow: Workflow) -> dict[str, Agent]:
    """All agents by the ids of their nodes, in the order of the file; those that handle failures are among them."""
    return {node_id: agent for node_id, agent, _ in _walk(workflow)}


def outfits_of(workflow: Workflow) -> dict[str, Outfit]:
    """What each of them gets. Who handles a failure is given nothing by the blocks around: it does not do their work."""
    return {node_id: outfit.within(agent.snippets, agent.output_schema) for node_id, agent, outfit in _walk(workflow)}


def _walk(workflow: Workflow) -> Iterator[tuple[str, Agent, Outfit]]:
    todo: list[tuple[Node, Outfit]] = [(node, Outfit()) for node in (*workflow.nodes, *workflow.finally_)][::-1]
    while todo:
        node, outfit = todo.pop()
        if isinstance(node.action, Agent):
            yield node.node_id, node.action, outfit
        elif isinstance(node.action, Group):
            inner = outfit.within(node.action.snippets, node.action.output_schema)
            todo += [(child, inner) for child in node.action.nodes][::-1]
        if isinstance(node.on_fail.handler, Agent):
            yield f"{node.node_id}.on_fail", node.on_fail.handler, Outfit()

"""Who would do the work of an agent, and all that he would be told, as far as it is known before anything has run. Pure."""

from __future__ import annotations

from typing import Any

from actors.run.foresight import Given
from actors.workflow.outfits import Outfit
from actors.workflow.partly import Partly
from actors.workflow.spec import Agent, Node

__all__ = ["told_to_agent"]


def told_to_agent(node: Node, outfit: Outfit, given: Given, partly: Partly, instructions: str) -> dict[str, Any]:
    """The persona, snippets and schema by name; and `prompt`, where more is told than the instructions: its own text, these, snippets.

    `instructions` are rendered, and end with what is told of earlier runs. Nothing for a node that is no agent's.
    """
    if not isinstance(node.action, Agent):
        return {}
    role = node.action.reference
    first = [partly.named("persona", given.bodies[role])] if given.bodies.get(role) else []
    behind = [partly.named("snippets", given.snippets[name]) for name in outfit.snippets if name in given.snippets]
    said = instructions.removesuffix(given.lessons).strip()
    whole = "\n\n".join(text for text in (*first, said, *behind, given.lessons) if text.strip())
    persona = {"persona": given.personas[role]} if role in given.personas else {}
    return {**persona, **outfit.told(), **({"prompt": whole} if first or behind else {})}

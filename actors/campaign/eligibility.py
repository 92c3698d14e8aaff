"""Whether a workflow can be improved by a campaign at all (optimization spec 4.7). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from actors.campaign.config import MutationPolicy
from actors.campaign.declined import Declined
from actors.campaign.definition import ABSENT, nodes_of, value_at
from actors.campaign.records import FIELD_PATHS

__all__ = ["check_target", "foreign_roles", "never_repeated", "outward"]


def check_target(definition: Mapping[str, Any], policy: MutationPolicy) -> None:
    """Raises Declined with the first reason why it cannot be."""
    nodes = nodes_of(definition)
    if not nodes:
        raise Declined("target_without_nodes")
    if not any((node.get("output_contract") or {}).get("validator") for node in nodes):
        raise Declined("target_without_validator")
    if not any(policy.allows(field) and _mutable(nodes, field) for field in FIELD_PATHS):
        raise Declined("target_nothing_mutable")
    once = never_repeated(definition)
    if once:
        raise Declined("eval_side_effects_forbidden", node_ids=once)


def never_repeated(definition: Mapping[str, Any]) -> list[str]:
    """The nodes for whose sake no run may be made just to look how it goes.

    What an evaluation skips has its result from an ordinary run. That cannot be done with clean-up, nor with what a loop begins anew.
    """
    flow = definition["flow"]
    return [*_repeated(flow["nodes"], skippable=True), *_repeated(flow.get("finally", ()), skippable=False)]


def _repeated(nodes: Sequence[Mapping[str, Any]], *, skippable: bool) -> Iterator[str]:
    for node in nodes:
        skip = node.get("eval") == "skip"
        if (skip and not skippable) or (node.get("effect") == "once" and not skip):
            yield node["node_id"]
        yield from _repeated(node.get("nodes", ()), skippable=skippable and "repeat" not in node)


def outward(definition: Mapping[str, Any]) -> dict[str, list[str]]:
    """What reaches outside by its kind, and which services the workflow says it needs: evaluations repeat what is done there."""
    node_ids = [node["node_id"] for node in nodes_of(definition) if node.get("kind") == "http"]
    found = {"node_ids": node_ids, "providers": list(definition.get("providers", ()))}
    return {name: those for name, those in found.items() if those}


def foreign_roles(definition: Mapping[str, Any]) -> list[str]:
    """Roles of agents that no persona of the workflow itself takes: where they run, the workflow does not say. Sorted."""
    personas = definition.get("personas", {})
    taken = {role for name, persona in personas.items() for role in (name, *persona.get("roles", ()))}
    agents = [one for node in nodes_of(definition) for one in (node, node.get("on_fail")) if isinstance(one, Mapping)]
    return sorted({one["persona_id"] for one in agents if "persona_id" in one} - taken)


def _mutable(nodes: list[Mapping[str, Any]], field: str) -> bool:
    if field == "objective":
        return True
    values = [value_at(node, field) for node in nodes]
    if field.startswith("retry_policy"):
        return any(type(value) is int for value in values)
    return any(value is not ABSENT for value in values)

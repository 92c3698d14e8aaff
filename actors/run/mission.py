"""Phases, routines and milestones of a workflow, from its metadata: what may start before what, beside `needs` (runs spec 6.3, 6.4). Pure.

`metadata.mission` holds `phases` [{phase_id, execution_mode}], `milestones` [{milestone_id, node_ids}], `metadata.plan` holds `routines`
[{routine_id, depends_on: [{routine_id, hard}]}], `metadata.partial_failure_mode` may be `pause_all`. A node names its own in
`metadata.builder`: phase_id, routine_id, write_scope, priority.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from attrs import Factory, frozen

from actors.workflow.mcp_names import ALL, split
from actors.workflow.spec import Agent, Node, Workflow
from actors.workflow.walk import flatten

__all__ = ["Mission", "Phase", "mission_of"]

NO_RANK = 1_000_000


@frozen
class Phase:
    """`barrier`: nothing of a later phase starts while this one is open; `soft`: it has the first pick."""

    phase_id: str
    mode: str = "soft"


@frozen(eq=False)
class Mission:
    """`rank` and `routine` map node ids; `hard` maps a routine to those that must be done before it; `triage` are the gates of that kind.

    `scopes` are the folders that nodes write in, empty for the whole repository. `shared` are the tools of MCP servers that a node names
    and another one does, too. `special`: whether starting asks for any of this.
    `stops_all`: a node that is blocked takes with it all that has not begun, not only what is behind it.
    """

    phases: tuple[Phase, ...] = ()
    rank: Mapping[str, int] = Factory(dict)
    routine: Mapping[str, str] = Factory(dict)
    hard: Mapping[str, tuple[str, ...]] = Factory(dict)
    milestones: Mapping[str, tuple[str, ...]] = Factory(dict)
    triage: frozenset[str] = frozenset()
    scopes: Mapping[str, tuple[str, ...]] = Factory(dict)
    shared: Mapping[str, frozenset[str]] = Factory(dict)
    stops_all: bool = False

    @cached_property
    def special(self) -> bool:
        """Whether starting a node asks for more than its needs and a place."""
        return bool(self.phases or self.hard or self.triage or self.scopes or self.shared)

    def rank_of(self, node_id: str) -> int:
        """The index of the node's phase; above all for a node without one."""
        return self.rank.get(node_id, NO_RANK)


def mission_of(workflow: Workflow) -> Mission:
    """What the metadata say. What is not in the form above says nothing."""
    mission, plan = _table(workflow.metadata, "mission"), _table(workflow.metadata, "plan")
    phases = tuple(
        Phase(str(entry["phase_id"]), str(entry.get("execution_mode", "soft"))) for entry in _list(mission, "phases") if "phase_id" in entry
    )
    index = {phase.phase_id: rank for rank, phase in enumerate(phases)}
    nodes = flatten(workflow.nodes)
    builders = {node.node_id: _table(node.metadata, "builder") for node in nodes}
    return Mission(
        phases=phases,
        rank={node_id: index[phase] for node_id, table in builders.items() if (phase := table.get("phase_id")) in index},
        routine={node_id: str(table["routine_id"]) for node_id, table in builders.items() if "routine_id" in table},
        hard=_hard(plan),
        milestones={
            str(entry["milestone_id"]): tuple(map(str, entry.get("node_ids") or ()))
            for entry in _list(mission, "milestones")
            if "milestone_id" in entry and entry.get("node_ids")
        },
        triage=frozenset(node.node_id for node in nodes if node.metadata.get("triage_gate") is True),
        scopes={node.node_id: scopes for node in nodes if (scopes := _scopes(node, builders[node.node_id])) is not None},
        shared=_shared(nodes),
        stops_all=workflow.metadata.get("partial_failure_mode") == "pause_all",
    )


def _hard(plan: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    found = {}
    for entry in _list(plan, "routines"):
        before = tuple(str(one["routine_id"]) for one in _list(entry, "depends_on") if one.get("hard") is True and "routine_id" in one)
        if before and "routine_id" in entry:
            found[str(entry["routine_id"])] = before
    return found


def _shared(nodes: Iterable[Node]) -> dict[str, frozenset[str]]:
    """By node the fully qualified tools of MCP servers that more than one node names."""
    named = {
        node.node_id: {tool for tool in node.action.tools if (parts := split(tool)) is not None and parts[1] != ALL}
        for node in nodes
        if isinstance(node.action, Agent)
    }
    often = Counter(tool for tools in named.values() for tool in tools)
    return {node_id: found for node_id, tools in named.items() if (found := frozenset(tool for tool in tools if often[tool] > 1))}


def _scopes(node: Node, builder: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The folders that a node which changes code writes in; None for a node that does not."""
    codes = node.contract is not None and node.contract.effective_validator == "code_patch"
    if "write_scope" not in builder and not codes:
        return None
    text = str(builder.get("write_scope") or "").lower()
    for sign in ("\n", ";"):
        text = text.replace(sign, ",")
    return tuple(part.strip().strip("/") for part in text.split(",") if part.strip().strip("/"))


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def _list(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = data.get(name)
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list | tuple) else []

"""Nodes that evaluations do not start (`eval: skip`): they have the result of the last ordinary run that did them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from actors.campaign.declined import Declined
from actors.run.forking import carried_over
from actors.run.logbook import CorruptLog, fold_log
from actors.sub_run.pins import Newest
from actors.workflow.callees import below
from actors.workflow.spec import Group, Node, Workflow
from actors.workflow.walk import flatten, located
from storage import StreamDamaged

if TYPE_CHECKING:
    from actors.run.steering import NodeCarriedOver
    from actors.services import Services

__all__ = ["repeated_below", "results_of_skipped"]

ENDED = ("completed", "blocked", "failed", "cancelled")
LOOKED_AT = 100
"""So many of the workflow's newest runs are looked through."""


def repeated_below(services: Services, workflow: Workflow) -> list[str]:
    """What must not be repeated of the workflows that an evaluation of this one would begin, as `workflow/node`."""
    started, newest = evolve(workflow, nodes=_started(workflow.nodes)), Newest(services)
    return [
        f"{name}/{node.node_id}"
        for name, other in below(started, newest).items()
        for _, node in located(other or Workflow(name, ()))
        if node.effect == "once" or node.eval_ == "skip"
    ]


def _started(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    return tuple(
        evolve(node, action=evolve(node.action, nodes=_started(node.action.nodes))) if isinstance(node.action, Group) else node
        for node in nodes
        if node.eval_ != "skip"
    )


def results_of_skipped(services: Services, workflow_id: str, digest: str) -> tuple[NodeCarriedOver, ...]:
    """One result for each such node of the version. Raises Declined where one is missing, or runs below would repeat what must not be."""
    workflow = services.plans.get(digest).workflow
    if once := repeated_below(services, workflow):
        raise Declined("eval_side_effects_forbidden", node_ids=once)
    missing = [node.node_id for node in flatten(workflow.nodes) if node.eval_ == "skip"]
    found: dict[str, NodeCarriedOver] = {}
    for line in services.store.catalog.list("run", ENDED, group=workflow_id, limit=LOOKED_AT) if missing else ():
        if line.parent is not None:
            continue
        try:
            state = fold_log(services, line.stream)
        except (CorruptLog, StreamDamaged, LookupError):
            continue
        for node_id in [node_id for node_id in missing if node_id in state.nodes and state.nodes[node_id].status == "completed"]:
            found[node_id] = carried_over(state, node_id)
            missing.remove(node_id)
        if not missing:
            break
    if missing:
        raise Declined("eval_side_effects_forbidden", node_ids=missing)
    return tuple(found.values())

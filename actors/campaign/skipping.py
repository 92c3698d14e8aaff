"""Nodes that evaluations do not start (`eval: skip`): they have the result of the last ordinary run that did them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actors.campaign.declined import Declined
from actors.run.forking import carried_over
from actors.run.logbook import CorruptLog, fold_log
from storage import StreamDamaged

if TYPE_CHECKING:
    from actors.run.steering import NodeCarriedOver
    from actors.services import Services

__all__ = ["results_of_skipped"]

ENDED = ("completed", "blocked", "failed", "cancelled")
LOOKED_AT = 100
"""So many of the workflow's newest runs are looked through."""


def results_of_skipped(services: Services, workflow_id: str, definition: Mapping[str, Any]) -> tuple[NodeCarriedOver, ...]:
    """One result for each such node. Raises Declined where a node never had one."""
    missing = [node["node_id"] for node in definition["flow"]["nodes"] if node.get("eval") == "skip"]
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

"""Putting approved winners into the live workflow: each as one changed field, all or nothing (optimization spec 16). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from attrs import frozen

from actors.campaign import events as e
from actors.campaign.approving import the_experiment
from actors.campaign.declined import Declined
from actors.campaign.definition import ABSENT, nodes_of, same, value_at
from actors.campaign.record import Experiment
from actors.campaign.step import Step

__all__ = ["Applied", "apply_winners", "to_apply"]

_HISTORY, _LAST = "optimization_apply_history", "last_optimization_apply"


@frozen
class Applied:
    """The changed definition, and which experiments are in it now, in the order of their approval."""

    definition: Mapping[str, Any]
    experiments: tuple[Experiment, ...]
    previous: tuple[Any, ...]


def to_apply(step: Step, experiment_id: str) -> list[Experiment]:
    """That winner behind every earlier one that the live workflow does not have yet, in the order of their approval. Raises Declined."""
    campaign, one = step.campaign, the_experiment(step, experiment_id)
    if one.status != "promotion_approved":
        raise Declined("experiment_not_approved", experiment_id=one.experiment_id, status=one.status)
    if campaign.baseline_hash != one.candidate_hash:
        raise Declined("not_latest_winner", experiment_id=one.experiment_id)
    waiting = [other for other in campaign.experiments.values() if other.approved and other.applied is None and other is not one]
    return [*sorted(waiting, key=lambda other: other.approved), one]


def apply_winners(step: Step, winners: Sequence[Experiment], live: Mapping[str, Any]) -> Applied:
    """The live definition with these winners; `live` stays as it is. Raises Declined."""
    changed: dict[str, Any] = deepcopy(dict(live))
    previous = []
    for winner in winners:
        assert winner.apply_patch is not None, "who is approved has one"
        previous.append(_set(changed, winner.apply_patch))
        _remember(changed, step, winner, previous[-1])
    return Applied(changed, tuple(winners), tuple(previous))


def _set(definition: dict[str, Any], patch: e.Patch) -> Any:
    """Change the field; what was there before."""
    node = next((node for node in nodes_of(definition) if node["node_id"] == patch.node_id), None)
    if node is None:
        raise Declined("live_node_not_found", node_id=patch.node_id)
    found = value_at(node, patch.field)
    if found is ABSENT:
        raise Declined("live_field_missing", node_id=patch.node_id, path=patch.field_path)
    if not same(found, patch.expected_before):
        raise Declined("live_workflow_drift", node_id=patch.node_id, path=patch.field_path, expected=patch.expected_before, found=found)
    *way, last = patch.field_path.split(".")
    for key in way:
        node = node[key]
    node[last] = patch.apply_value
    return found


def _remember(definition: dict[str, Any], step: Step, winner: Experiment, previous: Any) -> None:
    """Where the value comes from stands in the workflow itself."""
    metadata = definition.setdefault("metadata", {})
    history = metadata.setdefault(_HISTORY, [])
    if not isinstance(history, list):
        raise Declined("apply_history_not_list", found=type(history).__name__)
    patch = winner.apply_patch
    assert patch is not None, "as above"
    record = {
        "campaign_id": step.campaign.campaign_id, "experiment_id": winner.experiment_id, "node_id": patch.node_id, "field": patch.field,
        "field_path": patch.field_path, "previous_value": previous, "new_value": patch.apply_value, "applied_at_ms": step.now,
    }  # fmt: skip
    history.append(record)
    metadata[_LAST] = record

"""Whether a candidate differs from its baseline by one allowed, small change (optimization spec 5). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from actors.campaign.changes import CHANGES, Change
from actors.campaign.config import MutationPolicy
from actors.campaign.declined import Declined
from actors.campaign.definition import ABSENT, nodes_of, same, value_at, without
from actors.campaign.records import FIELD_PATHS, MutableField, Mutation

__all__ = ["validate"]

_MUTABLE_KEYS = ("objective", "output_contract", "retry_policy", "timeout_ms")
_RETRY_FIELDS: tuple[MutableField, ...] = ("retry_policy_max_attempts", "retry_policy_retries")


def validate(baseline: Mapping[str, Any], candidate: Mapping[str, Any], policy: MutationPolicy) -> Mutation:
    """The one change. Raises Declined with the code of the first rule that does not hold."""
    _check_around(baseline, candidate)
    before, after = nodes_of(baseline), nodes_of(candidate)
    if len(before) != len(after):
        raise Declined("candidate_node_count_changed", before=len(before), after=len(after))
    found = [change for pair in zip(before, after, strict=True) for change in _of_node(*pair, policy)]
    if not found:
        raise Declined("candidate_unchanged")
    nodes = list(dict.fromkeys(change.node_id for change in found))
    if len(nodes) > policy.max_nodes_changed_per_candidate:
        raise Declined("candidate_too_many_nodes", nodes=nodes, allowed=policy.max_nodes_changed_per_candidate)
    if len(found) > policy.max_field_families_changed_per_candidate:
        paths = [FIELD_PATHS[change.field] for change in found]
        raise Declined("candidate_too_many_fields", paths=paths, allowed=policy.max_field_families_changed_per_candidate)
    return found[0]


def _check_around(baseline: Mapping[str, Any], candidate: Mapping[str, Any]) -> None:
    """Everything but the nodes of the flow is the same."""
    around = [{**definition, "flow": without(definition["flow"], "nodes")} for definition in (baseline, candidate)]
    for key in sorted({*around[0], *around[1]}):
        if not same(around[0].get(key), around[1].get(key)):
            raise Declined("candidate_changes_outside_nodes", path=key)


def _of_node(before: Mapping[str, Any], after: Mapping[str, Any], policy: MutationPolicy) -> Iterator[Mutation]:
    node_id = before["node_id"]
    if after.get("node_id") != node_id:
        raise Declined("candidate_nodes_reordered", node_id=node_id, found=after.get("node_id"))
    if not same(_fixed(before), _fixed(after)):
        raise Declined("candidate_node_other_changed", node_id=node_id)
    _check_contracts(node_id, before.get("output_contract"), after.get("output_contract"))
    _check_retries(node_id, before, after)
    for field in FIELD_PATHS:
        change = Change(node_id, FIELD_PATHS[field], *(_read(node, field) for node in (before, after)))
        if change.before is not change.after and not same(_plain(change.before), _plain(change.after)):
            if not policy.allows(field):
                raise Declined("candidate_field_not_allowed", node_id=node_id, path=change.path)
            summary = CHANGES[field](change, policy)
            yield Mutation(node_id, field, summary, _plain(change.before), _plain(change.after))  # type: ignore[arg-type]  # a key of FIELD_PATHS


def _fixed(node: Mapping[str, Any]) -> dict[str, Any]:
    """What no candidate changes of a node; of those in a group, which they are: each of them is looked at by itself."""
    return {**without(node, *_MUTABLE_KEYS, "nodes"), "nodes": [inner["node_id"] for inner in node.get("nodes", ())]}


def _check_contracts(node_id: str, before: Any, after: Any) -> None:
    known = [without(contract, "summary_guidance") if isinstance(contract, Mapping) else contract for contract in (before, after)]
    if not same(*known):
        raise Declined("candidate_output_contract_other_changed", node_id=node_id, path="output_contract")


def _check_retries(node_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """The policy but for its numbers. A number that is none on either side belongs to the rest, so that its change is seen."""
    numbers = [
        FIELD_PATHS[f].partition(".")[2] for f in _RETRY_FIELDS if type(value_at(before, f)) is int or type(value_at(after, f)) is int
    ]
    rest = []
    for node in (before, after):
        policy = node.get("retry_policy")
        rest.append(without(policy, *numbers) if isinstance(policy, Mapping) else policy)
    if not same(*rest):
        raise Declined("candidate_retry_policy_other_changed", node_id=node_id, path="retry_policy")


def _read(node: Mapping[str, Any], field: str) -> Any:
    """The value as the field's rule reads it: a missing objective is an empty one, a retry number that is no integer is none."""
    value = value_at(node, field)
    if field == "objective" and value is ABSENT:
        return ""
    return value if field not in _RETRY_FIELDS or type(value) is int else ABSENT


def _plain(value: Any) -> Any:
    return None if value is ABSENT else value

"""Nodes in groups, in clean-up and in handlers count for campaigns as those of the first level do."""

from __future__ import annotations

from typing import Any

import pytest

from actors.campaign.declined import Declined
from actors.campaign.definition import with_value
from actors.campaign.eligibility import check_target, foreign_roles, never_repeated, outward
from actors.campaign.mutation import validate
from tests.actors.campaign.table import POLICY, node, workflow


def why_not(candidate: dict[str, Any], baseline: dict[str, Any]) -> str:
    with pytest.raises(Declined) as declined:
        validate(baseline, candidate, POLICY)
    return declined.value.code


def grouped(*nodes: dict[str, Any], **form: Any) -> dict[str, Any]:
    return {"node_id": "g", "kind": "group", "nodes": list(nodes), **form}


@pytest.mark.parametrize(
    ("flow", "found"),
    [
        ({"nodes": [grouped(node(effect="once"))]}, ["node-1"]),
        ({"nodes": [grouped(node(effect="once", eval="skip"))]}, []),
        ({"nodes": [grouped(node(eval="skip"), repeat={"do_while": "true", "max_iterations": 2})]}, ["node-1"]),
        ({"nodes": [grouped(grouped(node(effect="once", eval="skip")), repeat={"do_while": "true", "max_iterations": 2})]}, ["node-1"]),
        ({"nodes": [node()], "finally": [node("tidy", effect="once", eval="skip")]}, ["tidy"]),
        ({"nodes": [node()], "finally": [node("tidy")]}, []),
    ],
    ids=["group", "skipped", "loop", "in_loop", "clean_up", "sound"],
)
def test_what_evaluations_would_repeat_is_found_at_every_depth(flow: dict[str, Any], found: list[str]) -> None:
    assert never_repeated({"flow": flow}) == found


def test_what_reaches_outside_and_foreign_roles_are_found_in_groups_and_handlers() -> None:
    definition = workflow(
        grouped({"node_id": "h", "kind": "http"}, node("n", on_fail={"persona_id": "medic"})), {"node_id": "s", "on_fail": "continue"}
    )
    assert (outward(definition), foreign_roles(definition)) == ({"node_ids": ["h"]}, ["medic", "writer"])
    check_target(definition, POLICY)


def inside(*nodes: dict[str, Any]) -> dict[str, Any]:
    return workflow({"node_id": "g", "kind": "group", "nodes": list(nodes)}, node("after"))


def test_nodes_in_groups_may_be_changed_and_groups_may_not() -> None:
    baseline = inside(node(), node("node-2"))
    candidate = with_value(baseline, 2, "timeout_ms", 69_000)
    assert candidate["flow"]["nodes"][0]["nodes"][1]["timeout_ms"] == 69_000
    found = validate(baseline, candidate, POLICY)
    assert (found.node_id, found.after) == ("node-2", 69_000)
    moved = workflow({"node_id": "g", "kind": "group", "nodes": [node()]}, node("node-2"), node("after"))
    assert why_not(moved, baseline) == "candidate_node_other_changed"
    assert why_not(inside(node()), baseline) == "candidate_node_count_changed"
    other = {**baseline, "flow": {"nodes": [{**baseline["flow"]["nodes"][0], "parallel": {}}, node("after")]}}
    assert why_not(other, baseline) == "candidate_node_other_changed"

"""Plans in a workflow's metadata, and the drafts that begin from them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from actors.learning.drafting import HISTORY, draft, notes, title
from actors.learning.plan import bundle_of, next_plan, preview
from actors.workflow.spec import Group, Node, Shell, Workflow
from actors.workflow.spec_agent import Agent
from tests.actors.learning.paper import learning

PLAN = {"plan_id": "p", "plan_revision": 3}
FLOW = Workflow(
    "wf-1", (Node("a", Agent("writer", "Write.\n")), Node("b", Shell("true"))), finally_=(Node("last", Agent("writer", "Tidy.")),),
    metadata={"plan_package": PLAN},
)  # fmt: skip


@pytest.mark.parametrize(
    ("metadata", "plan"),
    [
        ({"plan_package_bundle": {"plan": PLAN}, "plan_package": {}}, PLAN),
        ({"plan_package_bundle": json.dumps({"plan": PLAN})}, PLAN),
        ({"plan_package_bundle": "{", "plan_package": PLAN}, PLAN),
        ({"plan_package_bundle": {"plan": 3}, "plan_package": PLAN}, PLAN),
        ({"plan_package": None}, None), ({"plan_package_bundle": "[]"}, None), ({}, None),
    ],
    ids=["bundle", "text", "broken text", "no plan in it", "null", "list", "none"],
)  # fmt: skip
def test_the_bundle_counts_if_it_can_be_read_else_the_plan(metadata: dict[str, Any], plan: Any) -> None:
    found = bundle_of(evolve(FLOW, metadata=metadata))
    assert (None if found is None else found["plan"]) == plan


@pytest.mark.parametrize("version", [2, True, "1"])
def test_a_bundle_of_another_version_is_not_guessed_at(version: Any) -> None:
    found = preview({"bundle_version": version, "plan": PLAN}, FLOW, lambda _: ())
    assert (found.workflow, found.validation["problems"][0]["code"]) == (None, "bundle_version_unsupported")


def test_a_plan_without_a_definition_is_that_of_the_version_that_is_stored() -> None:
    found = preview({"plan": PLAN}, FLOW, lambda _: ())
    assert found.workflow is FLOW
    assert found.validation == {"bundle_version": 1, "plan_id": "p", "plan_revision": 3, "compatible": True, "problems": []}


def test_the_plan_goes_one_revision_on_and_the_stored_one_stays_as_it_is() -> None:
    metadata = {"plan_package": {"plan_revision": True, "workflow": {}}, "plan_package_bundle": {"plan": dict(PLAN)}}
    flow = evolve(FLOW, metadata=metadata)
    assert next_plan(flow).metadata == {
        "plan_package": {"plan_revision": True},
        "plan_package_bundle": {"plan": PLAN | {"plan_revision": 4}},
    }
    assert metadata["plan_package_bundle"] == {"plan": PLAN}
    assert next_plan(evolve(FLOW, metadata={"plan_package_bundle": "text"})).metadata == {"plan_package_bundle": "text"}


@pytest.mark.parametrize(
    ("node_id", "kind", "paths"),
    [
        ("a", "prompt_patch", ["nodes.a.instructions"]), ("last", "prompt_patch", ["finally.last.instructions"]),
        ("b", "prompt_patch", []), ("gone", "prompt_patch", []), ("a", "graph_patch", []),
    ],
    ids=["agent", "in finally", "shell", "no node", "graph"],
)  # fmt: skip
def test_the_agent_that_keeps_failing_is_told_and_nobody_else(node_id: str, kind: Any, paths: list[str]) -> None:
    one = evolve(learning(kind), learning_id="x", node_id=node_id, summary="mind\n{{ this }}")
    made, changes = draft(evolve(FLOW, metadata={HISTORY: [1]}), one, "session", 7)
    assert [change["path"] for change in changes] == paths
    assert all(change["after"].endswith("\n\nFrom earlier runs: mind { { this }}") for change in changes)
    assert made.metadata[HISTORY] == [1, {
        "learning_id": "x", "session_id": "session", "kind": kind, "fingerprint": "f", "drafted_at_ms": 7,
    }]  # fmt: skip
    if not paths:
        assert (made.nodes, made.finally_) == (FLOW.nodes, FLOW.finally_)


def test_a_history_that_is_none_is_begun_anew() -> None:
    made, _ = draft(evolve(FLOW, metadata={HISTORY: "?"}), learning(), "session", 7)
    assert len(made.metadata[HISTORY]) == 1


@pytest.mark.parametrize(
    ("summary", "given", "expected"),
    [
        (" s ", None, "s"), ("x" * 61, None, "x" * 60 + "..."), ("x" * 60, " ", "x" * 60), (" ", None, "Revision from prompt_patch"),
        ("s", " t ", "t"),
    ],
    ids=["summary", "long", "just so", "blank", "given"],
)  # fmt: skip
def test_the_title_is_the_given_one_else_the_beginning_of_the_summary(summary: str, given: str | None, expected: str) -> None:
    assert title(evolve(learning(), summary=summary), given) == expected


def test_notes_are_blocks_with_labels() -> None:
    blocks = notes(evolve(learning(), learning_id="x", run_ids=("r1", "r2"))).split("\n\n")
    assert [block.partition(":")[0] for block in blocks[1:]] == ["Summary", "Fingerprint", "Affected runs", "Evidence", "Constraint"]


def test_agents_in_groups_are_told_too() -> None:
    inner = Node("deep", Agent("writer", "Write."))
    flow = Workflow("w", (Node("g", Group((Node("h", Group((inner,))),))),))
    made, changes = draft(flow, evolve(learning("prompt_patch"), node_id="deep", summary="mind"), "session", 7)
    assert changes == [{"path": "nodes.g.h.deep.instructions", "before": "Write.", "after": "Write.\n\nFrom earlier runs: mind"}]
    assert evolve(made, metadata={}) != flow

"""What endings give rise to."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import pytest

from actors.learning.generate import generate
from actors.learning.record import Learning, RunFacts, Status
from actors.learning.texts import digest
from actors.workflow.spec import Workflow
from tests.actors.learning.made import R, failed, learn, ran, workflow
from tests.actors.learning.test_derive import F

S = f"Node `node-1` keeps failing: {R}"


def made(run: RunFacts, *older: RunFacts, existing: Sequence[Learning] = (), w: Workflow | None = None) -> list[Learning]:
    return generate(w or workflow(), run, [run, *older], existing, 99)


def test_a_clean_run_is_a_fact() -> None:
    output = {"status": "completed", "summary": "Final report written", "path": "artifacts/final-report.md"}
    [found] = made(ran("run-1", ("node-1", output), completed_nodes=("node-1",)))
    assert (found.kind, found.confidence, found.status, found.summary) == ("memory_fact", 0.65, "proposed", "node-1: Final report written")
    assert found.fingerprint == digest("wf-1", "memory_fact", "node 1 final report written")
    assert (found.source_run_id, found.run_ids, found.created_at_ms, found.updated_at_ms) == ("run-1", ("run-1",), 99, 99)
    assert found.proposed_memory_payload == {"content": found.summary, "classification": "working_memory"}
    assert (found.artifact_refs, found.node_id, found.needs_plan_bundle) == (("artifacts/final-report.md",), None, False)
    assert found.evidence_refs[0]["completed_nodes"] == ["node-1"]


def test_no_fact_from_what_was_not_clean_or_says_nothing() -> None:
    warned = {"status": "completed", "summary": "s", "validator_summary": {"outcome": "accepted_with_warnings"}}
    assert made(ran("r", ("a", warned))) == []
    assert made(ran("r", detail={"text": "é"})) == made(ran("r")) == made(ran("r", status="blocked", detail={"text": "Done well"})) == []


def test_one_failure_teaches_nothing() -> None:
    assert made(failed()) == []


def test_l73_two_failures_are_a_hint_and_a_patch() -> None:
    hint, patch = made(failed("run-2"), failed("run-1"))
    assert [(one.kind, one.confidence) for one in (hint, patch)] == [("repair_hint", 0.70), ("prompt_patch", 0.75)]
    assert hint.summary == f"{S} -> make the repair instructions more specific before the next retry"
    assert patch.summary == f"{S} -> rewrite this node's prompt and its repair instructions"
    assert (hint.fingerprint, patch.fingerprint) == (digest(F, "repair_hint"), digest(F, "prompt_patch"))
    assert hint.proposed_memory_payload == {"content": S, "kind": "repair_hint"}
    assert (patch.node_id, patch.validator_family, patch.needs_plan_bundle) == ("node-1", "researchbrief", False)
    lines = (patch.proposed_revision_prompt or "").split("\n")
    assert lines[:4] == [
        f"Failure fingerprint `{F}` keeps recurring in workflow `wf-1`.", "Wanted change: prompt_patch.",
        "Keep the parts of the workflow that already validate.", "Affected runs, newest first: run-2, run-1.",
    ]  # fmt: skip
    assert len(lines) == 5
    assert orjson.loads(lines[4].removeprefix("Evidence as JSON: ")) == list(patch.evidence_refs)


@pytest.mark.parametrize(("metadata", "needs"), [({}, True), ({"plan_package": None}, False)], ids=["L15", "L21"])
def test_three_failures_ask_for_another_flow(metadata: dict[str, object], needs: bool) -> None:
    *_, graph = made(failed("run-3"), failed("run-2"), failed("run-1"), w=workflow(metadata=metadata))
    assert (graph.kind, graph.confidence, graph.needs_plan_bundle) == ("graph_patch", 0.80, needs)
    assert graph.summary == f"{S} -> consider another flow around this node"
    lines = (graph.proposed_revision_prompt or "").split("\n")
    assert lines[1] == "Wanted change: graph_patch."
    assert lines[3] == "Possible ways: split the node, rewire what it needs, or move its gates or its validation."


@pytest.mark.parametrize(
    ("status", "node_id", "workflow_id", "many"),
    [
        ("approved", "node-1", "wf-1", 3), ("applied", "node-1", "wf-1", 3), ("rejected", "node-1", "wf-1", 2),
        ("applied", "node-2", "wf-1", 2), ("applied", "node-1", "wf-2", 2),
    ],
    ids=["approved", "applied", "rejected", "another_node", "another_workflow"],
)  # fmt: skip
def test_a_patch_in_use_that_still_fails_lowers_the_threshold(status: Status, node_id: str, workflow_id: str, many: int) -> None:
    patch = learn("prompt_patch", status, node_id=node_id, workflow_id=workflow_id)
    assert len(made(failed("run-2"), failed("run-1"), existing=[learn(), patch])) == many


def test_l18_failures_of_two_nodes_are_two() -> None:
    assert made(failed("run-2", node_id="node-2"), failed("run-1"), ran("run-0")) == []


def test_l65_a_run_that_left_the_window_counts_itself() -> None:
    hint, patch = generate(workflow(), failed("r0"), [ran("r9"), failed("r5")], [], 99)
    assert (hint.kind, patch.kind) == ("repair_hint", "prompt_patch")
    assert "newest first: r5, r0." in (patch.proposed_revision_prompt or "")


def test_a_completed_run_with_a_failure_behind_it_teaches_both() -> None:
    run = failed("run-2", ("a", {"status": "completed", "summary": "s"}), status="completed")
    assert [one.kind for one in made(run, failed("run-1"))] == ["memory_fact", "repair_hint", "prompt_patch"]

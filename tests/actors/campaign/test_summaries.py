"""What the nodes of a run say of their validation."""

from __future__ import annotations

from typing import Any

import pytest

from actors.campaign.summaries import outputs_of
from actors.run.node_state import NodeError
from tests.actors.run.table import Story

CHECKED = "a contract: {validator: research_brief}"
PLAIN = "a"
SCHEMA = "a artifact: {path: x.json, schema: said}"


def summary(node: str, **fields: Any) -> Any:
    """That of a node in such a state, or what else is there."""
    story = Story.of(node, top="schemas: {said: {type: object}}")
    for name, value in fields.items():
        setattr(story.state.nodes["a"], name, value)
    found = outputs_of(story.state).get("a")
    return found.get("validator_summary", found) if isinstance(found, dict) else found


OWN = {"validator_summary": {"outcome": "accepted"}}
FAILED = NodeError("agent_output_invalid", "", "", 0)


@pytest.mark.parametrize(
    ("node", "fields", "expected"),
    [
        (PLAIN, {"status": "completed", "output": OWN}, OWN["validator_summary"]),
        (PLAIN, {"status": "completed", "output": "text"}, "text"),
        (PLAIN, {"status": "completed"}, None),
        (CHECKED, {"status": "pending"}, None),
        (CHECKED, {"status": "skipped", "skip_reason": "condition_not_met"}, None),
        (CHECKED, {"status": "completed", "output": "text"}, {"outcome": "passed", "unmet_requirements": []}),
        (CHECKED, {"status": "completed", "output": {"x": 1}}, {"outcome": "passed", "unmet_requirements": []}),
        (SCHEMA, {"status": "completed"}, {"outcome": "passed", "unmet_requirements": []}),
        (
            CHECKED, {"status": "completed", "verdicts": [(1, 1, "node_completed_with_warnings")]},
            {"outcome": "accepted_with_warnings", "unmet_requirements": []},
        ),
        (CHECKED, {"status": "completed", "verdicts": [(1, 1, "node_completed")]}, {"outcome": "passed", "unmet_requirements": []}),
        (CHECKED, {"status": "failed", "error": FAILED}, {"outcome": "failed", "unmet_requirements": ["agent_output_invalid"]}),
        (CHECKED, {"status": "skipped", "skip_reason": "on_fail_continue"}, {"outcome": "failed", "unmet_requirements": []}),
        (CHECKED, {"status": "failed", "finding": "blocked"}, {"outcome": "blocked", "unmet_requirements": []}),
    ],
    ids=[
        "own", "unchecked", "silent", "pending", "not-met", "passed", "passed-with-output", "schema", "warned", "no-warning", "failed",
        "tolerated", "blocked",
    ],
)  # fmt: skip
def test_a_summary_is_the_nodes_own_or_what_became_of_it(node: str, fields: dict[str, Any], expected: Any) -> None:
    assert summary(node, **fields) == expected


@pytest.mark.parametrize(
    ("confidence", "keys", "outcome", "unmet"),
    [
        (90, "", "passed", []),
        (10, ", on_fail: continue", "failed", ["quality_gate_failed"]),
        (10, "", "failed", ["quality_below_threshold"]),
    ],
    ids=["passed", "tolerated", "failed"],
)
def test_a_quality_gate_is_one_of_the_things_that_are_measured(confidence: int, keys: str, outcome: str, unmet: list[str]) -> None:
    story = Story.begun("src", f"q gate: quality, needs: [src], source: src, threshold: 50{keys}")
    story.ok("src", {"confidence": confidence})
    assert outputs_of(story.state)["q"]["validator_summary"] == {"outcome": outcome, "unmet_requirements": unmet}


def test_a_gate_of_people_measures_nothing() -> None:
    story = Story.begun("src", "q gate: human_approval, needs: [src]")
    story.ok("src", "text")
    assert "q" not in outputs_of(story.state)

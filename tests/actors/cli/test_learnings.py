"""`penstock learning`: what it asks and prints; and what `penstock show` says of a run's share in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.actors.cli.conftest import Penstock
from tests.actors.cli.world import World

BEFORE = {
    "sample_size": 4, "completion_rate": 0.75, "validation_pass_rate": 0.5, "mean_attempts_per_node": 1.5, "repairable_failure_rate": 0.0,
    "median_wall_clock_ms": 61_000, "human_intervention_count": 1, "computed_at_ms": 5,
}  # fmt: skip
NOW = BEFORE | {"sample_size": 9, "completion_rate": 1.0}
ONE: dict[str, Any] = {
    "learning_id": "x", "kind": "prompt_patch", "status": "proposed", "summary": "Cite \u202e sources", "workflow_id": "w",
    "project_id": "p", "confidence": 0.75, "node_id": "a", "node_kind": "test", "validator_family": None, "run_ids": ["r1", "r2"],
    "updated_at_ms": 1000, "needs_plan_bundle": True, "proposed_revision_prompt": "One.\nTwo.",
    "evidence_refs": [{"run_id": f"r{n}"} for n in range(7)],
    "baseline_before": BEFORE, "latest_observed_metrics": None,
}  # fmt: skip
BARE = ONE | {
    "node_id": None,
    "run_ids": [],
    "needs_plan_bundle": False,
    "proposed_revision_prompt": None,
    "evidence_refs": [],
    "status": "applied",
}
UNMEASURED = BARE | {"baseline_before": None}
PAGE: dict[str, Any] = {
    "learning": ONE,
    "metrics": NOW,
    "memories": [],
    "revision": None,
    "verification": None,
    "counts": {"runs": 2, "evidence": 7},
}
BARE_PAGE = PAGE | {"learning": UNMEASURED, "counts": {"runs": 0, "evidence": 0}}
METRICS = {"workflow_id": "w", "metrics": NOW, "learnings": [BARE], "policy": {}, "warnings": [{"message": "learning.x is bad"}]}
LISTED = {"learnings": [ONE | {"runs": 2, "evidence": 7}], "count": 1, "unreadable": []}
ASKED: list[tuple[list[str], str, dict[str, Any], list[str]]] = [
    (["ls", "w", "--status", "Proposed", "--kind", "prompt_patch"], "learning_list", LISTED, ["0.75", "Cite \\u202e sources"]),
    (["ls"], "learning_list", {"learnings": [], "count": 0, "unreadable": []}, ["No learnings."]),
    (
        ["show", "x"], "learning_get", PAGE,
        [
            "  node a, stage test", "  from 2 runs: r1, r2", "plan_package_bundle or plan_package", "Proposed:\n  One.\n  Two.",
            'Evidence (7, the last 5):\n  {"run_id": "r2"}', "  completed          75.0%    100.0%", "learning review x approve",
        ],
    ),
    (["show", "x"], "learning_get", BARE_PAGE, ["  from 0 runs\n", "  completed         100.0%\n"]),
    (["metrics", "w"], "learning_metrics", METRICS, ["w: its newest runs", "before       now", "Warning: learning.x is bad"]),
    (["review", "x", "approve", "--note", "so"], "learning_review", {"ok": True, "learning": BARE}, ["x: applied  Cite"]),
]  # fmt: skip


@pytest.mark.parametrize(("words", "method", "answer", "said"), ASKED, ids=["ls", "ls_none", "show", "show_bare", "metrics", "review"])
def test_a_command_asks_its_method_and_prints_for_people_or_as_json(
    world: World, penstock: Penstock, words: list[str], method: str, answer: dict[str, Any], said: list[str]
) -> None:
    world.runtime.answers[method] = answer
    plain, as_json = penstock("learning", *words), penstock("learning", *words, "--json")
    assert plain.exit_code == as_json.exit_code == 0, plain.output
    assert [one for one in said if one not in plain.output] == [], plain.output
    assert json.loads(as_json.output) in (answer, answer.get("learnings"))


def test_what_was_given_is_asked_and_what_cannot_be_read_is_told(world: World, penstock: Penstock) -> None:
    world.runtime.answers["learning_list"] = LISTED | {"unreadable": ["other"]}
    told = penstock("learning", "ls", "w", "--project", "p", "--limit", "3")
    assert "warning: the learnings of other cannot be read" in told.output
    world.runtime.answers["learning_review"] = {"ok": True, "learning": BARE}
    penstock("learning", "review", "x", "reject", "--reviewer", "anna", "--request-id", "q")
    (_, asked, _, _), (_, said, _, request) = world.runtime.calls
    assert (asked.workflow_id, asked.project_id, asked.status, asked.limit) == ("w", "p", None, 3)
    assert (said.learning_id, said.action, said.reviewer_id, request.request_id) == ("x", "reject", "anna", "q")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [('{"learning_id": "x"}', 0, "x: applied"), ("{", 2, "is no JSON"), ("[]", 2, "holds no object, but list")],
    ids=["put", "no_json", "list"],
)  # fmt: skip
def test_a_learning_is_put_from_a_file(world: World, penstock: Penstock, tmp_path: Path, text: str, code: int, said: str) -> None:
    world.runtime.answers["learning_put"] = {"ok": True, "learning": BARE}
    (tmp_path / "one.json").write_text(text)
    told = penstock("learning", "put", str(tmp_path / "one.json"))
    assert (told.exit_code, said in told.output) == (code, True), told.output


def test_a_run_says_what_it_was_told_and_what_it_taught(world: World, penstock: Penstock) -> None:
    world.run["learning_summary"] = {"injected_learning_ids": ["x", "y"], "generated_learning_ids": ["z"]}
    told = penstock("show", "r")
    assert "  told of: x, y\n  taught: z\n" in told.output

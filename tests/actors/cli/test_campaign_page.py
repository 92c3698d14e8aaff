"""What `penstock campaign show` says."""

from __future__ import annotations

from typing import Any

import pytest

from actors.cli.campaign_page import campaign_page

RATES = {"artifact_validator_pass_rate": 0.5, "unmet_requirement_count": 2.0, "blocked_node_rate": 0.0, "budget_within_limits": True}
CAMPAIGN: dict[str, Any] = {
    "campaign_id": "c", "name": "C", "status": "running", "source_workflow_id": "w", "updated_at_ms": 0, "spent_tokens": 5,
    "spent_cost_usd": 0.5, "baseline_replays": [1], "pending_baseline_run_ids": ["run-1"], "baseline_snapshot_hash": "h",
    "started_at_ms": 1,
}  # fmt: skip
TEXT = {"summary": "n objective: delta_chars=9", "before": "Write a note.", "after": "Write a short note."}
WINNER: dict[str, Any] = {
    "experiment_id": "e", "status": "promotion_approved", "candidate_snapshot_hash": "h", "baseline_metrics": RATES,
    "phase1_metrics": {**RATES, "artifact_validator_pass_rate": 1.0}, "promotion_decision": {"reason": "candidate_clearly_better"},
    "metadata": {"mutation": TEXT, "pairs": [{"outcome": "won"}, {"outcome": "tied"}]},
}  # fmt: skip


def page(campaign: dict[str, Any], *experiments: dict[str, Any]) -> list[str]:
    return list(campaign_page(CAMPAIGN | campaign, experiments))


def test_a_candidate_stands_beside_the_baseline_that_it_was_compared_with() -> None:
    found = page({"baseline_metrics": {**RATES, "artifact_validator_pass_rate": 1.0}}, WINNER)
    assert "  baseline 100.0% passed, 2 unmet, 0.0% blocked, from 1 replay" in found
    assert found[7:13] == [
        "e  promotion_approved  candidate_clearly_better", "              baseline  candidate", "  passed         50.0%     100.0%",
        "  unmet              2          2", "  blocked         0.0%       0.0%", "  2 pairs: 1 won, 0 lost, 1 tied",
    ]  # fmt: skip
    assert found[13:16] == ["  n objective: delta_chars=9", "    - Write a note.", "    + Write a short note."]


def test_of_a_number_the_summary_is_enough_and_a_failure_says_why() -> None:
    knob = {"summary": "n timeout_ms: 1 -> 2 (+1)", "before": 1, "after": 2}
    failed = {"experiment_id": "e", "status": "failed", "candidate_snapshot_hash": "x"}
    found = page({}, failed | {"metadata": {"mutation": knob, "eval_failure": {"run_id": "run-2", "reason": "run_not_found"}}})
    assert found[-3:] == ["e  failed", "  run run-2: run_not_found", "  n timeout_ms: 1 -> 2 (+1)"]


@pytest.mark.parametrize(
    ("campaign", "experiments", "last"),
    [
        ({"status": "draft", "started_at_ms": None}, [], "Begin: penstock campaign start c"),
        ({"status": "paused_budget"}, [], "Go on: penstock campaign resume c"),
        ({"pending_promotion_experiment_id": "e"}, [], "Decide: penstock campaign approve c e   (or reject)"),
        ({}, [WINNER], "Put it into the live workflow: penstock campaign apply c e"),
        ({}, [], "  measured now: run-1"),
    ],
    ids=["draft", "paused", "winner", "approved", "running"],
)
def test_the_page_ends_with_what_can_be_done(campaign: dict[str, Any], experiments: list[dict[str, Any]], last: str) -> None:
    whole = {name: value for name, value in (CAMPAIGN | campaign).items() if value is not None}
    assert list(campaign_page(whole, experiments))[-1] == last

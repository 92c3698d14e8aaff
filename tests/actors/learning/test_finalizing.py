"""What endings teach, one after the other."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.learning.policy import Policy
from actors.learning.record import Learning, Metrics, RunFacts
from tests.actors.learning.paper import Desk, R, W, failed, learning, metrics, passed

REPORT = {"status": "completed", "summary": "Final report written", "path": "artifacts/final-report.md"}


def in_use(status: Any, learning_id: str = "x", **more: Any) -> Learning:
    return evolve(learning(fingerprint=learning_id, **more), learning_id=learning_id, status=status)


def test_l06_a_clean_run_yields_one_fact() -> None:
    desk = Desk()
    found = desk.ends(passed("r1", REPORT, completed_nodes=("node-1",)))
    [one] = desk.learnings
    assert (one.kind, one.status, one.confidence, one.summary) == ("memory_fact", "proposed", 0.65, "node-1: Final report written")
    assert (len(one.evidence_refs[0]["completed_nodes"]), len(one.artifact_refs)) == (1, 1)
    assert found.generated_learning_ids == (one.learning_id,)
    assert [(one.decision, one.reason_code) for one in found.decisions] == [("require_human_review", "auto_apply_disabled")]


def test_l07_a_run_with_warnings_yields_none() -> None:
    desk = Desk()
    found = desk.ends(passed("r1", REPORT | {"validator_summary": {"outcome": "accepted_with_warnings"}}))
    assert desk.learnings == []
    assert found.post_run_metrics is not None
    told = found.post_run_metrics
    assert (told.sample_size, told.completion_rate, told.validation_pass_rate) == (1, 1.0, 0.0)


@pytest.mark.parametrize(
    ("detail", "summaries"), [({"text": "Done well"}, ["Done well"]), ({"code": "run_completed"}, []), (None, [])],
    ids=["L08 text", "L09 code", "L09 nothing"],
)  # fmt: skip
def test_without_outputs_the_words_of_the_run_count(detail: dict[str, Any] | None, summaries: list[str]) -> None:
    desk = Desk()
    found = desk.ends(passed("r1", detail=detail))
    assert [one.summary for one in desk.learnings] == summaries
    assert found.post_run_metrics is not None
    assert found.post_run_metrics.sample_size == 1


def test_l13_l14_l15_the_second_failure_yields_a_hint_and_a_patch_the_third_another_flow() -> None:
    desk = Desk()
    assert desk.ends(failed("r1")).generated_learning_ids == ()
    output = {
        "path": "out.md", "artifact_validation": {"path": "out.md", "rejected_artifact_reason": "no sources"},
        "validator_summary": {"outcome": "failed", "reason": "unsupported citations", "repair_attempt": 2},
        "attempt_evidence": {"receipt_ledger": {"path": "l.jsonl"}, "forensic_record_path": "f.json"},
        "receipt_timeline": [{"path": "l.jsonl"}],
    }  # fmt: skip
    desk.ends(failed("r2", node_attempts={"node-1": 2}, node_outputs=(("node-1", output),)))
    assert [(one.kind, one.confidence) for one in desk.learnings] == [("repair_hint", 0.70), ("prompt_patch", 0.75)]
    [evidence] = desk.learnings[0].evidence_refs
    shown = evidence["node_output"]
    assert (evidence["node_attempts"], shown["validator_failure"]["reason"]) == (2, "unsupported citations")
    assert (shown["repair_state"]["repair_attempt"], shown["artifact_validation_summary"]["rejected_artifact_reason"]) == (2, "no sources")
    assert [(one["kind"], one["path"]) for one in shown["forensic_receipts"]] == [
        ("receipt_ledger", "l.jsonl"),
        ("forensic_record", "f.json"),
    ]
    assert (len(shown["receipt_timeline"]), len(desk.learnings[0].artifact_refs)) == (1, 1)
    found = desk.ends(failed("r3"))
    assert desk.kinds_known() == ["repair_hint", "prompt_patch", "graph_patch"]
    assert desk.kinds == ["proposed", "proposed", "merged", "merged", "proposed"]
    assert (desk.learnings[2].confidence, desk.learnings[2].needs_plan_bundle, len(found.generated_learning_ids)) == (0.80, True, 3)
    assert [one.reason_code for one in found.decisions][-1] == "structural_change_requires_human"
    assert desk.learnings[0].run_ids == ("r2", "r3")


@pytest.mark.parametrize(
    "runs", [[failed("r1"), failed("r2", node_id="node-2")], [failed("r1", "!!!"), failed("r2", "!!!")]], ids=["L18 nodes", "L19 no words"]
)
def test_failures_that_are_not_alike_yield_none(runs: list[RunFacts]) -> None:
    desk = Desk()
    for run in runs:
        desk.ends(run)
    assert desk.learnings == []


def test_l21_a_plan_in_the_metadata_is_enough() -> None:
    desk = Desk(evolve(W, metadata={"plan_package": None}))
    for number in range(3):
        desk.ends(failed(f"r{number}"))
    assert desk.learnings[2].needs_plan_bundle is False


def test_an_approved_patch_that_does_not_help_asks_for_another_flow_at_once() -> None:
    desk = Desk(known=[in_use("approved", node_id="node-1")])
    desk.ends(failed("r1"))
    desk.ends(failed("r2"))
    assert "graph_patch" in desk.kinds_known()


@pytest.mark.parametrize("status", ["applied", "approved"])
def test_l39_l41_an_applied_learning_regresses_after_three_worse_runs_an_approved_one_never(status: Any) -> None:
    desk = Desk(known=[in_use(status, baseline_before=metrics(5, at_ms=1_000))])
    seen = []
    for number in range(3):
        desk.ends(failed(f"r{number}", f"reason {'abc'[number]}", at_ms=desk.now + 500))
        one = desk.book.learnings["x"]
        assert one.latest_observed_metrics is not None
        seen.append((one.status, one.latest_observed_metrics.sample_size))
    assert seen == [(status, 1), (status, 2), ("regressed" if status == "applied" else status, 3)]
    regressed = [fact for fact in desk.facts if type(fact).kind.endswith("regressed")]
    told = [(fact.learning_kind, fact.reason_code, fact.post_apply_count) for fact in regressed]
    assert told == ([("prompt_patch", "completion_rate_regressed", 3)] if status == "applied" else []), "L61"


def test_l40_it_stays_applied_while_runs_pass() -> None:
    desk = Desk(known=[in_use("applied", baseline_before=metrics(5, at_ms=1_000))])
    for number in range(3):
        desk.ends(passed(f"r{number}", at_ms=desk.now + 500))
    one = desk.book.learnings["x"]
    assert one.latest_observed_metrics is not None
    assert (one.status, one.latest_observed_metrics.sample_size, one.latest_observed_metrics.completion_rate) == ("applied", 3, 1.0)


def test_l43_a_proposed_fact_is_applied_when_there_is_enough_behind_it() -> None:
    desk = Desk(policy=Policy(auto_apply=True, min_confidence=0.6))
    codes = [desk.ends(passed(f"r{number}", REPORT, at_ms=desk.now + 500)).decisions[0].reason_code for number in range(5)]
    assert codes == ["insufficient_evidence"] * 4 + ["thresholds_met"]
    [one] = desk.learnings
    assert one.baseline_before is not None
    assert (one.status, one.baseline_before.sample_size, desk.kinds.count("auto_applied")) == ("applied", 5, 1)
    applied = next(fact for fact in desk.facts if type(fact).kind.endswith("auto_applied"))
    assert (applied.learning_kind, applied.confidence) == ("memory_fact", 0.65)
    assert one.latest_observed_metrics is not None, "it is measured at once"


def test_l65_a_slow_run_counts_though_fifty_newer_ones_were_made() -> None:
    desk = Desk()
    window = [failed("r9"), *(passed(f"n{number}") for number in range(49))]
    found = desk.ends(failed("r0"), window)
    assert desk.kinds_known() == ["repair_hint", "prompt_patch"]
    prompt = desk.learnings[1].proposed_revision_prompt
    assert prompt is not None
    assert prompt.split("\n")[3] == "Affected runs, newest first: r9, r0."
    assert found.post_run_metrics is not None
    assert found.post_run_metrics.sample_size == 50


def test_l67_measuring_leaves_the_time_of_change_alone() -> None:
    known = [in_use("approved", name, baseline_before=Metrics(), updated_at_ms=at) for name, at in (("y", 20), ("x", 10))]
    desk = Desk(known=known)
    desk.ends(passed("r1"))
    assert [one.updated_at_ms for one in desk.learnings] == [20, 10]
    assert [fact.learning_ids for fact in desk.facts] == [("x", "y")]


def test_nothing_is_measured_that_nobody_has_approved() -> None:
    desk = Desk(known=[in_use("rejected", baseline_before=Metrics()), in_use("applied", "no baseline")])
    desk.ends(failed("r1", R))
    assert desk.facts == []

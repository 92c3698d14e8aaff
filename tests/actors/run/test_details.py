"""The facts about how an output under a contract came to be, and what the output's own words are taken for."""

from __future__ import annotations

from typing import Any

import pytest

from actors.entity import Fact
from actors.run.details import MOST_CANDIDATES, details_of
from actors.run.findings import LONGEST_REASON, Finding, finding_of
from tests.actors.run.table import Story


def told(output: Any, contract: str = " contract: {kind: report}") -> list[Fact]:
    story = Story.begun(f"a{contract}")
    return list(details_of(story.state, "a", output, finding_of(story.state, "a", output)))


def kinds(output: Any) -> list[str]:
    return [fact.kind for fact in told(output)]


CHANGED = "workflow_state_changed"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({}, [CHANGED]),
        ("text", []),
        ({"artifact_validation": {"candidates": ["a.md", "b.md"]}}, [CHANGED, *["artifact_candidate_written"] * 2]),
        ({"artifact_validation": {"candidates": "a.md"}}, [CHANGED]),
        ({"artifact_validation": "no"}, [CHANGED]),
        ({"artifact_validation": {"accepted": True}}, [CHANGED, "artifact_accepted"]),
        ({"artifact_validation": {"rejected": True}}, [CHANGED, "artifact_rejected"]),
        ({"rejected_artifact_reason": "empty"}, [CHANGED, "artifact_rejected"]),
        ({"artifact_validation": {"repair_attempted": True, "repair_succeeded": True}}, [CHANGED, "repair_started"]),
        ({"artifact_validation": {"repair_attempted": True}}, [CHANGED, "repair_started", "repair_exhausted"]),
        ({"workflow_class": "research", "validator_summary": {"unmet_requirements": ["x"]}}, [CHANGED, "research_coverage_failed"]),
        ({"workflow_class": "research"}, [CHANGED]),
        ({"validator_summary": {"unmet_requirements": ["x"]}}, [CHANGED]),
        ({"verification_expected": True}, [CHANGED, "verification_started", "verification_passed"]),
        ({"verification_expected": True, "status": "verify_failed"}, [CHANGED, "verification_started", "verification_failed"]),
    ],
)
def test_each_step_that_the_output_tells_of_is_a_fact(output: Any, expected: list[str]) -> None:
    assert kinds(output) == expected


def test_all_of_them_come_in_one_order() -> None:
    validation = {"candidates": ["x"], "accepted": True, "rejected": True, "repair_attempted": True}
    output = {
        "verification_expected": True, "artifact_validation": validation, "workflow_class": " research ", "status": "verify_failed",
        "validator_summary": {"unmet_requirements": ["x"]},
    }  # fmt: skip
    assert kinds(output) == [
        CHANGED, "artifact_candidate_written", "artifact_accepted", "artifact_rejected", "repair_started", "repair_exhausted",
        "research_coverage_failed", "verification_started", "verification_failed",
    ]  # fmt: skip


def test_without_a_contract_nothing_is_told() -> None:
    assert told({"artifact_validation": {"accepted": True}}, contract="") == []


def test_a_fact_carries_what_the_output_says_cut_to_a_size() -> None:
    output = {
        "workflow_class": " ", "phase": " draft ", "status": "Done", "summary": "s" * 600, "blocked_reason": "r" * 600,
        "failure_kind": " slow ", "artifact_validation": {"candidates": ["p" * 600, *range(30)]},
    }  # fmt: skip
    changed, *candidates = told(output)
    about: Any = changed
    assert (about.node_id, about.attempt, about.contract_kind, about.workflow_class) == ("a", 1, "report", "artifact")
    assert (about.phase, about.status, len(about.summary), len(about.reason), about.failure_kind) == ("draft", "Done", 500, 500, "slow")
    paths: list[Any] = list(candidates)
    assert (len(paths), len(paths[0].path), paths[1].path) == (MOST_CANDIDATES, 500, "0")


def test_they_stand_before_the_fact_that_ends_the_attempt() -> None:
    story = Story.begun("a contract: {kind: report}")
    seq = story.state.seq
    assert story.ok("a", {"artifact_validation": {"accepted": True}}) == [
        CHANGED, "artifact_accepted", "done a", "run_completed",
    ]  # fmt: skip
    assert story.state.seq == seq + 4
    everything = {
        "artifact_validation": {"candidates": ["x"], "rejected": True, "repair_attempted": True}, "workflow_class": "research",
        "validator_summary": {"unmet_requirements": ["x"]}, "verification_expected": True,
    }  # fmt: skip
    again = Story.begun("a contract: {kind: report}")
    again.ok("a", everything)
    assert (again.state.status, again.state.nodes["a"].output) == ("completed", everything)


@pytest.mark.parametrize(
    ("output", "finding"),
    [
        ("x", Finding()),
        ({"status": 7}, Finding()),
        ({"status": "unheard"}, Finding()),
        ({"status": " Needs_Repair ", "summary": "s"}, Finding("needs_repair", reason="s")),
        ({"semantic_block_reason": "b", "summary": "s"}, Finding(reason="b")),
        ({"rejected_artifact_reason": "c", "blocked_reason": " ", "summary": "s"}, Finding(reason="c")),
        ({"summary": "s" * (LONGEST_REASON + 1)}, Finding(reason="s" * LONGEST_REASON)),
        ({"approved": "yes"}, Finding()),
        ({"approved": True}, Finding(approved=True)),
        ({"blocker_category": " net "}, Finding(category="net")),
        ({"validator_summary": {"unmet_requirements": ["a", 1, "b"], "warning_count": -1}}, Finding(unmet=("a", "b"))),
        ({"validator_summary": {"warning_count": 3}}, Finding(warnings=3)),
        ({"validator_summary": [], "artifact_validation": {"repair_exhausted": "yes"}}, Finding()),
        ({"artifact_validation": {"repair_exhausted": True}, "failure_kind": "k"}, Finding(exhausted=True, failure_kind="k")),
    ],
)
def test_what_an_output_says_of_itself(output: Any, finding: Finding) -> None:
    assert finding_of(Story.begun("a contract: {kind: report}").state, "a", output) == finding


def test_a_schema_is_a_second_judge_of_what_calls_itself_done() -> None:
    story = Story.begun("a contract: {kind: report, schema: s}", top="schemas: {s: {type: object, required: [n]}}")
    unfit = finding_of(story.state, "a", {"summary": "as I see it", "validator_summary": {"unmet_requirements": ["x"]}})
    assert (unfit.word, unfit.unmet, unfit.reason) == ("needs_repair", ("x", "output_schema_invalid"), "as I see it")
    assert (unfit.schema_broken, finding_of(story.state, "a", {"n": 1}).schema_broken) == (True, False)
    assert not finding_of(story.state, "a", {"status": "blocked"}).schema_broken, "it does not call itself done"

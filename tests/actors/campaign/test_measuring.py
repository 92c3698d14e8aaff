"""What runs are worth, when a baseline is known, and which candidate is better."""

from __future__ import annotations

from typing import Any

import pytest

from actors.campaign.baseline import due, establish
from actors.campaign.declined import Declined
from actors.campaign.measuring import Measured, case_outcomes, metrics_of
from actors.campaign.promotion import compare
from actors.campaign.records import Decision, Metrics
from tests.actors.campaign.table import BUDGET, EVAL, metrics, replay


def summary(outcome: Any, *unmet: str) -> dict[str, Any]:
    return {"validator_summary": {"outcome": outcome, "unmet_requirements": list(unmet)}}


def run(outputs: dict[str, Any], **more: Any) -> Measured:
    given: dict[str, Any] = {"blocked_nodes": 0, "tokens": 100, "cost_usd": 0.5, "unpriced": False, "execution_ms": 8000, **more}
    return Measured(outputs, **given)


def declined(call: Any, *args: Any) -> Declined:
    with pytest.raises(Declined) as error:
        call(*args)
    assert error.value.message
    return error.value


@pytest.mark.parametrize(
    ("base", "candidate", "decision"),
    [
        (metrics(0.7, 2, 0.1), metrics(0.8, 3, 0.1), Decision("promote", "candidate_pass_rate_improved")),
        (metrics(0.8, 2, 0.1), metrics(0.8, 1, 0.1), Decision("promote", "candidate_unmet_count_improved")),
        (metrics(0.8, 2, 0.1), metrics(0.9, 1, 0.2), Decision("discard", "candidate_blocked_rate_increased")),
        (metrics(0.8, 2, 0.1), metrics(1.0, 0, 0.0, within=False), Decision("discard", "candidate_over_budget")),
        (metrics(0.8, 2, 0.1), metrics(0.8, 2, 0.1), Decision("discard", "candidate_not_better")),
        (metrics(0.8, 2, 0.1), metrics(0.7, 0, 0.0), Decision("discard", "candidate_not_better")),
    ],
    ids=["O16", "O17", "O18", "O19", "equal", "worse"],
)
def test_a_candidate_is_compared_with_its_baseline(base: Metrics, candidate: Metrics, decision: Decision) -> None:
    assert compare(base, candidate) == decision


def test_o20_the_baseline_is_the_mean_of_its_replays() -> None:
    assert establish([replay(0.8, 1, 0.0), replay(0.84, 2, 0.02)], EVAL) == Metrics(0.82, 1.5, 0.01, budget_within_limits=True)


@pytest.mark.parametrize(
    ("first", "second", "rate"), [(0.8, 0.9, None), (1.0, 0.95, 0.975), (0.80, 0.85, 0.825), (1.0, 0.949, None)],
    ids=["O21-far", "O21-exactly", "O21-exactly-too", "O21-beyond"],
)  # fmt: skip
def test_o21_replays_may_differ_by_exactly_a_twentieth(first: float, second: float, rate: float | None) -> None:
    replays = [replay(first), replay(second)]
    if rate is None:
        error = declined(establish, replays, EVAL)
        assert (error.code, error.data["metric"]) == ("baseline_drift_exceeded", "artifact_validator_pass_rate")
    else:
        assert establish(replays, EVAL).artifact_validator_pass_rate == rate


def test_only_the_last_replays_count_and_all_must_be_sound() -> None:
    assert declined(establish, [replay(1.0)], EVAL).data == {"required": 2, "found": 1}
    assert declined(establish, [replay(1.0), replay(1.0, within=False)], EVAL).code == "baseline_over_budget"
    assert declined(establish, [replay(1.0), replay(1.0, blocked=0.06)], EVAL).data["metric"] == "blocked_node_rate"
    assert establish([replay(0.1, within=False), replay(1.0), replay(1.0)], EVAL).artifact_validator_pass_rate == 1.0


def test_cases_that_come_out_differently_are_flaky() -> None:
    ten = {f"n{at}": "passed" for at in range(10)}
    one_flaky = [replay(1.0, cases=ten), replay(1.0, cases={**ten, "n0": "failed"})]
    assert establish(one_flaky, EVAL).artifact_validator_pass_rate == 1.0
    two_flaky = [one_flaky[0], replay(1.0, cases={**ten, "n0": "failed", "n1": "failed"})]
    assert declined(establish, two_flaky, EVAL).data == {"flaky": 2, "cases": 10}
    assert establish([replay(1.0, cases={"a": "passed"}), replay(1.0)], EVAL).unmet_requirement_count == 0


def test_o23_metrics_of_a_run() -> None:
    outputs = {"n1": summary("passed"), "n2": summary("blocked", "a", "b"), "n3": "text", "n4": {"validator_summary": []}}
    assert metrics_of(run(outputs, blocked_nodes=1), BUDGET, 1) == Metrics(0.5, 2.0, 1.0, budget_within_limits=True)
    assert case_outcomes(outputs) == {"n1": "passed", "n2": "blocked"}


def test_o66_outcomes_are_trimmed_and_lower_case() -> None:
    outputs = {"node-1": summary(" Passed ")}
    assert metrics_of(run(outputs), BUDGET, 1).artifact_validator_pass_rate == 1.0
    assert case_outcomes(outputs) == {"node-1": "passed"}
    assert case_outcomes({"node-1": summary(None), "b": summary(" ")}) == {}


@pytest.mark.parametrize(
    ("more", "within"),
    [
        ({}, True), ({"tokens": 500_000}, True), ({"tokens": 500_001}, False), ({"cost_usd": 25.0}, True), ({"cost_usd": 25.01}, False),
        ({"unpriced": True}, False), ({"execution_ms": 7_200_000}, True), ({"execution_ms": 7_200_001}, False),
    ],
    ids=["small", "tokens", "tokens+1", "cost", "cost+", "unpriced", "runtime", "runtime+1"],
)  # fmt: skip
def test_limits_of_a_run_are_inclusive(more: dict[str, Any], within: bool) -> None:
    assert metrics_of(run({"n": summary("passed")}, **more), BUDGET, 1).budget_within_limits is within


def test_a_run_in_which_nothing_was_validated_cannot_be_measured() -> None:
    assert declined(metrics_of, run({"n": "text"}), BUDGET, 1).code == "run_without_validator_outputs"


def test_o24_without_replays_one_is_due_unless_one_is_under_way() -> None:
    assert due([], 0, EVAL, 0, 0) == "initial"
    assert due([], 1, EVAL, 0, 0) is None


@pytest.mark.parametrize(
    ("experiments", "now", "cause"),
    [(4, 0, None), (5, 0, "candidates"), (0, 1_799_999, None), (0, 1_800_000, "time"), (5, 1_800_000, "candidates"), (0, -5, None)],
)
def test_a_replay_is_due_after_some_candidates_or_some_time(experiments: int, now: int, cause: str | None) -> None:
    assert due([replay(1.0), replay(1.0)], 0, EVAL, experiments, now) == cause

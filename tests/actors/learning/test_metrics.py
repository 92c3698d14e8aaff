"""How runs went, in numbers, and what is made of the numbers."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.gate.record import GateRecord
from actors.learning.metrics import snapshot
from actors.learning.policy import EPS, Policy
from actors.learning.promotion import evaluate_promotion
from actors.learning.record import Decision, Metrics
from actors.learning.regression import evaluate_regression
from tests.actors.learning.made import failed, learn, metrics, ran

ON = Policy(auto_apply=True)


def decided(by: str) -> tuple[GateRecord, ...]:
    return (GateRecord("g", "g", 1, "approve", 5, by),)


def test_l23_attempts_are_counted_over_all_nodes() -> None:
    assert snapshot([ran("r1", node_attempts={"a": 1, "b": 3}), ran("r2", node_attempts={"a": 2})], 9).mean_attempts_per_node == 2.0


def test_l24_a_mixed_window() -> None:
    repair = failed("r3", ("a", {"status": "NEEDS_repair"}))
    stopped = ran("r4", status="cancelled", stop_kind="operator_stopped")
    found = snapshot([ran("r0", status="running"), ran("r1"), ran("r2"), repair, stopped], 9)
    assert (found.sample_size, found.completion_rate, found.repairable_failure_rate, found.human_intervention_count) == (4, 0.5, 0.25, 1)
    assert (found.validation_pass_rate, found.computed_at_ms) == (0.5, 9)


def test_l25_nothing_has_ended() -> None:
    assert snapshot([ran("r", status="waiting")], 9) == Metrics(computed_at_ms=9)


@pytest.mark.parametrize(
    ("by", "people"),
    [("uid:1000", 1), ("", 1), ("system", 0), ("quality_gate", 0), ("resolver:pr_checks", 0)],
    ids=["person", "nobody", "expiry", "computed", "resolver"],
)
def test_only_people_count_as_people(by: str, people: int) -> None:
    assert snapshot([ran("r", gate_history=decided(by))], 9).human_intervention_count == people


def test_the_median_is_the_upper_one() -> None:
    times: list[dict[str, Any]] = [{"started_at_ms": 10, "finished_at_ms": 10 + ms} for ms in (5, 40, 20)]
    runs = [ran(str(n), **time) for n, time in enumerate([*times, {"started_at_ms": 9, "finished_at_ms": 8}])]
    assert snapshot(runs, 9).median_wall_clock_ms == 20  # 0, 5, 20, 40
    assert snapshot([ran("r", finished_at_ms=3)], 9).median_wall_clock_ms == 0


@pytest.mark.parametrize(
    ("learning", "found", "policy", "expected"),
    [
        (learn(confidence=1.0), metrics(100, 1, 1), Policy(), "auto_apply_disabled"),
        (learn("graph_patch", confidence=1.0), metrics(100, 1, 1), ON, "structural_change_requires_human"),
        (learn("prompt_patch", confidence=1.0, needs_plan_bundle=True), metrics(100, 1, 1), Policy(), "structural_change_requires_human"),
        (learn(confidence=0.65), metrics(100, 1, 1), ON, "insufficient_confidence"),
        (learn(confidence=0.95), metrics(2, 1, 1), ON, "insufficient_evidence"),
        (learn(confidence=0.95), metrics(10, 1, 1, 1), ON, "active_human_steering"),
        (learn(confidence=0.95), Metrics(), evolve(ON, min_baseline_sample=0), "active_human_steering"),
        (learn(confidence=0.95), metrics(20, 1, 1), ON, "thresholds_met"),
        (learn(confidence=0.8), metrics(20, 1, 1), ON, "thresholds_met"),
        (learn(confidence=0.8), metrics(20, 1, 1, 5), evolve(ON, max_human_intervention_rate=0.25), "thresholds_met"),
    ],
    ids=["L26", "L27 graph", "L27 bundle", "L28", "L29", "L30", "no_sample", "L31", "L31_exactly", "rate_exactly"],
)
def test_promotion(learning: Any, found: Metrics, policy: Policy, expected: str) -> None:
    decision = evaluate_promotion(learning, found, policy)
    words = {"thresholds_met": "auto_apply", "structural_change_requires_human": "block"}
    assert (decision.reason_code, decision.decision) == (expected, words.get(expected, "require_human_review"))


def test_a_decision_names_what_it_compared() -> None:
    assert evaluate_promotion(learn(confidence=0.65), metrics(9, 1, 1), ON) == Decision(
        "require_human_review", "insufficient_confidence", "0.650 < 0.800"
    )


@pytest.mark.parametrize(
    ("baseline", "latest", "post", "verdict", "code"),
    [
        (metrics(10, 0.9, 0.9), metrics(12, 0.1, 0.1), 2, "insufficient", ""),
        (metrics(50, 0.9, 0.9), metrics(50, 0.5, 0.9), 8, "regressed", "completion_rate_regressed"),
        (metrics(9, 0.9, 0.9), metrics(9, 0.9, 0.4), 5, "regressed", "validation_pass_rate_regressed"),
        (metrics(9, 0.9, 0.9), metrics(9, 0.5, 0.4), 5, "regressed", "completion_rate_regressed"),
        (metrics(9, 0.9, 0.9), metrics(9, 0.95, 0.92), 5, "healthy", ""),
        (metrics(9, 0.9, 0.9), metrics(9, 0.9, 0.9), 5, "healthy", ""),
    ],
    ids=["L34", "L35", "L36", "L36_both", "L37", "L37_equal"],
)
def test_regression(baseline: Metrics, latest: Metrics, post: int, verdict: str, code: str) -> None:
    found = evaluate_regression(baseline, latest, post, Policy())
    assert (found.verdict, found.reason_code) == (verdict, code)


RATES = st.floats(0, 1)


@given(RATES, RATES, RATES, RATES, st.floats(EPS, 0.5))
def test_nothing_that_is_as_good_has_regressed(c: float, v: float, more_c: float, more_v: float, margin: float) -> None:
    latest = metrics(9, max(c, more_c), max(v, more_v))
    assert evaluate_regression(metrics(9, c, v), latest, 3, Policy(regression_margin=margin)).verdict == "healthy"

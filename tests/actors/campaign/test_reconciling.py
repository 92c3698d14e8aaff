"""Passes over campaigns in situations that stories seldom reach."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.campaign import events as e
from actors.campaign.actions import Asking, act
from actors.campaign.declined import Declined
from actors.campaign.measuring import Measured
from actors.campaign.records import Metrics
from tests.actors.campaign.paper import NOTHING, UNPRICED, Tale
from tests.actors.campaign.table import BUDGET, C0


def test_o31_a_candidate_of_an_older_baseline_says_nothing() -> None:
    tale = Tale().running()
    tale.newest.baseline_hash = "0" * 64
    tale.world.ends(tale.newest.eval_run_id)
    first = tale.newest
    assert tale.pass_()[0] == "experiment_failed"
    assert first.eval_failure == {"run_id": first.eval_run_id, "status": "completed", "reason": "baseline_snapshot_hash_mismatch"}


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (None, "replay_run_not_found"), ({"status": "blocked"}, "replay_run_not_completed"),
        ({"workflow_id": "x"}, "run_workflow_mismatch"), ({"snapshot_hash": None}, "run_snapshot_missing"),
        ({"snapshot_hash": "f" * 64}, "run_snapshot_mismatch"),
        ({"measured": NOTHING}, "run_without_validator_outputs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_replay_that_cannot_be_measured_is_dropped_and_stops_the_campaign(run: dict[str, Any] | None, code: str) -> None:
    tale = Tale()
    tale.act("start")
    [run_id] = tale.campaign.pending
    if run is not None:
        tale.world.ends(run_id, **run)
    assert tale.pass_() == ["baseline_replay_dropped", "campaign_paused"]
    assert (tale.campaign.status, tale.campaign.note and tale.campaign.note.reason) == ("paused_evaluator_unstable", code)
    assert tale.campaign.pending == []
    assert tale.pass_() == []


def test_of_several_replays_that_cannot_be_measured_the_last_reason_stands_and_good_ones_are_kept() -> None:
    tale = Tale()
    tale.act("start")
    tale.act("queue_baseline_replay")
    tale.act("queue_baseline_replay")
    first, second, third = tale.campaign.pending
    tale.world.ends(first, "failed")
    tale.world.ends(second)
    assert tale.campaign.pending == [first, second, third]
    assert tale.pass_() == [
        "baseline_replay_dropped", "campaign_paused", "baseline_replay_recorded", "baseline_replay_dropped", "campaign_note_changed",
    ]  # fmt: skip
    assert tale.campaign.note is not None
    assert (tale.campaign.note.reason, len(tale.campaign.replays)) == ("replay_run_not_found", 1)


def test_a_second_winner_waits_behind_the_first_and_is_next_when_that_is_rejected() -> None:
    tale = Tale().running()
    first = tale.newest
    tale.campaign.note = None
    second = evolve(first, experiment_id="opt-exp-b", eval_run_id="run-b", candidate_hash="b" * 64)
    tale.campaign.experiments[second.experiment_id] = second
    for run_id in (first.eval_run_id, "run-b"):
        tale.world.ends(run_id)
    assert tale.pass_() == ["experiment_evaluated", "promotion_requested", "experiment_evaluated"]
    assert (tale.campaign.promotion, second.status) == (first.experiment_id, "promotion_recommended")
    assert tale.act("reject_winner", experiment_id=first.experiment_id) == ["promotion_rejected", "promotion_requested"]
    assert (tale.campaign.promotion, tale.campaign.status) == (second.experiment_id, "awaiting_promotion_approval")


def test_of_two_winners_the_other_is_superseded_by_an_approval() -> None:
    tale = Tale().running()
    first = tale.newest
    other = evolve(first, experiment_id="opt-exp-b", eval_run_id="run-b", candidate_hash="b" * 64)
    tale.campaign.experiments[other.experiment_id] = other
    for run_id in (first.eval_run_id, "run-b"):
        tale.world.ends(run_id)
    tale.pass_()
    assert tale.act("approve_winner", experiment_id=first.experiment_id) == ["promotion_approved", "experiment_superseded"]
    assert (other.status, tale.campaign.baseline_hash, tale.campaign.replays) == ("discarded", first.candidate_hash, [])
    assert tale.no("approve_winner", experiment_id=other.experiment_id) == "experiment_not_recommended"


def test_a_candidate_that_is_no_better_than_the_baseline_is_by_now_is_refused_by_a_fact() -> None:
    tale = Tale().running()
    one = tale.newest
    tale.world.ends(one.eval_run_id)
    tale.pass_()
    tale.campaign.baseline_metrics = Metrics(1.0, 0.0, 0.0, budget_within_limits=True)
    step = tale.step()
    with pytest.raises(Declined) as declined:
        act(step, Asking("approve_winner", experiment_id=one.experiment_id))
    assert (declined.value.code, [fact.kind for fact in step.events]) == ("candidate_not_better", ["promotion_refused"])
    assert (one.status, one.apply_patch, tale.campaign.promotion) == ("promotion_recommended", None, one.experiment_id)


def test_without_a_baseline_an_approval_asks_for_no_metrics() -> None:
    tale = Tale().running()
    one = tale.newest
    one.status, tale.campaign.baseline_metrics = "promotion_recommended", None
    assert tale.act("approve_winner", experiment_id=one.experiment_id) == ["promotion_approved"]
    assert (tale.campaign.baseline_metrics, tale.campaign.baseline_hash) == (None, one.candidate_hash)


def test_with_a_baseline_a_winner_without_metrics_is_refused() -> None:
    tale = Tale().running()
    one = tale.newest
    one.status = "promotion_recommended"
    assert tale.no("approve_winner", experiment_id=one.experiment_id) == "promotion_metrics_missing"
    one.baseline_hash = "0" * 64
    assert tale.no("approve_winner", experiment_id=one.experiment_id) == "baseline_snapshot_hash_mismatch"


@pytest.mark.parametrize(
    ("limits", "run", "code"),
    [
        ({"campaign_max_cost_usd": 0.1}, {}, "campaign_cost_budget_reached"),
        ({"campaign_max_tokens": 10}, {}, "campaign_token_budget_reached"),
        ({"campaign_max_cost_usd": 9.0}, {"measured": UNPRICED}, "campaign_cost_unpriced"),
        ({"campaign_max_cost_usd": 9.0, "campaign_max_tokens": 11}, {}, None),
    ],
    ids=["cost", "tokens", "unpriced", "within"],
)  # fmt: skip
def test_what_the_whole_campaign_may_spend(limits: dict[str, Any], run: dict[str, Any], code: str | None) -> None:
    tale = Tale(evolve(C0, budget=evolve(BUDGET, **limits)))
    tale.act("start")
    [run_id] = tale.campaign.pending
    tale.world.ends(run_id, **run)
    found = tale.pass_()
    assert (tale.campaign.note.reason if tale.campaign.status == "paused_budget" and tale.campaign.note else None) == code
    assert ("campaign_paused" in found) is (code is not None)


def test_limits_are_changed_within_their_bounds() -> None:
    tale = Tale()
    assert tale.no("start", limits={"campaign_max_tokens": "many"}) == "campaign_limits_invalid"
    assert tale.no("start", limits={"campaign_max_cost_usd": 0.0}) == "budget_campaign_max_cost_usd_not_positive"
    assert tale.act("start", limits={"campaign_max_tokens": 7})[:2] == ["campaign_limits_changed", "campaign_started"]
    assert tale.campaign.phase1.budget.campaign_max_tokens == 7
    tale.act("pause")
    tale.act("resume", limits={"campaign_max_tokens": None})
    assert tale.campaign.phase1.budget.campaign_max_tokens is None


def test_a_start_with_a_replay_under_way_waits_for_it() -> None:
    tale = Tale()
    tale.act("queue_baseline_replay")
    assert tale.act("start") == ["campaign_started"]
    assert (tale.campaign.status, tale.campaign.note) == ("draft", e.Note("waiting_baseline_replay"))


def test_notes_go_with_what_they_waited_for() -> None:
    tale = Tale().running()
    run_id = tale.newest.eval_run_id
    tale.world.ends(run_id, "paused")
    assert tale.pass_() == ["campaign_note_changed"]
    assert tale.campaign.note == e.Note("waiting_paused_run", run_id)
    tale.world.ends(run_id, "running")
    assert tale.pass_() == ["campaign_note_changed"]
    assert tale.campaign.note == e.Note("waiting_candidate_evaluation")
    assert tale.pass_() == []


def test_candidates_that_cannot_be_measured_fail_with_the_reason() -> None:
    tale = Tale().running()
    first = tale.newest
    tale.world.ends(first.eval_run_id, measured=NOTHING)
    tale.world.runs[first.eval_run_id] = evolve(
        tale.world.runs[first.eval_run_id], measured=Measured({}, 0, 1, 0.0, unpriced=False, execution_ms=1)
    )
    assert tale.pass_()[0] == "experiment_failed"
    assert first.eval_failure is not None
    assert first.eval_failure["reason"] == "run_without_validator_outputs"

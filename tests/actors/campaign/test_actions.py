"""Operators' actions on paper, where stories seldom reach."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.campaign import events as e
from actors.campaign.record import Campaign
from actors.campaign.records import Decision, Spend
from actors.campaign.spending import spend_of
from tests.actors.campaign.paper import FAILED, NOTHING, Tale
from tests.actors.campaign.table import BUDGET, C0, metrics, replay


def test_unknown_words_and_wrong_statuses_are_refused() -> None:
    tale = Tale()
    assert tale.no("apply") == "unsupported_action"
    assert tale.no("resume") == "campaign_status_conflict"
    tale.campaign.status = "completed"
    assert tale.no(" Pause ") == "campaign_status_conflict"


def test_without_its_workflow_nothing_is_begun() -> None:
    tale = Tale().running()
    tale.world.source_there = False
    assert [tale.no(action) for action in ("start", "queue_baseline_replay")] == ["source_workflow_not_found"] * 2
    assert tale.pass_() == ["campaign_paused"]
    assert tale.campaign.note == e.Note("source_workflow_not_found", "w0")
    assert tale.no("resume") == "source_workflow_not_found"


def test_a_reached_limit_stops_what_makes_runs() -> None:
    tale = Tale(evolve(C0, budget=evolve(BUDGET, campaign_max_tokens=10)))
    tale.act("start")
    tale.world.ends(tale.campaign.pending[0])
    assert [tale.no(action) for action in ("start", "queue_baseline_replay")] == ["campaign_budget_reached"] * 2
    assert tale.act("pause") == ["campaign_paused"]


def test_a_start_measures_again_what_it_has_and_says_when_that_is_no_baseline() -> None:
    tale = Tale()
    tale.campaign.replays = [replay(0.8, at=1), replay(0.9, at=2)]
    assert tale.act("start") == ["campaign_started", "baseline_rejected", "campaign_paused"]
    assert (tale.campaign.status, tale.campaign.baseline_metrics) == ("paused_evaluator_unstable", None)
    tale.campaign.replays.append(replay(0.9, at=3))
    assert tale.act("start") == ["campaign_started", "baseline_established"]
    assert (tale.campaign.status, tale.campaign.note) == ("running", None)


def test_a_start_or_resume_with_a_winner_that_waits_waits_for_the_decision() -> None:
    tale = Tale().running()
    tale.world.ends(tale.newest.eval_run_id)
    tale.pass_()
    tale.act("pause", reason=" lunch ")
    assert tale.campaign.note == e.Note("operator_paused", "lunch")
    assert tale.act("resume") == ["campaign_resumed"]
    assert (tale.campaign.status, tale.campaign.note) == ("awaiting_promotion_approval", e.Note("candidate_pass_rate_improved"))
    assert tale.act("start") == ["campaign_started"]
    assert tale.campaign.status == "awaiting_promotion_approval"
    tale.newest.promotion_decision = None
    tale.act("start")
    assert tale.campaign.note is None


def test_a_resume_goes_on_without_measuring_or_queues_what_is_missing() -> None:
    tale = Tale().running()
    tale.act("pause")
    assert (tale.act("resume"), tale.campaign.status) == (["campaign_resumed"], "running")
    tale = Tale()
    tale.act("pause")
    assert tale.act("resume") == ["campaign_resumed", "baseline_replay_queued"]
    assert tale.campaign.started_at_ms == tale.now
    tale.act("pause")
    assert tale.act("resume") == ["campaign_resumed"]


def test_an_ordinary_run_of_the_baseline_is_recorded_as_well() -> None:
    tale = Tale()
    tale.world.ends("run-mine")
    assert tale.act("record_baseline_replay", run_id=" run-mine ") == ["baseline_replay_recorded"]
    assert list(tale.campaign.runs) == ["run-mine"]


def test_what_is_no_measured_run_of_the_baseline_is_not_recorded() -> None:
    tale = Tale()
    tale.act("queue_baseline_replay")
    [run_id] = tale.campaign.pending
    record = "record_baseline_replay"
    assert [tale.no(record), tale.no(record, run_id=" "), tale.no(record, run_id=run_id)] == [
        "run_id_required", "run_id_required", "run_not_found",
    ]  # fmt: skip
    tale.world.ends(run_id, "running")
    assert tale.no(record, run_id=run_id) == "run_not_completed"
    tale.world.ends(run_id, measured=NOTHING)
    assert tale.no(record, run_id=run_id) == "run_without_validator_outputs"
    tale.world.ends(run_id)
    assert tale.act(record, run_id=run_id) == ["baseline_replay_recorded"]
    assert tale.no(record, run_id=run_id) == "replay_already_recorded"
    assert len(tale.campaign.replays) == 1


@pytest.mark.parametrize("action", ["approve_winner", "reject_winner"])
def test_a_decision_names_an_experiment_that_is_recommended(action: str) -> None:
    tale = Tale().running()
    one = tale.newest.experiment_id
    assert [tale.no(action), tale.no(action, experiment_id="none"), tale.no(action, experiment_id=one)] == [
        "experiment_id_required", "experiment_not_found", "experiment_not_recommended",
    ]  # fmt: skip


def winner(tale: Tale) -> Any:
    tale.world.ends(tale.newest.eval_run_id)
    tale.pass_()
    return tale.newest


def test_a_rejected_winner_is_not_tried_again_and_the_campaign_goes_on() -> None:
    tale = Tale().running()
    one = winner(tale)
    assert tale.act("reject_winner", experiment_id=one.experiment_id, reason=" no ") == ["promotion_rejected"]
    assert (tale.campaign.status, tale.campaign.note, tale.campaign.promotion) == ("draft", e.Note("winner_rejected", "no"), None)
    assert tale.pass_() == ["baseline_established", "experiment_queued"]
    assert tale.newest.candidate_hash != one.candidate_hash


def test_the_rejection_of_a_winner_that_is_not_looked_at_leaves_the_other_pending() -> None:
    tale = Tale().running()
    first = tale.newest
    other = evolve(first, experiment_id="opt-exp-b", status="promotion_recommended", promotion_decision=Decision("promote", "x"))
    tale.campaign.experiments["opt-exp-b"] = other
    winner(tale)
    tale.world.ends(first.eval_run_id)
    tale.pass_()
    assert tale.act("reject_winner", experiment_id="opt-exp-b") == ["promotion_rejected"]
    assert tale.campaign.status == "awaiting_promotion_approval"


def test_decisions_do_not_end_a_pause_and_bring_the_next_winner_forward() -> None:
    tale = Tale().running()
    first = winner(tale)
    tale.campaign.experiments["old"] = evolve(first, experiment_id="old", baseline_hash="0" * 64)
    tale.campaign.experiments["next"] = evolve(first, experiment_id="next")
    tale.act("pause")
    assert tale.act("reject_winner", experiment_id=first.experiment_id) == ["promotion_rejected", "promotion_requested"]
    assert (tale.campaign.status, tale.campaign.promotion) == ("paused_manual", "next")


def test_an_approval_drops_replays_of_the_former_baseline_in_the_name_of_who_approves() -> None:
    tale = Tale().running()
    one = winner(tale)
    tale.act("queue_baseline_replay")
    [run_id] = tale.campaign.pending
    assert tale.act("approve_winner", experiment_id=one.experiment_id) == ["baseline_replay_dropped", "promotion_approved"]
    assert (one.compared_with, tale.campaign.baseline_metrics) == (metrics(0.5, 2), metrics(1.0))
    assert (tale.campaign.pending, tale.campaign.dropped) == ([], {run_id: "reconciler"})
    assert (tale.campaign.status, tale.campaign.baseline_hash) == ("draft", one.candidate_hash)


def test_candidates_are_discarded_until_there_are_none() -> None:
    tale = Tale().running()
    tale.world.ends(tale.newest.eval_run_id, measured=FAILED)
    assert tale.pass_() == ["experiment_evaluated", "experiment_queued"]
    tale.world.ends(tale.newest.eval_run_id, measured=FAILED)
    assert tale.pass_() == ["experiment_evaluated", "campaign_completed"]
    assert (tale.campaign.status, tale.campaign.note) == ("completed", e.Note("mutations_exhausted"))
    assert tale.pass_() == []


def test_a_campaign_ends_with_its_experiments_or_with_its_failures() -> None:
    tale = Tale(evolve(C0, budget=evolve(BUDGET, max_experiments=1))).running()
    tale.world.ends(tale.newest.eval_run_id, measured=FAILED)
    assert tale.pass_() == ["experiment_evaluated", "campaign_completed"]
    assert tale.campaign.note == e.Note("experiment_budget_exhausted")
    tale = Tale(evolve(C0, budget=evolve(BUDGET, max_consecutive_failures=1))).running()
    tale.world.ends(tale.newest.eval_run_id, "failed")
    assert tale.pass_() == ["experiment_failed", "campaign_failed"]
    assert tale.campaign.note == e.Note("consecutive_failures_reached", "count=1")
    assert tale.act("start")[0] == "campaign_started"
    assert (tale.pass_(), tale.campaign.status) == (["experiment_queued"], "running")


def test_what_runs_have_used_stays_when_they_are_gone() -> None:
    tale = Tale().running()
    tale.world.ends(tale.newest.eval_run_id, measured=FAILED)
    tale.pass_()
    tale.world.runs.clear()
    assert spend_of(tale.campaign, tale.world) == Spend(10, 0.1)


def test_a_baseline_that_drifts_while_candidates_are_tried_holds_the_campaign() -> None:
    tale = Tale().running()
    tale.world.ends(tale.newest.eval_run_id, "running")
    tale.campaign.replays.append(replay(0.6, at=3))
    assert tale.pass_() == ["baseline_rejected", "campaign_paused"]
    assert tale.campaign.note is not None
    assert tale.campaign.note.reason == "baseline_drift_exceeded"


def test_runs_that_go_on_are_waited_for_and_those_that_are_gone_are_not() -> None:
    tale = Tale()
    tale.act("start")
    tale.world.ends(tale.campaign.pending[0], "running")
    assert tale.pass_() == []
    tale = Tale().running()
    one = tale.newest
    tale.world.ends(one.eval_run_id, "waiting")
    assert tale.pass_() == []
    tale.world.runs.clear()
    assert tale.pass_() == ["experiment_failed", "experiment_queued"]
    assert one.eval_failure == {"run_id": one.eval_run_id, "reason": "run_not_found"}


def test_a_baseline_that_is_not_known_yet_lets_candidates_wait() -> None:
    tale = Tale().running()
    tale.world.ends(tale.newest.eval_run_id)
    tale.campaign.baseline_metrics = None
    tale.campaign.replays = tale.campaign.replays[:1]
    assert tale.pass_() == ["baseline_replay_queued"]
    assert tale.newest.status == "draft"


def test_a_deleted_campaign_is_nobodys_business() -> None:
    tale = Tale()
    tale.act("start")
    tale.campaign.apply(e.CampaignDeleted(), 5)
    assert (tale.campaign.eligible, tale.pass_()) == (False, [])
    one: Campaign = Campaign.begin("x", tale.campaign.created, 1)
    assert one.active_runs == []

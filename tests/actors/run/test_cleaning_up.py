"""Clean-up nodes: they run in every ending, change none, and a cancelled run gives them a grace."""

from __future__ import annotations

import pytest

from actors.run.rules import ended_because, unwanted
from actors.run.schedule import next_look_ms
from tests.actors.run.table import Story

ASK = "ask gate: human_approval"


def test_clean_up_runs_after_success() -> None:
    story = Story.begun("a", last=("t", "u needs: [t]"))
    assert story.ok("a") == ["done a", "finally completed", "start t"]
    assert story.ok("t") == ["done t", "start u"]
    assert story.ok("u") == ["done u", "finally_completed", "run_completed"]


def test_clean_up_runs_after_failure_and_does_not_hide_it() -> None:
    story = Story.begun("a", last=("t",))
    assert story.fail("a") == ["fail a boom attempts_exhausted", "finally failed", "start t"]
    assert story.ok("t") == ["done t", "finally_completed", "run_failed nodes_failed"]


def test_a_failure_in_clean_up_is_named_and_changes_nothing() -> None:
    story = Story.begun("a", last=("t", "u"))
    story.ok("a")
    assert story.fail("t") == ["fail t boom attempts_exhausted", "start u"]
    assert story.ok("u") == ["done u", "finally_completed t", "run_completed"]


def test_after_a_failed_body_a_skipped_clean_up_node_lets_the_next_one_start() -> None:
    story = Story.begun("a", last=("t when: 'false'", "u needs: [t]"))
    assert story.fail("a") == ["fail a boom attempts_exhausted", "finally failed", "skip t condition_not_met", "start u"]


def test_a_clean_up_node_is_tried_again_after_its_delay_without_leaving_the_run() -> None:
    story = Story.begun("a", last=("t retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1s}}",))
    story.ok("a")
    assert story.fail("t") == ["fail t boom retry_scheduled", "backoff t 2000"]
    assert (story.state.status, next_look_ms(story.state, story.rules, story.now)) == ("running", 2000)
    assert story.wait(1000) == ["start t.2"]


def test_cancelling_leaves_only_clean_up_to_start() -> None:
    story = Story.begun("a", "b needs: [a]", last=("t",))
    assert story.cancel("enough") == ["run_cancel_requested", "interrupt a operation", "finally cancelled", "start t"]
    assert story.ok("t") == ["done t", "finally_completed", "run_stopped enough"]
    assert (story.state.status, story.state.stop_kind, story.state.detail) == (
        "cancelled", "operator_stopped", {"code": "cancelled_by_operator"},
    )  # fmt: skip


def test_cancelling_without_clean_up_ends_at_once() -> None:
    story = Story.begun("a")
    assert story.cancel() == ["interrupt a operation", "run_stopped cancelled_by_operator"]
    assert story.statuses() == {"a": "pending"}


def test_a_run_that_never_started_has_nothing_to_clean_up() -> None:
    assert Story.of("a", last=("t",)).cancel() == ["run_stopped cancelled_by_operator"]


def test_a_second_cancel_ends_clean_up_at_once_with_the_first_reason() -> None:
    story = Story.begun("a", last=("t",))
    story.cancel("first")
    assert story.cancel("second") == ["interrupt t operation", "run_stopped first"]


def test_cancelling_during_clean_up_lets_it_go_on_within_its_grace() -> None:
    story = Story.begun("a", last=("t", "u needs: [t]"))
    story.ok("a")
    assert story.cancel() == ["run_cancel_requested"]
    assert story.ok("t") == ["done t", "start u"]
    assert story.ok("u") == ["done u", "finally_completed", "run_stopped cancelled_by_operator"]


def test_what_has_not_started_when_the_grace_ends_is_skipped_and_what_runs_is_ended() -> None:
    story = Story.begun("a", last=("t", "u needs: [t]", "v"))
    story.cancel()
    assert next_look_ms(story.state, story.rules, story.now) == 61_000
    assert unwanted(story.state, 60_999, story.rules.cleanup_grace_ms) == []
    assert story.wait(60_000) == ["skip u grace_exhausted", "skip v grace_exhausted"]
    assert unwanted(story.state, story.now, story.rules.cleanup_grace_ms) == ["t"]
    assert ended_because(story.state) == "grace_exhausted"
    assert story.stop("t", "grace_exhausted") == [
        "interrupt t grace_exhausted", "skip t grace_exhausted", "finally_completed", "run_stopped cancelled_by_operator",
    ]  # fmt: skip


def test_cancelling_a_queued_run_that_had_started_queues_it_for_clean_up() -> None:
    story = Story.begun(ASK, last=("t",))
    assert story.cancel() == ["run_cancel_requested"]
    assert story.state.status == "queued"
    assert story.claim() == ["run_execution_claimed", "finally cancelled", "start t"]


def test_a_cancel_forgets_back_offs() -> None:
    story = Story.begun("a retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1s}}", last=("t",))
    assert story.fail("a") == ["fail a boom retry_scheduled", "release a 2000"]
    assert story.cancel() == ["run_cancel_requested"]
    assert (story.state.queue, story.state.backoffs) == ({"queued_at_ms": 1000}, {})


def test_a_gate_that_was_open_when_the_body_failed_cannot_be_answered_any_more() -> None:
    story = Story.begun("a", ASK, last=("t",))
    assert story.fail("a") == ["fail a boom attempts_exhausted", "finally failed", "start t"]
    assert story.decide("rework", "ask") == []
    assert (story.code, list(story.state.executing)) == ("run_not_awaiting_approval", ["t"])


@pytest.mark.parametrize("word", ["approve", "rework", "cancel"])
def test_a_run_that_is_being_cancelled_takes_no_decision(word: str) -> None:
    story = Story.begun("a", "ask gate: human_approval, needs: [a]", last=("t",))
    story.ok("a")
    story.cancel()
    story.claim()
    assert story.decide(word) == []
    assert (story.code, list(story.state.open_gates), list(story.state.executing)) == ("run_not_awaiting_approval", ["ask"], ["t"])


def test_a_run_that_is_being_cancelled_lets_no_gate_expire() -> None:
    story = Story.begun("ask gate: human_approval, timeout: 1s", last=("t",))
    story.cancel()
    story.claim()
    assert story.wait(5000) == []


@pytest.mark.parametrize("how", ["complete", "fail", "cancel"])
def test_what_clean_up_is_told_about_the_body(how: str) -> None:
    from actors.run.scope import scope_for

    story = Story.begun("a", last=("t",))
    if how == "cancel":
        story.cancel()
    else:
        (story.ok if how == "complete" else story.fail)("a")
    told = scope_for(story.state, "t")["run"]
    outcome = {"complete": "completed", "fail": "failed", "cancel": "cancelled"}[how]
    assert (told["workflow_outcome"], told["workflow_status"]) == (outcome, "completed" if how == "complete" else "failed")


def test_what_fails_in_the_body_after_a_cancel_is_followed_by_nothing() -> None:
    story = Story.begun("a on_fail: {command: ['true']}", "ask gate: human_approval, timeout: 1s, on_expiry: cancel", last=("t",))
    assert story.wait(1000) == ["expire ask cancel", "run_cancel_requested"]
    assert story.fail("a") == ["fail a boom attempts_exhausted", "finally cancelled", "start t"]
    assert story.ok("t") == ["done t", "finally_completed", "run_cancelled gate_expired"]

"""What follows when nothing comes in time, in every status of the run."""

from __future__ import annotations

from typing import Any

import pytest

from actors.wait.row import earliest
from tests.actors.run.table import Story


def paying(action: str, *nodes: str, **more: Any) -> Story:
    extra = {"escalate": ", escalate_to: '@ops'"}.get(action, "")
    return Story.begun(f"pay wait: {{signal: payment, timeout: 10s, on_timeout: {action}{extra}}}", *nodes, **more)


@pytest.mark.parametrize(
    ("action", "words", "status"),
    [
        ("fail", ["timeout_failed pay", "fail pay wait_timed_out not_retryable", "run_requeued wait_timed_out"], "queued"),
        ("cancel", ["timeout_cancelled pay", "cancelled_run pay"], "cancelled"),
        ("escalate", ["timeout_escalated pay", "needs_person pay paused"], "paused"),
        ("remind", ["timeout_reminded pay", "needs_person pay paused"], "paused"),
        ("resume", ["timeout_resumed pay", "done pay", "requeued pay"], "queued"),
    ],
)
def test_what_follows_when_nothing_comes(action: str, words: list[str], status: str) -> None:
    story = paying(action, "b needs: [pay]")
    assert story.wait(9_999) == []
    assert story.wait(1) == words
    assert story.state.status == status


def test_a_wait_that_times_out_with_fail_fails_the_run() -> None:
    story = paying("fail")
    story.wait(10_000)
    assert story.claim() == ["run_execution_claimed", "run_failed nodes_failed"]


def test_a_timeout_that_cancels_lets_clean_up_run_first() -> None:
    story = paying("cancel", last=("tidy",))
    assert story.wait(10_000) == ["timeout_cancelled pay", "run_cancel_requested"]
    assert story.claim() == ["run_execution_claimed", "finally cancelled", "start tidy"]
    assert story.ok("tidy") == ["done tidy", "finally_completed", "cancelled_run pay"]
    state = story.state
    assert (state.status, state.stop_kind, state.detail) == ("cancelled", "cancelled", {"code": "cancelled_by_wait", "node_id": "pay"})


def test_a_timeout_that_cancels_ends_what_is_under_way_first() -> None:
    story = paying("cancel", "a", top="limits: {parallel: 2}")
    assert story.wait(10_000) == ["timeout_cancelled pay", "run_cancel_requested"]
    assert story.stop("a", "cancelled") == ["interrupt a cancelled", "cancelled_run pay"]


def test_of_two_that_are_over_at_once_the_first_may_end_the_run_and_the_other_with_it() -> None:
    story = paying("cancel", "sleep wait: {timer: 10s}")
    assert story.wait(10_000) == ["timeout_cancelled pay", "cancelled_run pay"]


def test_a_wait_that_fails_beside_work_under_way_leaves_the_status_alone() -> None:
    story = paying("fail", "a", top="limits: {parallel: 2}")
    assert story.wait(10_000) == ["timeout_failed pay", "fail pay wait_timed_out not_retryable"]
    assert story.state.status == "running"


@pytest.mark.parametrize("action", ["escalate", "remind"])
def test_other_branches_go_on_before_a_run_is_held_for_a_person(action: str) -> None:
    story = paying(action, "a", top="limits: {parallel: 2}")
    assert story.wait(10_000)[1:] == ["needs_person pay"]
    assert story.ok("a") == ["done a", {"escalate": "run_paused wait_escalated", "remind": "run_paused wait_reminded"}[action]]


def test_a_run_with_another_open_wait_is_not_held_yet() -> None:
    story = paying("escalate", "nap wait: {timer: 20s}")
    assert story.wait(10_000) == ["timeout_escalated pay", "needs_person pay"]
    assert story.state.status == "waiting"
    assert story.wait(10_000) == ["timer_woken nap", "done nap", "requeued nap"]
    assert story.claim() == ["run_execution_claimed", "run_paused wait_escalated"]


def test_a_run_with_an_open_gate_keeps_awaiting_approval() -> None:
    story = paying("escalate", "g gate: human_approval")
    assert story.wait(10_000) == ["timeout_escalated pay", "needs_person pay"]
    assert story.state.status == "awaiting_approval"


def test_r110_a_resumed_run_waits_anew_with_fresh_times() -> None:
    story = paying("escalate")
    story.wait(10_000)
    assert (story.state.status, story.state.pause_reason) == ("paused", "wait_escalated")
    story.now = 50_000
    assert story.resume() == ["run_resumed"]
    assert story.claim() == ["run_execution_claimed", "wait pay external_condition @2", "registered pay", "run_waiting"]
    row = story.state.waits["pay"]
    assert (row.wait_id, row.timeout_at_ms, row.created_at_ms) == ("workflow:run-1:pay:2:wait", 60_000, 50_000)


def test_reminders_come_again_and_again_and_change_nothing() -> None:
    story = Story.begun("pay wait: {signal: payment, timeout: 10s, on_timeout: remind, remind_every: 5s}")
    assert story.wait(10_000) == ["timeout_reminded pay"]
    assert (story.state.status, story.state.waits["pay"].reminders, earliest(story.state.waits.values())) == ("waiting", 1, 16_000)
    assert story.wait(4_999) == []
    assert story.wait(1) == ["timeout_reminded pay"]
    assert story.signal("payment") == ["resolved pay", "done pay", "requeued pay"]


def test_of_waits_that_time_out_together_the_first_that_cancels_the_run_leaves_nothing_to_the_others() -> None:
    story = paying("cancel", "quiet wait: {signal: other, timeout: 10s}")
    assert story.wait(10_000) == ["timeout_cancelled pay", "cancelled_run pay"]
    assert [(row.node_id, row.status) for row in story.state.waits.values()] == [("pay", "cancelled"), ("quiet", "cancelled")]

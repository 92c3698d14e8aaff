"""Gates that stay open when their time is over: escalated, reminded of, taken as approved; and the mark of one that is long open."""

from __future__ import annotations

import pytest

from actors.gate.events import ApprovalGateReminderDue
from actors.gate.expiry import next_gate_due
from actors.run.headline import due_of
from actors.run.view import gate_json
from actors.run.why import reasons
from actors.settings import RunRules
from tests.actors.run.table import Story

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def gate(more: str) -> str:
    return f"g gate: human_approval, {more}"


def test_r65_a_reminder_that_is_due_comes_once_and_has_a_key() -> None:
    story = Story.begun(gate("timeout: 1h, on_timeout: remind, remind_every: 1m"))
    assert story.wait(2 * MINUTE) == ["remind g 1"]
    assert story.look() == []
    event = story.log[-1][0]
    assert isinstance(event, ApprovalGateReminderDue)
    assert (event.notification_key, event.expired, story.state.open_gates["g"].reminders) == ("workflow:run-1:g:1:reminder:1", False, 1)
    assert due_of(story.state) == story.now + MINUTE


def test_r66_a_gate_without_a_time_of_its_own_has_seven_days_and_then_cancels() -> None:
    for more in ("prompt: x", "expiry_policy: {expires_after_ms: 0}"):
        found = Story.begun(gate(more)).state.open_gates["g"]
        assert ((found.expires_at_ms or 0) - found.opened_at_ms, found.on_expiry) == (604_800_000, "cancel")


def test_reminders_before_the_expiry_come_with_every_action() -> None:
    story = Story.begun(gate("timeout: 3m, on_timeout: fail, remind_every: 1m"))
    assert story.wait(MINUTE) == ["remind g 1"]
    assert story.wait(MINUTE) == ["remind g 2"]
    assert story.wait(MINUTE) == ["expire g fail", "decide g timed_out", "fail g gate_timed_out not_retryable"]


def test_remind_without_an_interval_reminds_once_after_the_expiry() -> None:
    story = Story.begun(gate("timeout: 1h, on_timeout: remind"))
    assert story.wait(HOUR - 1) == []
    assert story.wait(1) == ["remind g 1"]
    assert story.wait(10 * HOUR) == []
    assert story.state.open_gates["g"].reminders == 1


def test_remind_goes_on_after_the_expiry_and_late_answers_count() -> None:
    story = Story.begun(gate("timeout: 1h, on_timeout: remind, remind_every: 45m"))
    assert story.wait(45 * MINUTE) == ["remind g 1"]
    assert story.wait(45 * MINUTE) == ["remind g 2"]
    event = story.log[-1][0]
    assert isinstance(event, ApprovalGateReminderDue)
    assert event.expired
    assert story.decide("approve") == ["decide g approve", "done g"]


def test_after_an_expiry_that_ends_nothing_else_reminds() -> None:
    story = Story.begun(gate("timeout: 1h, on_timeout: escalate, remind_every: 50m"))
    assert story.wait(50 * MINUTE) == ["remind g 1"]
    assert story.wait(10 * MINUTE) == ["escalate g unassigned_escalation_principal"]
    assert story.wait(20 * HOUR) == []


def test_what_was_missed_while_nobody_looked_comes_once() -> None:
    story = Story.begun(gate("timeout: 2d, on_timeout: remind, remind_every: 1m"))
    assert story.wait(30 * MINUTE) == ["remind g 1"]
    assert story.wait(MINUTE) == ["remind g 2"]


def test_an_escalation_comes_once_names_who_is_asked_and_lets_late_answers_count() -> None:
    story = Story.begun(gate("timeout: 1h, on_timeout: escalate, escalate_to: '@lead'"), "x needs: [g]")
    assert story.wait(HOUR) == ["escalate g @lead"]
    assert (story.state.status, story.wait(HOUR)) == ("awaiting_approval", [])
    shown = gate_json("run-1", story.state.open_gates["g"])
    assert (shown["escalated_to"], shown["reminders"], shown["stale"]) == ("@lead", 1, False)
    assert "@lead is asked" in reasons(story.state, None, story.now)[0]["text"]
    assert story.decide("approve") == ["decide g approve", "done g"]


def test_resume_takes_silence_for_an_approval_and_says_so() -> None:
    story = Story.begun(gate("timeout: 1h, on_timeout: resume"), "x needs: [g], when: 'nodes.g.decision == \"timeout_resume\"'")
    assert story.wait(HOUR) == ["decide g timeout_resume", "done g"]
    assert story.claim() == ["run_execution_claimed", "start x"]
    assert [(entry.decision, entry.decided_by) for entry in story.state.gate_history] == [("timeout_resume", "system")]


def test_an_answer_after_the_time_of_resume_is_late() -> None:
    story = Story.begun(gate("timeout: 1h, on_timeout: resume"))
    story.now += HOUR
    story.decide("reject")
    assert story.code == "gate_expired"


@pytest.mark.parametrize("held", [False, True])
def test_a_gate_that_is_long_open_is_marked_once(held: bool) -> None:
    story = Story.begun(gate("timeout: 7d"), rules=RunRules(gate_stale_after_ms=DAY))
    if held:
        story.pause()
    assert story.wait(DAY - 1) == []
    assert story.wait(1) == ["stale g"]
    assert (story.wait(DAY), story.state.open_gates["g"].stale) == ([], True)


@pytest.mark.parametrize("action", ["escalate", "remind"])
def test_while_a_run_is_held_the_clock_of_its_gate_goes_on(action: str) -> None:
    story = Story.begun(gate(f"timeout: 1h, on_timeout: {action}, escalate_to: '@lead'"))
    story.pause()
    assert due_of(story.state) == 1000 + HOUR
    assert len(story.wait(HOUR)) == 1
    assert story.state.status == "paused"


def test_a_run_that_is_being_cancelled_reminds_nobody() -> None:
    story = Story.begun(gate("timeout: 1h, on_timeout: remind, remind_every: 1m"), last=("tidy",))
    story.cancel()
    assert story.wait(10 * MINUTE) == []
    assert next_gate_due(story.state.open_gates.values(), held=False) is not None


def test_gates_of_a_queued_run_keep_their_times() -> None:
    retried = "a retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 2h}}"
    story = Story.begun(gate("timeout: 1h, on_timeout: continue"), retried, top="limits: {parallel: 2}")
    story.fail("a")
    assert story.state.status == "awaiting_approval"
    assert story.wait(HOUR)[-1] == "done g"
    assert story.claim() == ["run_execution_claimed", "release a 7201000"]

"""Nodes that must happen once: an attempt without a recorded outcome asks a person, and is never followed by another unasked."""

from __future__ import annotations

import pytest

from tests.actors.run.table import Story

ONCE = "a effect: once, retry: {max_attempts: 3}"


@pytest.mark.parametrize("how", ["lose", "stop", "unknown"])
def test_an_unknown_outcome_is_asked(how: str) -> None:
    story = Story.begun(ONCE, "b needs: [a]")
    if how == "lose":
        found = story.lose("a")
    elif how == "stop":
        found = story.stop("a")
    else:
        found = story.fail("a", "node_absolute_timeout", "timeout", unknown=True)
    assert found == ["ask a.outcome", "run_awaiting_approval"]
    gate = story.state.open_gates["a"]
    assert (gate.node_id, gate.expires_at_ms, gate.decisions) == ("a", None, ("approve", "reject", "rework", "cancel"))
    assert (story.wait(10**9), story.wait(10**9)) == (["stale a.outcome"], [])


def test_a_failure_that_the_attempt_itself_reported_is_an_ordinary_one() -> None:
    assert Story.begun(ONCE).fail("a") == ["fail a boom retry_allowed", "start a.2"]


def asked() -> Story:
    story = Story.begun(ONCE, "b needs: [a]")
    story.lose("a")
    return story


@pytest.mark.parametrize("name", [None, "a", "a.outcome", "workflow:run-1:a:1"])
def test_approve_says_that_it_happened(name: str | None) -> None:
    story = asked()
    assert story.decide("approve", name) == ["decide a.outcome approve", "done a"]
    assert story.claim() == ["run_execution_claimed", "start b"]


def test_rework_starts_it_again() -> None:
    story = asked()
    assert story.decide("rework", feedback="look first") == ["decide a.outcome rework"]
    assert story.state.nodes["a"].feedback == ["look first"]
    assert story.claim() == ["run_execution_claimed", "start a @2"]


def test_reject_fails_it_and_on_fail_may_take_that() -> None:
    story = asked()
    assert story.decide("reject") == ["decide a.outcome reject", "fail a gate_rejected not_retryable"]
    story = Story.begun("a effect: once, on_fail: continue", "b needs: [a]")
    story.lose("a")
    assert story.decide("reject") == ["decide a.outcome reject", "fail a gate_rejected not_retryable", "skip a on_fail_continue"]


def test_cancel_ends_the_run() -> None:
    assert asked().decide("cancel") == ["decide a.outcome cancel", "run_cancelled cancelled_by_gate"]


def test_the_question_beside_a_settled_gate_needs_no_name() -> None:
    story = Story.begun("g gate: human_approval", "a effect: once, needs: [g]")
    story.decide("approve")
    story.claim()
    story.lose("a")
    assert story.decide("approve") == ["decide a.outcome approve", "done a"]


def test_what_the_attempt_changed_asks_again_without_starting_it() -> None:
    story = Story.begun("d artifact: notes.json", "a effect: once, needs: [d]")
    story.ok("d", file="notes.json")
    story.lose("a")
    first = story.state.open_gates["a"].nonce
    story.evidence = {"d": "00" * 32}
    assert story.decide("approve") == ["reopen a", "ask a.outcome"]
    assert (story.code, story.state.open_gates["a"].nonce == first) == ("gate_shown_changed", False)
    assert story.decide("approve") == ["decide a.outcome approve", "done a"]


def test_a_daemon_that_starts_asks_instead_of_starting_again() -> None:
    story = Story.begun(ONCE, "c", top="limits: {parallel: 2}")
    assert story.restart() == ["ask a.outcome", "run_queued_for_resume_after_restart"]
    assert story.claim() == ["run_execution_claimed", "start c.2"]


def test_the_third_loss_asks_as_well() -> None:
    story = Story.begun(ONCE)
    story.state.nodes["a"].crashes = 2
    assert story.lose("a") == ["ask a.outcome", "run_awaiting_approval"]


def test_clean_up_nodes_and_handlers_are_not_asked_about() -> None:
    story = Story.begun("a", last=("t effect: once",))
    story.ok("a")
    assert story.lose("t") == ["interrupt t lost", "start t.2"]


def test_a_node_named_like_an_outcome_gate_is_found_by_its_own_name() -> None:
    story = Story.begun("a", "a.outcome gate: human_approval, needs: [a]")
    story.ok("a")
    assert story.decide("approve", "a.outcome") == ["decide a.outcome approve", "done a.outcome"]


def test_a_question_that_ended_its_run_can_be_answered_after_a_retry_of_another_node() -> None:
    story = Story.begun(ONCE, "c")
    story.lose("a")
    story.ok("c")
    assert story.decide("cancel") == ["decide a.outcome cancel", "run_cancelled cancelled_by_gate"]
    assert story.retry("c") == ["retried c", "ask a.outcome"]
    assert story.decide("approve", "a.outcome") == ["decide a.outcome approve", "done a"]


def test_an_ending_that_closed_the_question_asks_it_again_at_a_retry() -> None:
    story = Story.begun(ONCE, "c", "d needs: [c]", top="limits: {parallel: 2}")
    story.lose("a")
    assert story.fail("c") == ["fail c boom attempts_exhausted", "run_failed nodes_failed"]
    assert story.state.open_gates == {}
    assert story.retry("c") == ["retried c", "ask a.outcome"]
    assert story.claim() == ["run_execution_claimed", "start c @2"]
    story.ok("c")
    story.ok("d")
    assert story.state.status == "awaiting_approval"

"""When a node has used up its attempts: interruptions that count, a person's review, and retries that must say why."""

from __future__ import annotations

import pytest

from actors.node.events import NodeFailed
from actors.node.messages import Failure
from actors.run.requests import Retry
from actors.run.view import run_json
from actors.run.why import reasons
from tests.actors.run.table import ANNA, Story

REVIEW = "retry: {terminal_behavior: pause_for_review}"
COUNTS = "retry: {count_interruptions: true}"
WHY = "retry: {manual_override: {enabled: true}}"


def test_a_node_that_failed_for_good_holds_the_run_until_somebody_has_looked() -> None:
    story = Story.begun(f"a {REVIEW}", "b needs: [a]")
    assert story.fail("a") == ["fail a boom attempts_exhausted", "run_paused node_failed_review"]
    assert story.state.detail == {"code": "node_failed_review", "node_ids": ["a"]}
    assert (story.state.pause_reason, story.state.stop_kind) == ("node_failed_review", None)
    assert story.resume() == ["run_resumed"]
    assert story.claim() == ["run_execution_claimed", "start a @2"]
    assert story.ok("a") == ["done a", "start b @2"]
    assert story.ok("b") == ["done b", "run_completed"]


def test_siblings_under_way_are_folded_before_the_run_is_held() -> None:
    story = Story.begun(f"a {REVIEW}", "b", "c needs: [b]", top="limits: {parallel: 2}")
    assert story.fail("a") == ["fail a boom attempts_exhausted"]
    assert story.ok("b") == ["done b", "run_paused node_failed_review"]
    story.resume()
    assert story.claim() == ["run_execution_claimed", "start a @2", "start c"]


def test_without_fail_fast_what_can_run_runs_before_the_run_is_held() -> None:
    story = Story.begun(f"a {REVIEW}", "b", "c needs: [b]", top="fail_fast: false")
    assert story.fail("a") == ["fail a boom attempts_exhausted", "start b"]
    assert story.ok("b") == ["done b", "start c"]
    assert story.ok("c") == ["done c", "run_paused node_failed_review"]


def test_another_failure_ends_the_run_whatever_a_review_would_find() -> None:
    story = Story.begun(f"a {REVIEW}", "b", top="limits: {parallel: 2}")
    story.fail("a")
    assert story.fail("b") == ["fail b boom attempts_exhausted", "run_failed nodes_failed"]


def test_on_fail_comes_first() -> None:
    taken = Story.begun(f"a {REVIEW}, on_fail: continue", "b needs: [a]")
    assert taken.fail("a") == ["fail a boom attempts_exhausted", "skip a on_fail_continue", "start b"]
    handled = Story.begun(f"a {REVIEW}, on_fail: {{command: [tell]}}")
    assert handled.fail("a") == ["fail a boom attempts_exhausted", "start a.on_fail"]
    assert handled.ok("a.on_fail") == ["done a.on_fail", "run_paused node_failed_review"]
    handled.resume()
    assert handled.claim() == ["run_execution_claimed", "start a @2"]


def test_a_run_held_for_review_can_be_given_up_or_retried() -> None:
    given_up = Story.begun(f"a {REVIEW}", last=("t",))
    given_up.fail("a")
    assert given_up.cancel() == ["run_cancel_requested"]
    assert given_up.claim() == ["run_execution_claimed", "finally cancelled", "start t"]
    retried = Story.begun(f"a {REVIEW}")
    retried.fail("a")
    assert retried.retry("a") == ["retried a"]
    assert retried.claim() == ["run_execution_claimed", "start a @2"]


def test_an_operators_pause_in_between_changes_nothing() -> None:
    story = Story.begun(f"a {REVIEW}", "b", top="limits: {parallel: 2}")
    story.fail("a")
    story.pause()
    story.resume()
    assert story.claim() == ["run_execution_claimed", "run_paused node_failed_review"]


def test_why_says_who_failed_and_what_moves_the_run_on() -> None:
    story = Story.begun(f"a {REVIEW}")
    story.fail("a")
    (reason,) = reasons(story.state, None, story.now)
    assert reason["code"] == "node_failed_review"
    assert "Node a: boom! (boom)" in reason["text"]
    assert reason["next"] == ["penstock resume run-1", "penstock logs run-1 a", "penstock cancel run-1"]


def test_interruptions_count_where_the_policy_says_so() -> None:
    story = Story.begun(f"a {COUNTS}", "b needs: [a]")
    story.pause()
    story.resume()
    assert story.claim() == ["run_execution_claimed", "fail a attempts_used_up attempts_exhausted", "run_failed nodes_failed"]
    assert story.state.nodes["a"].attempt == 1


def test_a_crash_counts_as_well() -> None:
    story = Story.begun("a retry: {count_interruptions: true, max_attempts: 2}")
    story.restart()
    assert story.claim() == ["run_execution_claimed", "start a.2"]
    story.restart()
    assert story.claim()[1] == "fail a attempts_used_up attempts_exhausted"


def test_a_failure_after_interruptions_that_count_is_the_last_one() -> None:
    story = Story.begun("a retry: {count_interruptions: true, max_attempts: 2}")
    story.pause()
    story.resume()
    story.claim()
    assert story.fail("a") == ["fail a boom attempts_exhausted", "run_failed nodes_failed"]


def test_what_is_used_up_and_goes_on_lets_the_rest_go_on() -> None:
    story = Story.begun(f"a {COUNTS}, on_fail: continue", "b needs: [a]")
    story.pause()
    story.resume()
    assert story.claim()[1:] == ["fail a attempts_used_up attempts_exhausted", "skip a on_fail_continue", "start b"]


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_retry_of_an_exhausted_node_says_why_where_that_is_asked(reason: str | None) -> None:
    story = Story.begun(f"a {WHY}")
    story.fail("a")
    assert story.operate(Retry(ANNA, "a", reason)) == []
    assert story.code == "retry_reason_required"
    assert story.operate(Retry(ANNA, "a", "the disk was full")) == ["retried a"]


@pytest.mark.parametrize(
    "policy",
    ["retry: {manual_override: {enabled: true, requires_reason: false}}", "retry: {manual_override: {enabled: false}}", ""],
)
def test_elsewhere_no_reason_is_asked(policy: str) -> None:
    story = Story.begun(f"a {policy}".strip())
    story.fail("a")
    assert story.retry("a") == ["retried a"]


def test_a_failure_that_is_no_matter_of_attempts_asks_for_no_reason() -> None:
    story = Story.begun("a retry: {on: [timeout], manual_override: {enabled: true}}")
    story.fail("a")
    assert story.retry("a") == ["retried a"]
    done = Story.begun(f"a {WHY}")
    done.ok("a")
    assert done.retry("a") == ["retried a"]


def test_the_record_shows_the_cap_and_the_category() -> None:
    story = Story.begun("a retry: {max_attempts: 3}")
    story.tell("a", Failure("python_raised", "connection refused", "provider_transient", category="provider_connect_timeout"))
    (node,) = run_json(story.state)["nodes"]
    assert (node["max_attempts"], node["error"]["category"]) == (3, "provider_connect_timeout")
    failed = next(event for event, _ in story.log if isinstance(event, NodeFailed))
    assert failed.policy_version_id == "retry-policy-v1-59bc23afe25d9f79"


def test_a_recovery_while_clean_up_is_held_begins_nothing_of_the_body_anew() -> None:
    story = Story.begun(f"a {REVIEW}", last=("t",))
    assert story.fail("a")[-1] == "run_paused node_failed_review"
    story.finish()
    assert story.claim()[1:] == ["finally failed", "start t"]
    story.pause()
    assert story.recover() == ["run_recovered_from_pause recovered_from_pause"]
    assert (story.answer, story.statuses()) == ({"reset_nodes": []}, {"a": "failed", "t": "pending"})

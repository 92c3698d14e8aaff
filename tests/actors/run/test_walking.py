"""The walk of the body: what starts when, in which order, how many at once, and what a condition skips."""

from __future__ import annotations

import pytest

from tests.actors.run.table import Story

CLAIM = ["run_execution_claimed", "run_started"]


def test_a_chain_starts_the_next_node_in_the_commit_of_the_last_outcome() -> None:
    story = Story.of("a", "b needs: [a]")
    assert story.claim() == [*CLAIM, "start a"]
    assert story.ok("a") == ["done a", "start b"]
    assert story.ok("b") == ["done b", "run_completed"]
    assert story.state.status == "completed"


def test_only_one_attempt_runs_at_once_unless_more_are_allowed() -> None:
    assert Story.of("a", "b").claim() == [*CLAIM, "start a"]
    assert Story.of("a", "b", "c", top="limits: {parallel: 2}").claim() == [*CLAIM, "start a", "start b"]


def test_priority_goes_first_then_the_id() -> None:
    story = Story.begun("c", "b priority: 5", "a", top="limits: {parallel: 1}")
    assert list(story.state.executing) == ["b"]
    assert story.ok("b") == ["done b", "start a"]
    assert story.ok("a") == ["done a", "start c"]


def test_a_place_that_becomes_free_is_taken_at_once() -> None:
    story = Story.begun("a", "b", "c", top="limits: {parallel: 2}")
    assert story.ok("b") == ["done b", "start c"]
    assert story.look() == []


def test_a_condition_that_does_not_hold_skips_and_lets_go_on() -> None:
    story = Story.begun("a", "b needs: [a], when: 'nodes.a.output == 1'", "c needs: [b]")
    assert story.ok("a", 2) == ["done a", "skip b condition_not_met", "start c"]
    assert story.state.nodes["b"].skip_reason == "condition_not_met"


def test_a_condition_that_holds_starts() -> None:
    story = Story.begun("a", "b needs: [a], when: 'nodes.a.output == 1'")
    assert story.ok("a", 1) == ["done a", "start b"]


def test_skips_take_no_place_and_cascade_in_one_commit() -> None:
    story = Story.of("a", "b when: 'false'", "c needs: [b], when: 'false'", "d needs: [c], when: 'false'", "e needs: [d]")
    skipped = [f"skip {name} condition_not_met" for name in "bcd"]
    assert story.claim() == [*CLAIM, "start a", *skipped]
    assert story.ok("a") == ["done a", "start e"]


def test_a_condition_that_cannot_be_evaluated_fails_the_node_without_an_attempt() -> None:
    story = Story.begun("a", "b needs: [a], when: 'nodes.a.output.x == 1'")
    assert story.ok("a", 1) == ["done a", "fail b condition_error not_retryable", "run_failed nodes_failed"]
    error = story.state.nodes["b"].error
    assert error is not None
    assert (story.state.nodes["b"].attempt, error.failure_class) == (0, "configuration")


def test_a_condition_that_cannot_be_evaluated_counts_as_skipped_where_failures_do() -> None:
    story = Story.begun("a", "b needs: [a], when: 'nodes.a.output.x == 1', on_fail: continue", "c needs: [b]")
    assert story.ok("a", 1) == ["done a", "fail b condition_error not_retryable", "skip b on_fail_continue", "start c"]


def test_a_failed_condition_keeps_later_nodes_of_the_same_look_from_starting() -> None:
    story = Story.begun("x", "a needs: [x], when: 'nodes.x.output.y == 1'", "b needs: [x], when: 'true'", top="limits: {parallel: 4}")
    assert story.ok("x", 1) == ["done x", "fail a condition_error not_retryable", "run_failed nodes_failed"]


def test_a_condition_is_not_asked_again_for_a_later_attempt() -> None:
    retry = "retry: {max_attempts: 2}"
    story = Story.begun("a", f"b needs: [a], when: 'nodes.a.output == 1', {retry}")
    story.ok("a", 1)
    story.state.nodes["a"].output = 2
    assert story.fail("b") == ["fail b boom retry_allowed", "start b.2"]


def test_an_edge_until_settled_opens_on_failure_too() -> None:
    story = Story.begun("a", "b needs: [{node: a, until: settled}]", "c needs: [a]", top="fail_fast: false")
    assert story.fail("a") == ["fail a boom attempts_exhausted", "start b"]
    assert story.ok("b") == ["done b", "run_failed nodes_failed"]
    assert story.state.nodes["c"].status == "pending"


def test_an_edge_until_settled_waits_for_the_last_attempt() -> None:
    story = Story.begun("a retry: {max_attempts: 2}", "b needs: [{node: a, until: settled}]", top="fail_fast: false")
    assert story.fail("a") == ["fail a boom retry_allowed", "start a.2"]
    assert story.fail("a") == ["fail a boom attempts_exhausted", "start b"]


@pytest.mark.parametrize(("fail_fast", "then"), [("", []), ("fail_fast: true", []), ("fail_fast: false", ["start c"])])
def test_after_a_failure_others_start_only_where_the_workflow_says_so(fail_fast: str, then: list[str]) -> None:
    story = Story.begun("a", "b", "c", top=f"limits: {{parallel: 2}}\n{fail_fast}")
    assert story.fail("a") == ["fail a boom attempts_exhausted", *then]
    assert story.state.status == "running"


def test_what_is_under_way_is_folded_before_the_run_fails() -> None:
    story = Story.begun("a", "b", "c needs: [b]", top="limits: {parallel: 2}")
    story.fail("a")
    assert story.ok("b", 7) == ["done b", "run_failed nodes_failed"]
    assert (story.state.nodes["b"].output, story.state.nodes["c"].status) == (7, "pending")


def test_fail_fast_skips_what_never_started_and_names_the_failed() -> None:
    story = Story.begun("a", "b", "c needs: [b]", top="limits: {parallel: 2}\nfail_fast: true")
    story.fail("a")
    assert story.stop("b") == ["interrupt b fail_fast", "skip b fail_fast", "skip c fail_fast", "run_failed nodes_failed"]
    assert story.state.detail == {"code": "nodes_failed", "node_ids": ["a"]}


def test_without_fail_fast_several_failures_are_named_sorted() -> None:
    story = Story.begun("b", "a", top="limits: {parallel: 2}\nfail_fast: false")
    story.fail("b")
    story.fail("a")
    assert story.state.detail == {"code": "nodes_failed", "node_ids": ["a", "b"]}


def test_a_late_outcome_changes_nothing() -> None:
    story = Story.begun("a retry: {max_attempts: 2}")
    old = story.state.token("a")
    story.fail("a")
    from actors.node.messages import Success

    assert story.tell("a", Success(1), old) == []
    assert story.state.nodes["a"].status == "running"


def test_a_look_when_nothing_changed_decides_nothing() -> None:
    story = Story.begun("a")
    assert story.look() == []
    story.ok("a")
    assert story.look() == []

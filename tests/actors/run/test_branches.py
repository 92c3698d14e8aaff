"""Parallel blocks: who begins when, what a failure stops, and how many successes are enough."""

from __future__ import annotations

import pytest

from actors.settings import RunRules
from actors.workflow.spec import OnFail, RetryPolicy
from tests.actors.run.nested import block, branches, leaf, nested, says

THREE = [leaf("a"), leaf("b"), leaf("c")]


def test_all_branches_begin_at_once_whatever_the_run_may_do_at_once_and_their_markers_are_put_together() -> None:
    story = nested(branches("p", *THREE), leaf("z"))
    assert story.first[-4:] == ["begin p", "start a", "start b", "start c"]
    story.ok("b", says("m2", "m1"))
    story.ok("a", says("m3"))
    assert story.ok("c", says("m1")) == ["done c", "end p", "start z"]
    assert story.state.results["p"].markers == ("m1", "m2", "m3")
    assert [story.state.nodes[name].position for name in "abcz"] == [0, 1, 2, 3]


def test_no_more_than_the_limit_begin_at_once_in_the_order_of_the_file() -> None:
    names = [f"n{number}" for number in range(39, -1, -1)]
    story = nested(branches("p", *map(leaf, names)), rules=RunRules(max_parallel_branches=16))
    started = [word.removeprefix("start ") for word in story.first if word.startswith("start")]
    while story.state.executing:
        assert len(story.state.executing) <= 16
        started += [word.removeprefix("start ") for word in story.ok(next(iter(story.state.executing))) if word.startswith("start")]
    assert (started, story.state.status) == (names, "completed")


def test_a_failed_branch_stops_those_that_have_not_begun_and_others_end_normally() -> None:
    story = nested(branches("p", *THREE), rules=RunRules(max_parallel_branches=2))
    assert story.fail("a") == ["fail a boom attempts_exhausted", "skip c fail_fast"]
    assert story.ok("b") == ["done b", "fail p parallel_below_min_success not_retryable", "run_failed nodes_failed"]
    assert story.state.failures == ["p"]
    assert story.state.nodes["p"].error is not None
    assert story.state.nodes["p"].error.detail == {"successes": 1, "required": 2, "failed": ["a"]}


def test_a_branch_that_is_to_be_tried_again_is_stopped_too() -> None:
    story = nested(branches("p", leaf("a", retry=RetryPolicy(2)), leaf("b"), leaf("c")), rules=RunRules(max_parallel_branches=1))
    assert story.fail("a") == ["fail a boom retry_allowed", "start a.2"]
    assert story.fail("a")[:3] == ["fail a boom attempts_exhausted", "skip b fail_fast", "skip c fail_fast"]


@pytest.mark.parametrize(("least", "ending"), [(1, "completed"), (2, "failed")])
def test_enough_successes_forgive_failures(least: int, ending: str) -> None:
    story = nested(branches("p", *THREE, fail_fast=False, min_success=least))
    story.fail("a")
    story.fail("b")
    story.ok("c")
    assert story.state.status == ending
    assert story.statuses()["p"] == ending


def test_a_branch_left_out_by_its_condition_and_one_whose_failure_is_passed_over_count_as_success() -> None:
    story = nested(branches("p", leaf("a", when="false"), leaf("b", on_fail=OnFail("continue")), leaf("c")))
    story.fail("b")
    assert story.ok("c")[-2:] == ["end p", "run_completed"]
    assert story.state.nodes["a"].skip_reason == "condition_not_met"


def test_recovery_of_a_block_keeps_the_branches_that_succeeded() -> None:
    story = nested(branches("p", *THREE, fail_fast=False), leaf("z"))
    story.ok("a")
    story.fail("b")
    story.ok("c")
    story.recover()
    assert story.claim()[-1] == "start b @2"
    assert story.ok("b") == ["done b", "end p", "start z @2"]


def test_a_forgiven_branch_is_not_begun_again_by_a_recovery() -> None:
    story = nested(branches("p", *THREE, fail_fast=False, min_success=1), leaf("z"))
    story.ok("a")
    story.fail("b")
    story.ok("c")
    story.fail("z")
    assert story.recover()[0].startswith("run_recovered")
    assert story.claim()[-1] == "start z @2"
    assert story.ok("z")[-1] == "run_completed"


def test_a_block_in_a_branch_stops_at_its_first_failure_and_counts_as_one_branch() -> None:
    story = nested(branches("p", block("g", leaf("a"), leaf("b")), leaf("c"), fail_fast=False, min_success=1))
    assert story.fail("a") == ["fail a boom attempts_exhausted", "skip b fail_fast", "fail g group_nodes_failed not_retryable"]
    assert story.ok("c")[-2:] == ["end p", "run_completed"]


def test_a_retried_branch_begins_although_another_one_failed() -> None:
    story = nested(branches("p", *THREE, fail_fast=True))
    story.ok("c")
    story.fail("a")
    story.ok("b")
    story.retry("b")
    assert story.claim()[-1] == "start b @2"
    assert story.ok("b")[-2:] == ["fail p parallel_below_min_success not_retryable", "run_failed nodes_failed"]

"""Loops: when they turn, when they end, and what a turn begins anew."""

from __future__ import annotations

import pytest

from actors.run.plan import compile_plan
from actors.workflow.spec import Execution, Node, RetryPolicy, Workflow
from tests.actors.run.nested import block, leaf, loop, nested, says
from tests.actors.run.table import Story

AGAIN = 'marker("r", "again")'
ONE = (leaf("a"), leaf("r"))


def body(story: Story, *markers: str) -> list[str]:
    """One turn; the answer is what its last node led to."""
    story.ok("a")
    return story.ok("r", says(*markers))


def test_a_while_asks_before_its_first_turn_and_ends_when_the_marker_is_gone() -> None:
    story = nested(leaf("r0", result_key="r"), loop("l", AGAIN, 5, *ONE), leaf("z"))
    assert story.ok("r0", says("again")) == ["done r0", "begin l", "turn l 0", "start a"]
    assert body(story, "again") == ["done r", "turn l 1", "start a @2"]
    assert body(story) == ["done r", "end l condition 2", "start z"]
    assert story.state.nodes["r"].path == (1,)


def test_a_while_whose_marker_is_not_there_never_turns() -> None:
    story = nested(loop("l", AGAIN, 5, *ONE), leaf("z"))
    assert story.first[-3:] == ["begin l", "end l condition 0", "start z"]
    assert story.ok("z")[-1] == "run_completed"


@pytest.mark.parametrize("form", ["while", "do_while"])
def test_a_loop_at_its_limit_fails_or_is_left_quietly(form: str) -> None:
    first = leaf("r0", result_key="r")
    for on_max, ending in (
        ("fail", ["fail l loop_max_iterations_reached not_retryable", "skip z fail_fast", "run_failed nodes_failed"]),
        ("continue", ["end l max_iterations 2", "start z"]),
    ):
        story = nested(first, loop("l", AGAIN, 2, *ONE, form=form, on_max_iter=on_max), leaf("z"))
        story.ok("r0", says("again"))
        body(story, "again")
        assert body(story, "again") == ["done r", *ending]


def test_a_do_while_of_no_turns_never_runs_its_body() -> None:
    story = nested(loop("l", AGAIN, 0, *ONE, form="do_while"))
    assert story.first[-3:] == ["begin l", "fail l loop_max_iterations_reached not_retryable", "run_failed nodes_failed"]
    error = story.state.nodes["l"].error
    assert error is not None
    assert error.detail == {"condition": AGAIN, "max": 0}


def test_turns_that_end_alike_are_stuck_and_a_goal_that_is_reached_is_not() -> None:
    story = nested(loop("l", AGAIN, 9, *ONE, form="do_while", stuck_after=2))
    body(story, "again", "x")
    body(story, "x", "again", "y")
    assert body(story, "y", "again", "x")[1] == "fail l loop_stuck not_retryable"
    error = story.state.nodes["l"].error
    assert error is not None
    assert error.detail == {"condition": AGAIN, "iterations": 2}
    story = nested(loop("l", AGAIN, 9, *ONE, form="do_while", stuck_after=2))
    body(story, "again")
    assert body(story)[1] == "end l condition 2"


@pytest.mark.parametrize(
    "condition",
    ["marker('nobody', 'x') || true", "true", "nodes.r.output.markers.size() >= 0", "run.id != '' && nodes.r.output.markers.size() >= 0"],
)
def test_what_is_watched_is_the_first_result_that_the_condition_names(condition: str) -> None:
    story = nested(loop("l", condition, 9, *ONE, form="do_while", stuck_after=3))
    body(story, "x")
    body(story, "x")
    assert body(story, "x")[1] == "fail l loop_stuck not_retryable"


def test_the_newest_result_counts_also_of_another_node_with_that_key() -> None:
    story = nested(loop("l", AGAIN, 9, leaf("r"), leaf("r.2", result_key="r"), form="do_while"))
    story.ok("r", says("again"))
    assert story.ok("r.2", says())[1] == "end l condition 1"


def test_a_condition_that_cannot_be_evaluated_fails_the_loop() -> None:
    story = nested(loop("l", "nodes.a.output.n > 1", 9, leaf("a"), form="do_while"))
    assert story.ok("a", {"n": "text"}) == ["done a", "fail l condition_error not_retryable", "run_failed nodes_failed"]
    story = nested(loop("l", "inputs.none > 1", 9, leaf("a")))
    assert story.first[-2:] == ["fail l condition_error not_retryable", "run_failed nodes_failed"]


def test_a_failed_turn_ends_the_loop_with_fail_fast() -> None:
    story = nested(loop("l", AGAIN, 9, *ONE, form="do_while", on_max_iter="continue"))
    assert story.fail("a")[-3:] == ["skip r fail_fast", "fail l group_nodes_failed not_retryable", "run_failed nodes_failed"]


def test_without_fail_fast_a_loop_goes_on_after_a_failed_turn_and_fails_at_its_end() -> None:
    story = nested(loop("l", AGAIN, 9, *ONE, form="do_while"), fail_fast=False)
    story.fail("a")
    assert story.ok("r", says("again")) == ["done r", "turn l 1", "start a @2"]
    story.fail("a")
    story.ok("r", says("again"))
    assert body(story) == ["done r", "fail l group_nodes_failed not_retryable", "run_failed nodes_failed"]
    assert story.state.failures == ["a"]


def test_a_turn_begins_inner_loops_and_conditions_anew() -> None:
    inner = loop("k", 'marker("b", "again")', 3, leaf("b"), form="do_while")
    story = nested(loop("l", AGAIN, 3, inner, block("g", leaf("c"), when='marker("b", "c")'), leaf("r"), form="do_while"))
    story.ok("b", says("again"))
    assert story.state.path_of("b") == (0, 1)
    assert story.ok("b", says()) == ["done b", "end k condition 2", "skip g condition_not_met", "start r"]
    assert story.ok("r", says("again")) == ["done r", "turn l 1", "begin k", "turn k 0", "start b @3"]
    assert story.state.nodes["b"].path == (1, 0)
    assert story.ok("b", says("c"))[1:] == ["end k condition 1", "begin g", "start c @2"]
    assert story.state.nodes["c"].path == (1,)


def test_positions_go_on_from_turn_to_turn_and_attempts_of_one_share_theirs() -> None:
    story = nested(loop("l", AGAIN, 3, leaf("r", retry=RetryPolicy(2)), form="do_while"), leaf("z"))
    story.fail("r")
    story.ok("r", says("again"))
    assert story.state.nodes["r"].position == 1
    story.ok("r")
    assert story.state.nodes["z"].position == 2


def test_a_loop_does_not_turn_once_a_failure_elsewhere_stops_the_run() -> None:
    nodes: tuple[Node, ...] = (loop("l", "true", 9, leaf("r")), leaf("x"))
    for fail_fast, left in ((None, "pending"), (True, "skipped")):
        plan = compile_plan(Workflow("paper", nodes, execution=Execution(2, fail_fast=fail_fast)), "digest")
        story = Story.on(plan)
        story.claim()
        story.fail("x")
        story.ok("r")
        assert (story.state.status, story.statuses()["l"], story.state.failures) == ("failed", left, ["x"])


def test_a_recovered_loop_goes_on_in_its_turn() -> None:
    story = nested(loop("l", AGAIN, 9, *ONE, form="do_while"))
    body(story, "again")
    story.ok("a")
    story.fail("r")
    story.recover()
    assert story.claim()[-1] == "start r @3"
    assert story.state.nodes["r"].path == (1,)
    assert story.ok("r")[1] == "end l condition 2"


def test_a_loop_that_failed_by_itself_is_begun_from_its_first_turn_by_a_recovery() -> None:
    story = nested(loop("l", AGAIN, 1, *ONE, form="do_while"))
    body(story, "again")
    story.recover()
    assert story.claim()[-3:] == ["begin l", "turn l 0", "start a @2"]

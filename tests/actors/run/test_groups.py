"""Blocks: what stands in a group begins with it, and the group ends when that has."""

from __future__ import annotations

import pytest
from attrs import evolve

from actors.run.plan import compile_plan
from actors.run.rules import unwanted
from actors.workflow.exhaustion import TerminalBehavior
from actors.workflow.spec import Command, Execution, Need, OnFail, RetryPolicy, Workflow
from tests.actors.run.nested import block, branches, leaf, loop, nested, says
from tests.actors.run.table import Story


def test_a_block_begins_its_nodes_in_order_and_what_follows_it_waits_for_all_of_them() -> None:
    story = nested(leaf("a"), block("g", leaf("b"), leaf("c")), leaf("d"))
    assert story.ok("a") == ["done a", "begin g", "start b"]
    assert story.ok("b") == ["done b", "start c"]
    assert story.ok("c") == ["done c", "end g", "start d"]
    assert story.ok("d") == ["done d", "run_completed"]


@pytest.mark.parametrize("run_it", [True, False])
def test_a_skipped_group_skips_what_stands_in_it_without_facts_of_its_own_and_takes_no_place(*, run_it: bool) -> None:
    story = nested(block("g", block("h", leaf("a")), when='flag("run_it")'), leaf("b"), inputs={"run_it": run_it})
    if run_it:
        assert story.first[-3:] == ["begin g", "begin h", "start a"]
        return
    assert story.first[-2:] == ["skip g condition_not_met", "start b"]
    assert story.statuses() == {"g": "skipped", "h": "skipped", "a": "skipped", "b": "running"}
    assert story.state.nodes["b"].position == 0
    assert story.ok("b")[-1] == "run_completed"


def test_a_group_fails_with_a_node_in_it_and_the_rest_of_the_body_is_skipped() -> None:
    story = nested(block("g", block("h", leaf("a"), leaf("b")), leaf("c")), leaf("d"))
    assert story.fail("a") == [
        "fail a boom attempts_exhausted", "skip b fail_fast", "fail h group_nodes_failed not_retryable", "skip c fail_fast",
        "fail g group_nodes_failed not_retryable", "skip d fail_fast", "run_failed nodes_failed",
    ]  # fmt: skip
    assert story.state.failures == ["a"]


def test_without_fail_fast_the_block_goes_on_and_so_does_what_follows() -> None:
    story = nested(block("g", leaf("a"), leaf("b")), leaf("c"), fail_fast=False)
    assert story.fail("a") == ["fail a boom attempts_exhausted", "start b"]
    assert story.ok("b") == ["done b", "fail g group_nodes_failed not_retryable", "start c"]
    assert story.ok("c") == ["done c", "run_failed nodes_failed"]


def test_a_failure_elsewhere_leaves_a_group_that_is_under_way_undone() -> None:
    story = nested(branches("p", block("g", leaf("a"), leaf("b")), leaf("c"), min_success=2, fail_fast=False), parallel=2)
    assert story.fail("c") == ["fail c boom attempts_exhausted"]
    assert story.ok("a") == ["done a", "start b"]
    assert story.ok("b") == ["done b", "end g", "fail p parallel_below_min_success not_retryable", "run_failed nodes_failed"]


def test_fail_fast_leaves_undone_what_stands_in_another_group() -> None:
    nodes = (block("g", leaf("a"), leaf("b")), leaf("c"))
    plan = compile_plan(Workflow("paper", nodes, execution=Execution(2, fail_fast=True)), "digest")
    story = Story.on(plan)
    story.claim()
    assert story.fail("c") == ["fail c boom attempts_exhausted"]
    assert unwanted(story.state, story.now, 0) == ["a"]
    assert story.stop("a") == [
        "interrupt a fail_fast",
        "skip a fail_fast",
        "skip b fail_fast",
        "skip g fail_fast",
        "run_failed nodes_failed",
    ]


def test_what_a_failure_takes_upon_itself_is_no_failure_of_the_run() -> None:
    story = nested(block("g", leaf("a"), leaf("b"), on_fail=OnFail("continue")), leaf("c"))
    assert story.fail("a") == [
        "fail a boom attempts_exhausted", "skip b fail_fast", "fail g group_nodes_failed not_retryable", "skip g on_fail_continue",
        "start c",
    ]  # fmt: skip
    assert story.ok("c")[-1] == "run_completed"


def test_a_handler_in_a_group_ends_before_the_group_does() -> None:
    story = nested(block("g", leaf("a", on_fail=OnFail("handler", Command(("tell",))))), fail_fast=None)
    assert story.fail("a") == ["fail a boom attempts_exhausted", "start a.on_fail"]
    assert story.ok("a.on_fail") == ["done a.on_fail", "fail g group_nodes_failed not_retryable", "run_failed nodes_failed"]
    assert [story.state.nodes[name].position for name in ("a", "a.on_fail")] == [0, 1]


def test_a_group_survives_a_pause_a_restart_and_a_cancellation_leaves_it_undone() -> None:
    story = nested(block("g", leaf("a"), leaf("b")))
    story.ok("a")
    story.restart()
    assert story.claim()[-1] == "start b.2"
    story.pause()
    story.stop("b")
    story.resume()
    assert story.claim()[-1] == "start b.3"
    story.cancel()
    story.stop("b")
    assert (story.state.status, story.statuses()) == ("cancelled", {"g": "pending", "a": "completed", "b": "pending"})


def test_recovery_begins_what_failed_and_what_was_skipped_for_it_and_keeps_the_rest() -> None:
    story = nested(block("g", leaf("a"), leaf("b"), leaf("c")), leaf("d"))
    story.ok("a")
    story.fail("b")
    assert story.recover() == ["run_recovered recovered_by_operator"]
    assert story.statuses() == {"g": "running", "a": "completed", "b": "pending", "c": "pending", "d": "pending"}
    assert story.claim()[-1] == "start b @2"
    assert story.ok("b") == ["done b", "start c @2"]
    assert story.ok("c") == ["done c", "end g", "start d @2"]
    assert story.ok("d")[-1] == "run_completed"


def test_a_node_in_a_group_that_is_over_is_retried_and_all_behind_the_group_with_it() -> None:
    story = nested(block("g", leaf("a"), leaf("b")), leaf("c"))
    for name in "abc":
        story.ok(name)
    story.retry("b")
    assert story.statuses() == {"g": "running", "a": "completed", "b": "pending", "c": "pending"}
    assert story.claim()[-1] == "start b @2"
    assert story.ok("b") == ["done b", "end g", "start c @2"]


def test_a_group_is_retried_as_a_whole() -> None:
    story = nested(block("g", leaf("a"), leaf("b")), leaf("c"))
    for name in "abc":
        story.ok(name)
    story.retry("g")
    assert story.claim()[-2:] == ["begin g", "start a @2"]


def test_a_node_in_a_loop_that_was_left_out_is_retried_in_its_first_turn() -> None:
    story = nested(evolve(loop("l", "false", 5, leaf("a"), leaf("b")), when="false"), leaf("c"))
    assert story.ok("c") == ["done c", "run_completed"]
    story.retry("a")
    assert story.claim()[-1] == "start a @2"
    assert story.state.path_of("a") == (0,)
    assert story.ok("a") == ["done a", "start b @2"]
    assert story.ok("b") == ["done b", "end l condition 1", "start c @2"]


def test_a_branch_that_was_left_out_for_the_failure_of_another_never_begins() -> None:
    waits = evolve(leaf("c"), needs=(Need("a"),))
    story = nested(branches("p", leaf("a"), leaf("b"), waits), leaf("d"), fail_fast=False)
    assert story.fail("b")[1:] == ["skip c fail_fast"]
    assert story.ok("a") == ["done a", "fail p parallel_below_min_success not_retryable", "start d"]
    assert story.statuses()["c"] == "skipped"


def test_a_failure_elsewhere_ends_what_a_group_has_under_way_and_the_group_is_skipped_with_the_rest_of_it() -> None:
    nodes = (block("g", leaf("a"), leaf("b")), leaf("c"))
    story = Story.on(compile_plan(Workflow("paper", nodes, execution=Execution(2, fail_fast=True)), "digest"))
    assert story.claim()[-3:] == ["start c", "begin g", "start a"]
    assert story.fail("c") == ["fail c boom attempts_exhausted"]
    assert unwanted(story.state, story.now, 0) == ["a"]
    assert story.stop("a")[-2:] == ["skip g fail_fast", "run_failed nodes_failed"]
    assert story.statuses() == {"g": "skipped", "a": "skipped", "b": "skipped", "c": "failed"}


def test_what_followed_the_failure_of_a_group_follows_its_next_one_too() -> None:
    story = nested(block("g", leaf("a"), on_fail=OnFail("handler", Command(("tell",)))))
    for instance in (1, 2):
        assert "start g.on_fail" + ("" if instance == 1 else " @2") in story.fail("a")
        assert story.ok("g.on_fail")[-1] == "run_failed nodes_failed"
        story.retry("a")
        story.claim()


def test_a_run_that_was_cancelled_in_a_group_goes_on_there() -> None:
    story = nested(loop("l", 'marker("a", "again")', 5, leaf("a"), leaf("b"), form="do_while"))
    story.ok("a", says("again"))
    story.ok("b")
    story.ok("a", says("again"))
    story.cancel()
    story.stop("b")
    story.retry("b")
    assert story.claim()[-2:] == ["begin l", "start b @3"]
    assert story.ok("b") == ["done b", "turn l 2", "start a @3"]
    assert story.state.path_of("a") == (2,)


def test_a_node_held_for_review_holds_the_run_with_its_group() -> None:
    story = nested(
        block("g", leaf("a", retry=RetryPolicy(terminal_behavior=TerminalBehavior("pause_for_review"))), leaf("b")), fail_fast=None
    )
    assert story.fail("a")[-2:] == ["fail g group_nodes_failed not_retryable", "run_paused node_failed_review"]
    story.recover()
    assert story.claim()[-1] == "start a @2"
    story.ok("a")
    assert story.ok("b")[-2:] == ["end g", "run_completed"]


def test_finishing_leaves_groups_undone() -> None:
    story = nested(block("g", leaf("a"), leaf("b")), leaf("c"))
    story.finish()
    assert story.ok("a") == ["done a", "skip g finished_by_operator", "skip c finished_by_operator", "run_blocked finished_by_operator"]


def test_clean_up_walks_its_groups_whatever_fails_in_them() -> None:
    last = (leaf("x"), block("y", leaf("y1"), when='marker("x", "m")'), block("z", leaf("z1"), leaf("z2")))
    story = nested(leaf("a"), last=last)
    assert story.ok("a") == ["done a", "finally completed", "start x"]
    assert story.fail("x") == ["fail x boom attempts_exhausted", "skip y condition_not_met", "begin z", "start z1"]
    assert story.fail("z1") == ["fail z1 boom attempts_exhausted", "start z2"]
    assert story.ok("z2") == ["done z2", "fail z group_nodes_failed not_retryable", "finally_completed x z1", "run_completed"]


def test_groups_of_clean_up_beyond_its_grace_are_left_out() -> None:
    story = nested(leaf("a"), last=(block("z", leaf("z1"), leaf("z2")),))
    story.cancel()
    story.stop("a", "cancelled")
    story.wait(60_000)
    assert story.stop("z1", "grace_exhausted") == [
        "interrupt z1 grace_exhausted",
        "skip z grace_exhausted",
        "finally_completed",
        "run_stopped cancelled_by_operator",
    ]


def test_a_group_whose_need_failed_never_begins() -> None:
    story = nested(leaf("a"), block("g", leaf("b")), fail_fast=False)
    plan = story.plan
    assert plan.body.before["g"] == ("a",)
    assert plan.body.before["b"] == ("g",)
    assert plan.body.descendants(("a",)) == ["g", "b"]
    assert Need("a", "settled") in plan.body.needs["g"]


def test_a_block_with_a_failed_branch_ends_with_the_body_that_a_failure_elsewhere_ends() -> None:
    block_ = branches("p", leaf("x"), leaf("y", needs=(Need("x", "settled"),)), min_success=1, fail_fast=False)
    story = Story.on(compile_plan(Workflow("paper", (block_, leaf("z")), execution=Execution(2, fail_fast=True)), "digest"))
    assert story.claim()[-3:] == ["begin p", "start z", "start x"]
    assert story.fail("x") == ["fail x boom attempts_exhausted", "start y"]
    assert story.fail("z") == ["fail z boom attempts_exhausted"]
    assert story.stop("y") == [
        "interrupt y fail_fast", "skip y fail_fast", "fail p parallel_below_min_success not_retryable", "run_failed nodes_failed",
    ]  # fmt: skip

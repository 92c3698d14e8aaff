"""What follows a terminal failure: nothing more, going on as skipped, or a handler first."""

from __future__ import annotations

import pytest

from actors.node.messages import Failure
from actors.run.orders import Folders, work_order
from tests.actors.run.table import Story

HANDLER = "on_fail: {command: [tell, '{{ error.code }}']}"
BAD = "when: 'nodes.x.output.y == 1'"


def test_continue_counts_as_skipped_and_keeps_the_error() -> None:
    story = Story.begun("a on_fail: continue", "b needs: [a]")
    assert story.fail("a") == ["fail a boom attempts_exhausted", "skip a on_fail_continue", "start b"]
    assert story.ok("b") == ["done b", "run_completed"]
    error = story.state.nodes["a"].error
    assert error is not None
    assert (story.state.nodes["a"].status, error.code, story.state.last_failure) == ("skipped", "boom", None)


def test_continue_comes_after_the_last_attempt_only() -> None:
    story = Story.begun("a retry: {max_attempts: 2}, on_fail: continue")
    assert story.fail("a") == ["fail a boom retry_allowed", "start a.2"]
    assert story.fail("a") == ["fail a boom attempts_exhausted", "skip a on_fail_continue", "run_completed"]


def test_a_handler_runs_and_the_run_fails_all_the_same() -> None:
    story = Story.begun(f"a {HANDLER}", "b needs: [a]")
    assert story.fail("a") == ["fail a boom attempts_exhausted", "start a.on_fail"]
    assert story.ok("a.on_fail") == ["done a.on_fail", "run_failed nodes_failed"]
    assert story.state.detail == {"code": "nodes_failed", "node_ids": ["a"]}


def test_a_handlers_own_failure_is_recorded_and_changes_nothing() -> None:
    story = Story.begun(f"a {HANDLER}")
    story.fail("a")
    assert story.fail("a.on_fail", "worse") == ["fail a.on_fail worse attempts_exhausted", "run_failed nodes_failed"]
    assert story.state.failures == ["a"]


def test_a_handler_whose_attempt_is_interrupted_starts_again() -> None:
    story = Story.begun(f"a {HANDLER}")
    story.fail("a")
    assert story.stop("a.on_fail", "lost") == ["interrupt a.on_fail lost", "start a.on_fail.2"]


def test_a_handler_runs_after_a_condition_that_cannot_be_evaluated() -> None:
    story = Story.begun("x", f"a needs: [x], {BAD}, {HANDLER}")
    assert story.ok("x", 1) == ["done x", "fail a condition_error not_retryable", "start a.on_fail"]
    assert story.ok("a.on_fail") == ["done a.on_fail", "run_failed nodes_failed"]


def test_a_handler_of_a_clean_up_node_runs_after_a_condition_that_cannot_be_evaluated() -> None:
    story = Story.begun("x", last=(f"t {BAD}, {HANDLER}",))
    assert story.ok("x", 1) == ["done x", "finally completed", "fail t condition_error not_retryable", "start t.on_fail"]
    assert story.ok("t.on_fail") == ["done t.on_fail", "finally_completed t", "run_completed"]


def test_handlers_take_a_place_among_the_attempts_at_once() -> None:
    story = Story.begun("x", f"a needs: [x], {BAD}, {HANDLER}", "b needs: [x]", top="fail_fast: false")
    assert story.ok("x", 1) == ["done x", "fail a condition_error not_retryable", "start b"]
    assert story.ok("b") == ["done b", "start a.on_fail"]


def test_a_handler_is_not_ended_by_fail_fast() -> None:
    from actors.run.rules import ended_because, unwanted

    story = Story.begun(f"a {HANDLER}", "b", top="limits: {parallel: 2}\nfail_fast: true")
    assert story.fail("a") == ["fail a boom attempts_exhausted", "start a.on_fail"]
    assert (unwanted(story.state, story.now, 60_000), ended_because(story.state)) == (["b"], "fail_fast")


def test_a_handler_may_name_the_failure() -> None:
    from actors.run.scope import scope_for

    story = Story.begun(f"a {HANDLER}")
    story.fail("a", "boom", "timeout")
    assert scope_for(story.state, "a.on_fail")["error"] == {
        "code": "boom", "message": "boom!", "failure_class": "timeout", "node_id": "a",
    }  # fmt: skip


@pytest.mark.parametrize(
    "node", ["artifact: '{{ nodes.a.output.x }}.md'", "command: [say, '{{ nodes.a.output.x }}']"], ids=["artifact", "words"]
)
@pytest.mark.parametrize(("mode", "then"), [("fail", "run_failed nodes_failed"), ("continue", "skip b on_fail_continue")])
def test_what_cannot_be_rendered_is_not_tried_again_whatever_the_policy_says(node: str, mode: str, then: str) -> None:
    story = Story.begun("a", f"b {node}, needs: [a], retry: {{max_attempts: 3, on: ['*']}}, on_fail: {mode}")
    story.ok("a", {})
    found = work_order(story.state, "b", Folders("/data/run-1", "/work"), story.rules)
    assert isinstance(found, Failure)
    assert story.tell("b", found)[:2] == ["fail b reference_unknown not_retryable", then]

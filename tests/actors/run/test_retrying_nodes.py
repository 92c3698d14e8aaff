"""An operator begins a node anew: what is reset with it, what an ending left behind, and what stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.actors.run.table import Story

GATE = "g gate: human_approval"


def queued() -> Story:
    return Story.of("a")


def running() -> Story:
    return Story.begun("a", "b needs: [a]")


def failed() -> Story:
    story = running()
    story.fail("a")
    return story


def cancelled() -> Story:
    story = running()
    story.cancel()
    return story


def test_a_retry_begins_the_node_and_all_behind_it_anew() -> None:
    story = failed()
    assert story.retry("a") == ["retried a"]
    assert story.answer == {"node_id": "a", "reset_nodes": ["a", "b"]}
    assert (story.state.nodes["a"].attempt, story.state.nodes["a"].instance, story.state.finished_at_ms) == (0, 2, None)
    assert story.claim() == ["run_execution_claimed", "start a @2"]
    story.ok("a")
    assert story.ok("b") == ["done b", "run_completed"]


def test_a_completed_run_can_be_retried_in_part() -> None:
    story = Story.begun("a", "b needs: [a]")
    story.ok("a")
    story.ok("b")
    story.retry("b")
    assert story.claim() == ["run_execution_claimed", "start b @2"]


@pytest.mark.parametrize(("make", "node", "code"), [
    (queued, "a", "run_task_not_mutable"), (running, "a", "run_task_not_mutable"), (failed, "nobody", "node_not_found"),
])  # fmt: skip
def test_retries_that_are_refused(make: Callable[[], Story], node: str, code: str) -> None:
    story = make()
    assert (story.retry(node), story.code) == ([], code)


def test_clean_up_nodes_cannot_be_retried_by_themselves_and_run_again_with_the_body() -> None:
    story = Story.begun("a", last=("t",))
    story.fail("a")
    story.fail("t")
    assert (story.retry("t"), story.code) == ([], "node_not_found")
    story.retry("a")
    story.claim()
    assert story.ok("a") == ["done a", "finally completed", "start t @2"]
    assert story.ok("t") == ["done t", "finally_completed", "run_completed"]


def test_a_retry_runs_what_fail_fast_had_skipped() -> None:
    story = Story.begun("a", "b", "c needs: [a, b]", top="fail_fast: true")
    story.fail("a")
    assert story.statuses() == {"a": "failed", "b": "skipped", "c": "skipped"}
    story.retry("a")
    assert story.claim() == ["run_execution_claimed", "start a @2"]
    assert story.ok("a") == ["done a", "start b @2"]
    assert story.ok("b") == ["done b", "start c @2"]
    assert story.ok("c") == ["done c", "run_completed"]


def test_a_retry_asks_again_what_the_ending_had_closed() -> None:
    story = Story.begun("a", GATE, "x needs: [g]")
    story.fail("a")
    story.retry("a")
    assert story.claim() == ["run_execution_claimed", "start a @2", "ask g @2"]
    assert story.ok("a") == ["done a", "run_awaiting_approval"]


def test_a_retry_of_a_paused_run_leaves_open_gates_alone() -> None:
    story = Story.begun("a", GATE)
    story.ok("a")
    story.pause()
    assert story.retry("a") == ["retried a"]
    assert story.state.open_gates["g"].instance == 1


def test_a_retry_of_one_failure_is_not_stopped_by_another_from_before() -> None:
    story = Story.begun("a", "b", "c needs: [a]", top="limits: {parallel: 2}")
    story.fail("a")
    story.fail("b")
    story.retry("a")
    assert story.claim() == ["run_execution_claimed", "start a @2"]
    assert story.ok("a") == ["done a", "start c @2"]
    assert story.ok("c") == ["done c", "run_failed nodes_failed"]
    assert story.state.detail == {"code": "nodes_failed", "node_ids": ["b"]}
    story.retry("b")
    story.claim()
    assert story.ok("b") == ["done b", "run_completed"]


def test_a_new_failure_after_a_retry_stops_as_ever() -> None:
    story = Story.begun("a", "b", "c", "d", top="limits: {parallel: 2}")
    story.fail("a")
    story.fail("b")
    story.retry("a")
    assert story.claim() == ["run_execution_claimed", "start a @2", "start c"]
    assert story.fail("a") == ["fail a boom attempts_exhausted"]
    assert story.ok("c") == ["done c", "run_failed nodes_failed"]


def test_a_retry_undoes_a_cancellation() -> None:
    story = cancelled()
    story.retry("b")
    assert story.claim() == ["run_execution_claimed", "start a.2"]
    assert (story.state.cancel_reason, story.state.stop_kind) == (None, None)

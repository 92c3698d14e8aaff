"""A back-off as the run's record and the scheduler's queue have it."""

from __future__ import annotations

import pytest

from actors.run.schedule import ticket_of
from tests.actors.run.table import Story

WAIT = "retry: {max_attempts: 3, backoff: {strategy: fixed, initial: 500ms}}"


def test_r27_a_failure_of_the_only_node_gives_the_slot_back_until_its_back_off_is_over() -> None:
    story = Story.begun(f"a {WAIT}")
    assert story.fail("a") == ["fail a boom retry_scheduled", "release a 1500"]
    state = story.state
    assert (state.status, state.resume_reason, state.executing, state.claimed) == ("queued", "retry_backoff_scheduled", {}, False)
    assert state.queue == {
        "queue_reason": "retry_backoff", "queued_at_ms": 1000, "retry_node_id": "a", "retry_attempt": 2, "retry_backoff_ms": 500,
        "retry_after_ms": 1500, "retry_reason": "boom!", "resource_key": "workflow://paper/runs/run-1/nodes/a",
    }  # fmt: skip
    ticket = ticket_of(state)
    assert (ticket.not_before_ms, ticket.epoch) == (1500, 1)
    assert [words.partition(" ")[0] for words in story.cancel()] == ["run_stopped"], "and a back-off holds up no cancel"
    assert (story.state.status, story.state.queue, story.state.backoffs) == ("cancelled", None, {})


@pytest.mark.parametrize(("at", "left"), [(1000, 500), (1200, 300)])
def test_a_back_off_that_began_while_others_worked_has_less_left_when_the_slot_is_given_back(at: int, left: int) -> None:
    story = Story.begun(f"a {WAIT}", "b", top="limits: {parallel: 2}")
    assert story.fail("a") == ["fail a boom retry_scheduled", "backoff a 1500"]
    story.now = at
    assert story.ok("b") == ["done b", "release a 1500"]
    assert (story.state.queue or {})["retry_backoff_ms"] == left


def test_of_several_back_offs_the_earliest_names_the_run_s_and_of_equal_ones_the_first_in_flow_order() -> None:
    story = Story.begun(
        f"c {WAIT}", f"b {WAIT}", "a retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 2s}}", top="limits: {parallel: 3}"
    )
    for node_id in ("a", "b", "c"):
        story.fail(node_id)
    assert (story.state.queue or {})["retry_node_id"] == "c"

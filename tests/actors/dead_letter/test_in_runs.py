"""What a run does about dead letters: it leaves them in the decision that makes them so, and begins again for them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from actors.dead_letter.letter import name_of
from actors.dead_letter.messages import LetterRetry, RetryLetters
from actors.node.events import NodeFailed
from actors.run.why import reasons
from storage.records import Append
from tests.actors.run.table import Story

LETTER = "retry: {terminal_behavior: dead_letter}"
OF_A = name_of("tool_effect", "run-1", "a\0001")


def left(story: Story) -> list[dict[str, Any]]:
    """What the letters say that the story has left so far."""
    return [{"letter_id": append.stream, **orjson.loads(append.events[0].data)} for append in story.once]


def requeue(story: Story, *node_ids: str) -> list[str]:
    return story.operate(RetryLetters(tuple(LetterRetry(f"letter-{name}", name, Append(f"letter-{name}", 1)) for name in node_ids)))


def test_a_node_that_fails_for_good_leaves_a_letter_and_its_failure_names_it() -> None:
    story = Story.begun(f"a {LETTER}")
    assert story.fail("a", "boom", "timeout") == ["fail a boom attempts_exhausted", "run_failed nodes_failed"]
    assert left(story) == [
        {
            "letter_id": OF_A, "run_id": "run-1", "workflow_id": "paper", "source_type": "tool_effect", "node_id": "a", "instance": 1,
            "code": "boom", "options": ["retry", "ignore", "compensate", "abandon"], "failure_class": "timeout", "message": "boom!",
            "attempts": 1,
        }
    ]  # fmt: skip
    assert next(event.dead_letter for event, _ in story.log if isinstance(event, NodeFailed)) == OF_A
    assert reasons(story.state, None, story.now)[0]["next"][-1] == f"penstock dead-letters show {OF_A}"


def test_a_failure_that_is_tried_again_leaves_none() -> None:
    story = Story.begun("a retry: {max_attempts: 2, terminal_behavior: dead_letter}")
    story.fail("a")
    assert left(story) == []
    story.fail("a")
    assert [letter["attempts"] for letter in left(story)] == [2]


@pytest.mark.parametrize(
    ("more", "letters"),
    [
        ("retry: {terminal_behavior: {mode: pause_for_review, dead_letter: true}}", 1),
        ("retry: {terminal_behavior: {mode: fail_run, dead_letter: true}}", 1),
        (f"{LETTER}, on_fail: continue", 0),
        (f"{LETTER}, on_fail: {{command: [tell]}}", 1),
        ("retry: {terminal_behavior: fail_run}", 0),
        ("", 0),
    ],
)
def test_who_leaves_a_letter(more: str, letters: int) -> None:
    story = Story.begun(f"a {more}".strip())
    story.fail("a")
    assert len(left(story)) == letters


def test_a_condition_that_fails_and_attempts_lost_in_crashes_leave_one_too() -> None:
    condition = Story.begun("b", f"a {LETTER}, needs: [b], when: 'nodes.b.output.x == 1'")
    condition.ok("b", {})
    assert [letter["code"] for letter in left(condition)] == ["condition_error"]
    crashed = Story.begun(f"a {LETTER}")
    for _ in range(3):
        crashed.restart()
        crashed.claim()
    assert crashed.state.status == "failed"
    assert [letter["code"] for letter in left(crashed)] == ["interrupted_by_restart"]


@pytest.mark.parametrize(
    ("action", "letters"),
    [("cancel", 1), ("escalate, escalate_to: ops", 1), ("remind", 1), ("remind, remind_every: 1m", 0), ("resume", 0), ("fail", 0)],
)
def test_a_wait_for_which_nothing_came_leaves_one_where_a_person_must_know(action: str, letters: int) -> None:
    story = Story.begun(f"p wait: {{signal: s, timeout: 1s, on_timeout: {action}}}")
    story.wait(1000)
    found = left(story)
    assert len(found) == letters
    for letter in found:
        assert letter["letter_id"] == name_of("stateful_wait", "run-1", "workflow:run-1:p:1:wait")
        assert (letter["source_type"], letter["options"], letter["wait_id"]) == (
            "stateful_wait", ["ignore", "compensate"], "workflow:run-1:p:1:wait",
        )  # fmt: skip


def test_a_run_begins_again_for_its_letters() -> None:
    story = Story.begun(f"a {LETTER}", "b needs: [a]", "c", last=("t",))
    story.fail("a")
    story.ok("t")
    assert story.state.status == "failed"
    assert requeue(story, "a") == ["letters_requeued"]
    state = story.state
    assert (state.status, state.resume_reason, state.finished_at_ms) == ("queued", "stateful_dead_letter_retry_dispatched", None)
    assert [append.stream for append in story.also] == ["letter-a"]
    assert story.answer == {"letter_ids": ["letter-a"], "reset_nodes": ["a", "b"]}
    assert story.claim() == ["run_execution_claimed", "start a @2"]


def test_a_failure_of_a_retry_belongs_to_the_letter_that_was_retried() -> None:
    story = Story.begun(f"a {LETTER}")
    story.fail("a")
    requeue(story, "a")
    story.claim()
    story.fail("a")
    assert [letter["letter_id"] for letter in left(story)] == [OF_A]
    assert [event.dead_letter for event, _ in story.log if isinstance(event, NodeFailed)] == [OF_A, "letter-a"]
    story.retry("a")  # a person begins anew: that is a failure of its own
    story.claim()
    story.fail("a")
    assert [letter["instance"] for letter in left(story)] == [1, 3]


def test_the_node_that_failed_last_begins_again_as_well() -> None:
    story = Story.begun(f"a {LETTER}", "b", "c", top="limits: {parallel: 3}")
    story.ok("c")
    story.fail("a")
    story.fail("b")
    requeue(story, "a")
    assert story.answer == {"letter_ids": ["letter-a"], "reset_nodes": ["a", "b"]}


def test_a_question_that_the_ending_closed_is_asked_again() -> None:
    story = Story.begun(f"a {LETTER}", "b effect: once", top="limits: {parallel: 2}")
    story.fail("b", unknown=True)
    story.fail("a")
    assert requeue(story, "a") == ["letters_requeued", "ask b.outcome"]


@pytest.mark.parametrize("status", ["running", "completed", "cancelled", "paused"])
def test_only_a_run_that_has_failed_begins_again(status: str) -> None:
    story = Story.begun(f"a {LETTER}")
    if status == "completed":
        story.ok("a")
    elif status == "cancelled":
        story.cancel()
    elif status == "paused":
        story.pause()
    assert requeue(story, "a") == []
    assert (story.state.status, story.code) == (status, "dead_letter_run_not_failed")

"""A person ends a run with what it has: nothing new starts, what is under way ends by itself, clean-up runs, the run is blocked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actors.run.summary import summary_json
from tests.actors.run.table import Story
from tests.actors.sub_run.paper import parent

GATE = "g gate: human_approval"


def test_what_is_under_way_ends_by_itself_and_the_rest_is_skipped() -> None:
    story = Story.begun("a", "b needs: [a]", GATE)
    assert story.finish() == ["finish finished_by_operator"]
    assert story.state.status == "running"
    assert story.ok("a", 7) == [
        "done a", "skip b finished_by_operator", "skip g finished_by_operator", "run_blocked finished_by_operator",
    ]  # fmt: skip
    state = story.state
    assert (state.status, state.detail) == ("blocked", {"code": "finished_by_operator", "node_ids": ["b", "g"]})
    assert (state.nodes["a"].output, state.open_gates) == (7, {})


def test_a_held_run_without_clean_up_is_over_at_once() -> None:
    story = Story.begun("a", "b needs: [a]", top="limits: {tokens: 5}")
    story.pause()
    assert story.finish("enough ") == [
        "finish enough", "skip a finished_by_operator", "skip b finished_by_operator", "run_blocked finished_by_operator",
    ]  # fmt: skip
    assert story.state.status == "blocked"


def test_clean_up_runs_first() -> None:
    story = Story.begun(GATE, last=("z",))
    assert story.finish() == ["finish finished_by_operator"]
    assert (story.state.status, story.state.resume_reason) == ("queued", "finish_requested")
    assert story.claim() == ["run_execution_claimed", "skip g finished_by_operator", "finally failed", "start z"]
    assert story.ok("z") == ["done z", "finally_completed", "run_blocked finished_by_operator"]


def test_a_run_that_was_never_started_has_nothing_to_clean_up() -> None:
    story = Story.of("a", last=("z",))
    assert story.finish()[-1] == "run_blocked finished_by_operator"


def test_where_all_was_done_in_spite_of_it_the_run_is_complete() -> None:
    story = Story.begun("a")
    story.finish()
    assert story.ok("a") == ["done a", "run_completed"]


def test_a_failure_under_way_does_not_change_that_it_was_finished() -> None:
    story = Story.begun("a", "b needs: [a]")
    story.finish()
    assert story.fail("a") == ["fail a boom attempts_exhausted", "skip b finished_by_operator", "run_blocked finished_by_operator"]


def test_a_retry_that_is_left_does_not_begin() -> None:
    story = Story.begun("a retry: {max_attempts: 3}")
    story.finish()
    assert story.fail("a") == ["fail a boom retry_allowed", "skip a finished_by_operator", "run_blocked finished_by_operator"]


def test_it_goes_on_through_a_pause() -> None:
    story = Story.begun("a", "b needs: [a]", last=("z",))
    story.finish()
    story.pause()
    story.resume()
    assert story.claim() == [
        "run_execution_claimed", "skip a finished_by_operator", "skip b finished_by_operator", "finally failed", "start z",
    ]  # fmt: skip


def test_a_cancel_outranks_it() -> None:
    story = Story.begun("a")
    story.finish()
    assert story.cancel()[-1] == "run_stopped cancelled_by_operator"


def test_asked_twice_it_says_nothing_new() -> None:
    story = Story.begun("a")
    story.finish()
    assert (story.finish(), story.answer) == ([], {})


def test_what_was_finished_can_be_recovered() -> None:
    story = Story.begun("a", "b needs: [a]")
    story.finish()
    story.ok("a")
    assert story.recover() == ["run_recovered recovered_by_operator"]
    assert story.claim() == ["run_execution_claimed", "start b @2"]
    assert story.ok("b") == ["done b", "run_completed"]


def cancelling() -> Story:
    story = Story.begun("a", last=("z",))
    story.cancel()
    return story


def cleaning_up() -> Story:
    story = Story.begun("a", last=("z",))
    story.ok("a")
    return story


def over() -> Story:
    story = Story.begun("a")
    story.ok("a")
    return story


@pytest.mark.parametrize(("make", "code"), [
    (over, "run_already_terminal"), (cancelling, "run_not_finishable"), (cleaning_up, "run_not_finishable"),
])  # fmt: skip
def test_what_cannot_be_finished(make: Callable[[], Story], code: str) -> None:
    story = make()
    assert (story.finish(), story.code) == ([], code)


def test_a_held_run_in_which_all_is_done_ends_as_complete() -> None:
    story = Story.begun("a", top="limits: {runtime: 1s}")
    story.now += 2000
    assert story.ok("a")[-1] == "run_paused budget_runtime_reached"
    assert story.finish() == ["finish finished_by_operator"]
    assert (story.state.status, story.state.resume_reason) == ("queued", "finish_requested")
    assert story.claim() == ["run_execution_claimed", "run_completed"]


def test_a_run_below_that_waits_is_left_behind_and_its_attempt_counts_as_skipped() -> None:
    made = parent("a", "b needs: [a]", calls={"a": {}})
    made.child(1, "waiting")
    assert made.story.finish()[-1] == "run_blocked finished_by_operator"
    attempts = summary_json(made.story.state)["attempts"]
    assert [(one["node_id"], one["status"]) for one in attempts] == [("a", "skipped"), ("b", "skipped")]

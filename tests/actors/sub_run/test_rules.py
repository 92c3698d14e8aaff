"""A node that is a run of another workflow: its beginning, the child's rests and endings, retries, limits and interruptions."""

from __future__ import annotations

import pytest

from actors.node.messages import Usage
from actors.refusals import Refusal
from actors.run.evolve import evolve
from actors.run.recovery import rehydrate
from actors.run.schedule import CHILDREN_MS, next_look_ms
from actors.sub_run.events import SubRunEnded
from actors.sub_run.wanted import wish_for
from tests.actors.sub_run.paper import ONE, Parent, begun, parent


def words(made: Parent, child: str = "child-1") -> tuple[str, str]:
    """What is wanted of the child."""
    wish = wish_for(made.story.state, made.story.state.children[child], made.story.now)
    return wish.word, wish.reason


def test_fl91_the_child_is_made_in_the_commit_of_its_node_and_its_ending_is_the_nodes() -> None:
    made = parent("a", "b needs: [a]", "c needs: [b]", calls=ONE)
    assert made.story.ok("a", "owls") == ["done a", "start b", "sub_run_started"]
    [append] = made.story.also
    assert (append.stream, append.expected, [event.kind for event in append.events]) == ("child-1", 0, ["run_created"])
    assert append.headline is not None
    assert (append.headline.status, append.headline.parent, append.headline.keys) == ("queued", "run-1", ("sub-runs/open",))
    assert made.inputs == ['{"topic":"owls"}']
    state = made.story.state
    assert (state.status, state.nodes["b"].status, state.nodes["b"].child_run_id, dict(state.executing)) == (
        "running",
        "running",
        "child-1",
        {},
    )
    assert made.child(1, "running") == []
    used = Usage(10, 5, 0.5, 2)
    assert made.child(1, "completed", output={"n": 1}, used=used) == ["sub_run_ended", "done b", "start c"]
    assert (state.nodes["b"].output, state.usage, state.children) == ({"n": 1}, used, {})


def test_without_inputs_the_child_gets_the_parents_and_without_an_output_its_name_is_one() -> None:
    made = parent("b", calls={"b": {}}, inputs={"topic": "owls"})
    assert made.inputs == ['{"topic":"owls"}']
    made.child(1, "completed")
    assert made.story.state.nodes["b"].output == {"run_id": "child-1", "status": "completed"}
    assert made.story.state.status == "completed"


@pytest.mark.parametrize("status", ["paused", "waiting", "awaiting_approval"])
def test_a_child_that_rests_has_its_node_wait_and_the_parent_rest_until_it_goes_on(status: str) -> None:
    made = begun()
    assert made.child(1, status, used=Usage(7)) == ["sub_run_waiting", "run_waiting"]
    state = made.story.state
    assert (state.status, state.nodes["b"].status, state.usage.prompt_tokens) == ("waiting", "waiting", 7)
    assert made.child(1, status) == []
    assert made.child(1, "queued") == ["run_requeued child_changed"]
    assert (state.status, state.resume_reason) == ("queued", "child_changed")
    assert made.story.claim()[-1] == "sub_run_went_on"
    assert (state.status, state.nodes["b"].status) == ("running", "running")
    made.child(1, "completed", used=Usage(9))
    assert (state.nodes["b"].status, state.usage.prompt_tokens) == ("completed", 9)


def test_while_one_child_rests_others_go_on() -> None:
    made = parent("b", "d", "e needs: [d]", calls={"b": {}, "d": {}})
    assert made.child(1, "paused") == ["sub_run_waiting"]
    assert made.story.state.status == "running"
    assert made.child(2, "completed") == ["sub_run_ended", "done d", "start e"]
    assert made.story.ok("e") == ["done e", "run_waiting"]


def test_a_child_that_ended_while_the_parent_was_away_is_taken_as_it_is() -> None:
    made = begun()
    made.child(1, "waiting")
    made.child(1, "completed")
    assert made.story.state.status == "queued"
    assert made.story.claim()[1:] == ["sub_run_ended", "done b", "start c"]


def test_a_start_loses_no_child() -> None:
    made = begun()
    assert made.story.do(rehydrate) == ["run_queued_for_resume_after_restart"]
    made.story.claim()
    assert made.story.state.nodes["b"].attempt == 1
    assert made.child(1, "completed") == ["sub_run_ended", "done b", "start c"]


@pytest.mark.parametrize("status", ["failed", "blocked"])
def test_a_child_that_fails_is_a_failed_attempt_and_the_next_attempt_is_another_child(status: str) -> None:
    retry = "needs: [a], retry: {max_attempts: 2, on: ['*'], backoff: {strategy: none}}"
    made = parent("a", f"b {retry}", "c needs: [b]", calls=ONE)
    made.story.ok("a", "owls")
    assert made.child(1, status, code="nodes_failed", message="leaf: boom: broken", used=Usage(3)) == [
        "sub_run_ended", "fail b sub_workflow_failed retry_allowed", "start b.2", "sub_run_started",
    ]  # fmt: skip
    error = made.story.state.nodes["b"].error
    assert error is not None
    assert error.detail == {"child_run_id": "child-1", "workflow": "sub", "child_code": "nodes_failed", "child_status": status}
    assert made.child(2, "completed", used=Usage(4)) == ["sub_run_ended", "done b", "start c"]
    assert (made.story.state.nodes["b"].attempt, made.story.state.usage.prompt_tokens) == (2, 7)


def test_a_cancelled_child_of_a_parent_that_is_not_is_a_failure() -> None:
    made = begun()
    assert made.child(1, "cancelled", message="enough")[:2] == ["sub_run_ended", "fail b sub_workflow_cancelled attempts_exhausted"]
    assert made.story.state.status == "failed"


def test_a_child_that_is_gone_is_one_that_was_cancelled() -> None:
    made = begun()
    assert made.child(1, "cancelled", missing=True)[1] == "fail b sub_workflow_cancelled attempts_exhausted"


def test_a_child_that_cannot_be_made_fails_the_attempt() -> None:
    made = parent("a", "b needs: [a]", calls=ONE)
    made.refused = Refusal("missing_required_input", 'The input "x" is missing.')
    assert made.story.ok("a", "owls")[:3] == ["done a", "start b", "fail b sub_workflow_start_failed not_retryable"]
    error = made.story.state.nodes["b"].error
    assert error is not None
    assert (error.detail["cause"], made.story.also) == ("missing_required_input", [])


def test_the_sixth_workflow_in_a_chain_is_none() -> None:
    made = parent("a", "b needs: [a]", calls=ONE, depth=4)
    assert made.story.ok("a", "owls")[:2] == ["done a", "fail b workflow_nesting_too_deep not_retryable"]
    node = made.story.state.nodes["b"]
    assert node.error is not None
    assert (node.attempt, node.error.detail, made.inputs) == (0, {"parent": "paper", "workflow": "sub", "limit": 5}, [])


def test_inputs_that_name_nothing_fail_the_node_before_any_attempt() -> None:
    made = parent("b", calls={"b": {"topic": "{{ inputs.nothing }}"}}, begin=False)
    assert next(word for word in made.story.claim() if word.startswith("fail")).endswith("not_retryable")
    assert made.story.state.nodes["b"].attempt == 0


def test_a_limit_of_time_ends_the_child_and_is_a_failure_of_its_own() -> None:
    made = parent("b timeout: 10s", calls={"b": {}})
    made.story.wait(6_000)
    made.child(1, "awaiting_approval")
    made.story.wait(60_000)
    assert words(made) == ("go_on", "")
    made.child(1, "running")
    made.story.claim()
    made.story.wait(3_999)
    assert words(made) == ("go_on", "")
    made.story.wait(1)
    assert words(made) == ("cancel", "timeout")
    assert made.child(1, "cancelled")[:2] == ["sub_run_ended", "fail b node_absolute_timeout attempts_exhausted"]
    error = made.story.state.nodes["b"].error
    assert error is not None
    assert (error.failure_class, error.detail["after_ms"]) == ("timeout", 10_000)


def test_a_cancel_reaches_the_children_and_clean_up_waits_for_them() -> None:
    made = begun(last=("tidy",))
    made.story.cancel("enough")
    state = made.story.state
    assert (state.status, words(made)) == ("running", ("cancel", "parent_cancelled"))
    assert made.child(1, "running") == []
    assert made.child(1, "cancelled") == ["sub_run_ended", "interrupt b cancelled", "finally cancelled", "start tidy"]
    assert (state.nodes["b"].status, state.section) == ("pending", "finally")


def test_without_clean_up_the_parent_ends_at_once_and_still_wants_its_children_to() -> None:
    made = begun()
    made.story.cancel("enough")
    assert (made.story.state.status, made.story.state.nodes["b"].status) == ("cancelled", "pending")
    assert words(made) == ("cancel", "parent_cancelled")
    made.story.retry("b")
    assert words(made) == ("cancel", "parent_cancelled"), "it belongs to an attempt that is over"
    made.story.claim()
    assert (made.story.state.nodes["b"].child_run_id, words(made, "child-2")) == ("child-2", ("go_on", ""))
    assert made.child(1, "cancelled") == ["sub_run_ended"]


def test_a_pause_holds_the_children_and_a_resume_lets_them_go_on() -> None:
    made = begun()
    made.story.pause()
    assert words(made) == ("hold", "")
    made.story.resume()
    assert words(made) == ("nothing", "")
    made.story.claim()
    assert words(made) == ("go_on", "")


def test_with_fail_fast_a_failure_elsewhere_ends_the_children() -> None:
    made = parent("b", "d", calls={"b": {}}, fail_fast=True)
    made.story.fail("d")
    assert words(made) == ("cancel", "fail_fast")
    assert made.child(1, "cancelled")[:2] == ["sub_run_ended", "interrupt b fail_fast"]
    assert made.story.state.status == "failed"


def test_clean_up_may_begin_runs_and_its_grace_ends_them() -> None:
    made = parent("a", calls={"tidy": {}}, last=("tidy",))
    made.story.ok("a")
    assert words(made) == ("go_on", "")
    made.child(1, "failed", code="nodes_failed")
    assert made.story.state.status == "completed"


def test_no_more_runs_move_at_once_than_the_workflow_allows() -> None:
    made = parent("b", "d", "e", "f", "g", "h", calls={name: {} for name in "bdefgh"}, begin=False)
    made.story.claim()
    assert len(made.inputs) == 4
    made.child(1, "waiting")
    assert len(made.inputs) == 5, "one that rests takes no place"


def test_a_child_of_an_attempt_that_is_over_rests_and_goes_on_without_its_node() -> None:
    made = begun()
    made.story.cancel("enough")
    made.story.retry("b")
    made.story.claim()
    assert made.child(1, "paused") == ["sub_run_waiting"]
    assert made.child(1, "running") == ["sub_run_went_on"]
    assert (made.story.state.nodes["b"].status, made.story.state.nodes["b"].child_run_id) == ("running", "child-2")
    assert made.child(1, "completed") == ["sub_run_ended"]
    evolve(made.story.state, SubRunEnded("b", "child-1", "completed"), made.story.now)
    assert list(made.story.state.children) == ["child-2"], "said once more it changes nothing"


def test_an_open_run_looks_at_its_children_now_and_then_and_when_a_time_is_over() -> None:
    made = parent("b timeout: 20s", calls={"b": {}})
    state, rules, now = made.story.state, made.story.rules, made.story.now
    assert next_look_ms(state, rules, now) == now + 20_000
    made.child(1, "paused")
    assert next_look_ms(state, rules, now) is None, "it waits"
    longer = parent("b", calls={"b": {}})
    assert next_look_ms(longer.story.state, rules, now) == now + CHILDREN_MS
    longer.story.state.limits["runtime_ms"] = 5_000
    assert next_look_ms(longer.story.state, rules, now) == now + 5_000


def test_what_is_over_its_grace_ends() -> None:
    made = parent("a", calls={"tidy": {}}, last=("tidy",))
    made.story.ok("a")
    row = made.story.state.children["child-1"]
    assert wish_for(made.story.state, row, made.story.now, grace_over=True).word == "cancel"

"""An operator lets a run go on that failed, is blocked or is held; begins a node anew; goes on with a blocked one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actors.run.state import Conclusion
from tests.actors.run.table import Story

JUDGED = "output_contract: {kind: report}"
GATE = "g gate: human_approval"
TIMED = "w wait: {signal: paid, timeout: {timeout: 1s, on_timeout: escalate, escalate_to: ops}}"
BLOCKED = {"status": "blocked", "blocked_reason": "no access"}


def failed(*nodes: str, **more: str) -> Story:
    story = Story.begun(*(nodes or ("a", "b needs: [a]")), **more)
    story.fail("a")
    return story


def blocked() -> Story:
    story = Story.begun(f"a {JUDGED}", "b needs: [a]", "c needs: [b]")
    story.ok("a", BLOCKED)
    return story


def waiting() -> Story:
    return Story.begun("w wait: {signal: paid}")


def completed() -> Story:
    story = Story.begun("a")
    story.ok("a")
    return story


def test_r87_a_failed_run_is_recovered_with_fresh_attempts() -> None:
    story = failed()
    assert story.state.status == "failed"
    assert story.recover() == ["run_recovered recovered_by_operator"]
    assert story.answer == {"reset_nodes": ["a", "b"]}
    state = story.state
    assert (state.status, state.resume_reason, state.detail) == ("queued", "recovered_by_operator", {"code": "recovered_by_operator"})
    assert (state.finished_at_ms, state.last_failure, state.nodes["a"].attempt, state.nodes["a"].instance) == (None, None, 0, 2)
    assert story.claim() == ["run_execution_claimed", "start a @2"]
    story.ok("a")
    assert story.ok("b") == ["done b", "run_completed"]


@pytest.mark.parametrize("make", [waiting, completed, lambda: Story.begun(GATE), lambda: Story.of("a"), lambda: Story.begun("a")])
def test_r89_what_goes_on_by_itself_is_not_recovered(make: Callable[[], Story]) -> None:
    story = make()
    assert (story.recover(), story.code) == ([], "run_not_recoverable")


def test_a_reason_in_own_words_is_trimmed() -> None:
    story = failed()
    assert story.recover("  the disk is back ") == ["run_recovered the disk is back"]


def test_a_blocked_run_is_recovered_from_what_is_blocked() -> None:
    story = blocked()
    assert (story.state.status, story.state.detail) == ("blocked", {"code": "blocked_by_upstream", "node_ids": ["a", "b", "c"]})
    assert story.recover() == ["run_recovered recovered_by_operator"]
    assert story.claim() == ["run_execution_claimed", "start a @2"]
    story.ok("a", {"status": "done"})
    story.ok("b")
    assert story.ok("c") == ["done c", "run_completed"]


def test_every_failed_node_gets_fresh_attempts() -> None:
    story = Story.begun("a", "b", "c needs: [a, b]", top="fail_fast: false\nlimits: {parallel: 2}")
    story.fail("a")
    assert story.fail("b") == ["fail b boom attempts_exhausted", "run_failed nodes_failed"]
    story.recover()
    assert story.answer == {"reset_nodes": ["a", "b", "c"]}
    assert story.claim() == ["run_execution_claimed", "start a @2", "start b @2"]


def test_a_node_whose_repairs_are_used_up_is_recovered() -> None:
    story = Story.begun(f"a {JUDGED}")
    assert story.ok("a", {"status": "needs_repair"})[-1] == "run_failed nodes_failed"
    story.recover()
    assert story.answer == {"reset_nodes": ["a"]}


def test_a_failure_of_no_node_is_recovered_as_it_is() -> None:
    story = Story.of("a", workspace="/gone")
    story.claim("workspace_missing")
    assert story.recover() == ["run_recovered recovered_by_operator"]
    assert (story.answer, story.state.stop_kind) == ({"reset_nodes": []}, None)
    assert story.claim() == ["run_execution_claimed", "start a"]


def test_where_all_is_done_a_person_must_say_what_to_do_anew() -> None:
    story = Story.begun("a", top="output: {x: '{{ nodes.a.output.x.y }}'}")
    story.ok("a", {"x": 1})
    assert (story.recover(), story.code) == ([], "run_failure_context_missing")
    assert story.retry("a") == ["retried a"]


def test_a_blocked_run_that_names_nothing_asks_as_well() -> None:
    story = Story.begun("a")
    story.ok("a")
    story.state.status, story.state.detail = "blocked", None  # as no rule leaves it
    assert (story.recover(), story.code) == ([], "run_blocked_context_missing")


def test_missing_deliverables_that_nobody_owes_begin_all_anew() -> None:
    story = Story.begun("a", GATE + ", needs: [a]", "b needs: [g]", top="output_targets: [out.md]")
    story.world = lambda _: "missing"
    story.ok("a")
    story.decide("approve")
    story.claim()
    assert story.ok("b") == ["done b", "run_failed completion_assertion_failed"]
    story.recover()
    assert story.answer == {"reset_nodes": ["a", "b", "g"]}


def test_a_held_run_is_recovered_with_fresh_attempts_and_nothing_done_again() -> None:
    story = Story.begun("a", "b needs: [a], retry: {max_attempts: 3, backoff: {strategy: fixed, initial: 1h}}", GATE)
    story.ok("a")
    story.fail("b")
    story.pause()
    assert story.state.nodes["b"].attempt == 1
    assert story.recover() == ["run_recovered_from_pause recovered_from_pause"]
    assert (story.state.detail, story.state.nodes["b"].attempt, story.state.backoffs) == ({"code": "recovered_from_pause"}, 0, {})
    assert (story.state.nodes["a"].status, list(story.state.open_gates)) == ("completed", ["g"])
    assert story.claim() == ["run_execution_claimed", "start b @2"]


def test_a_recovery_opens_a_wait_that_needs_a_person_anew() -> None:
    story = Story.begun(TIMED)
    story.wait(1000)
    assert (story.state.status, story.state.pause_reason) == ("paused", "wait_escalated")
    story.recover()
    assert story.answer == {"reset_nodes": ["w"]}
    assert "wait w external_condition @2" in story.claim()


def test_an_ending_s_questions_are_asked_anew() -> None:
    story = Story.begun("x effect: once", "a", top="limits: {parallel: 2}")
    story.stop("x", "lost")
    story.fail("a")
    assert story.state.status == "failed"
    assert story.recover() == ["run_recovered recovered_by_operator", "ask x.outcome"]


def test_a_requeue_is_a_retry_under_another_name() -> None:
    story = completed()
    assert story.requeue("a", "fresher data") == ["requeued a"]
    assert (story.state.resume_reason, story.state.detail) == ("fresher data", {"code": "fresher data", "node_id": "a"})
    assert story.claim() == ["run_execution_claimed", "start a @2"]


def test_a_blocked_node_alone_is_continued() -> None:
    story = Story.begun(f"a {JUDGED}", "b needs: [a]", "c", top="limits: {parallel: 2}")
    story.ok("c")
    story.ok("a", BLOCKED)
    assert story.statuses() == {"a": "blocked", "b": "blocked", "c": "completed"}
    assert story.go_on_with("a") == ["continued a"]
    assert story.answer == {"node_id": "a", "reset_nodes": ["a"]}
    assert story.statuses() == {"a": "pending", "b": "pending", "c": "completed"}
    assert (story.state.nodes["b"].instance, story.state.resume_reason) == (1, "continued_by_operator")
    assert story.claim() == ["run_execution_claimed", "start a @2"]
    story.ok("a", {"status": "done"})
    assert story.ok("b") == ["done b", "run_completed"]


@pytest.mark.parametrize(("make", "node", "code", "words"), [
    (blocked, "b", "task_not_blocked", "Continue that: a."), (failed, "a", "task_not_blocked", "is failed"),
    (lambda: Story.begun("a"), "a", "run_task_not_mutable", "running"), (blocked, "x", "node_not_found", "Its nodes: a, b, c"),
])  # fmt: skip
def test_what_cannot_be_continued(make: Callable[[], Story], node: str, code: str, words: str) -> None:
    story = make()
    assert (story.go_on_with(node), story.code) == ([], code)
    assert words in str(story.answer)


def test_clean_up_that_was_skipped_runs_again_after_a_recovery() -> None:
    story = Story.begun("a", last=("z",))
    story.fail("a")
    assert story.ok("z") == ["done z", "finally_completed", "run_failed nodes_failed"]
    assert story.state.conclusion == Conclusion("failed", "nodes_failed", ("a",))
    story.recover()
    story.claim()
    assert story.ok("a") == ["done a", "finally completed", "start z @2"]
    assert story.ok("z") == ["done z", "finally_completed", "run_completed"]


def test_a_node_is_continued_without_what_is_done_behind_it() -> None:
    story = Story.begun(f"a {JUDGED}, retry: {{max_attempts: 2}}", "b needs: [a]", top="output_targets: [out.md]")
    story.world = lambda _: "missing"
    story.ok("a", {"text": "see out.md"})
    assert story.ok("b")[-1] == "start a.2", "it owes the file"
    story.ok("a", BLOCKED)
    assert story.go_on_with("a") == ["continued a"]
    assert story.statuses() == {"a": "pending", "b": "completed"}

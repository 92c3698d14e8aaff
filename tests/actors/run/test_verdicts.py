"""What becomes of a node whose attempt ended well, by what its output under a contract says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from actors.node.messages import Failure, Outcome, Success, Verdict
from actors.run.verdicts import ends_first, rollback_roots
from tests.actors.run.table import Story

REPORT = "contract: {kind: report}"
NO = {"status": "blocked", "approved": False, "blocked_reason": "  not yet "}
REPAIR, VERIFY, BLOCKED = {"status": "needs_repair"}, {"status": " Verify_Failed "}, {"status": "BLOCKED", "summary": "no access"}
PARALLEL = "limits: {parallel: 4}"


def attempts(number: int) -> str:
    return f"retry: {{max_attempts: {number}}}"


def names(story: Story) -> list[str]:
    return [event.kind for event, _ in story.log]


def reviewed(cap: int = 3, spent: int = 1) -> Story:
    """`synthesize`, which needs `search`, is done after so many attempts, and `review` looks at it."""
    story = Story.begun("search", f"synthesize needs: [search], {attempts(cap)}", f"review needs: [synthesize], {REPORT}, {attempts(2)}")
    story.ok("search", 1)
    for _ in range(spent - 1):
        story.fail("synthesize")
    story.ok("synthesize", 1)
    return story


def test_r83_what_has_no_attempt_left_is_not_sent_back() -> None:
    story = reviewed(spent=3)
    assert (story.state.nodes["synthesize"].attempt, rollback_roots(story.state, "review")) == (3, [])
    assert story.ok("review", NO)[-2:] == ["blocked review", "run_blocked blocked_by_upstream"]


def test_a_reviewer_who_says_no_sends_back_what_was_made_of_something() -> None:
    story = reviewed()
    assert rollback_roots(story.state, "review") == ["synthesize"]
    assert story.ok("review", NO) == ["rollback review"]
    state = story.state
    assert (state.status, state.resume_reason, state.nodes["review"].output, state.last_failure) == (
        "queued",
        "approval_rollback",
        None,
        None,
    )
    assert story.statuses() == {"search": "completed", "synthesize": "pending", "review": "pending"}
    assert story.claim()[-1] == "start synthesize @2"


def test_a_reviewer_sends_back_as_often_as_it_may_make_attempts_and_is_blocked_then() -> None:
    story = reviewed()
    for _ in range(2):
        assert story.ok("review", NO) == ["rollback review"]
        story.claim()
        story.ok("synthesize", 1)
    assert story.ok("review", NO)[-1] == "run_blocked blocked_by_upstream"


def test_with_nothing_derived_the_direct_dependencies_are_sent_back() -> None:
    story = Story.begun(f"a {attempts(2)}", "b", f"review needs: [a, b], {REPORT}", top=PARALLEL)
    story.ok("a", 1)
    story.ok("b", 1)
    assert rollback_roots(story.state, "review") == ["a"], "b has no attempt left"
    story.ok("review", NO)
    assert story.statuses() == {"a": "pending", "b": "completed", "review": "pending"}


def test_a_reviewer_without_anything_to_send_back_is_blocked() -> None:
    assert Story.begun(f"review {REPORT}").ok("review", NO)[-2:] == ["blocked review", "run_blocked blocked_by_upstream"]


def test_a_rollback_beside_other_attempts_leaves_the_run_running() -> None:
    story = Story.begun("search", f"synthesize needs: [search], {attempts(2)}", f"review needs: [synthesize], {REPORT}", "o", top=PARALLEL)
    story.ok("search")
    story.ok("synthesize")
    assert story.ok("review", NO) == ["rollback review", "start synthesize @2"]
    assert (story.state.status, list(story.state.executing)) == ("running", ["o", "synthesize"])


@pytest.mark.parametrize("word", [VERIFY, BLOCKED, {"status": "blocked", "approved": "no"}, {"status": "blocked", "approved": True}])
def test_nothing_else_than_a_clear_no_sends_back(word: dict[str, Any]) -> None:
    story = reviewed()
    assert "rollback review" not in story.ok("review", word)


@pytest.mark.parametrize(
    ("output", "word", "ending"),
    [
        (REPAIR, "needs_repair a", "run_failed nodes_failed"),
        (VERIFY, "verify_failed a", "run_failed nodes_failed"),
        (BLOCKED, "blocked a", "run_blocked blocked_by_upstream"),
        ({"status": "needs_repair", "artifact_validation": {"repair_exhausted": True}}, "blocked a", "run_blocked blocked_by_upstream"),
    ],
    ids=["repair", "verify", "blocked", "repair-exhausted"],
)
def test_the_last_word_of_a_node_without_another_attempt(output: dict[str, Any], word: str, ending: str) -> None:
    story = Story.begun(f"a {REPORT}, {attempts(1)}", "b needs: [a]")
    said = story.ok("a", output)
    assert [said[1], said[-1]] == [word, ending]
    assert story.state.nodes["a"].output == output


@pytest.mark.parametrize(("output", "word"), [(REPAIR, "needs_repair"), (VERIFY, "verify_failed")], ids=["repair", "verify"])
def test_what_may_be_done_again_is_done_again_at_once(output: dict[str, Any], word: str) -> None:
    story = Story.begun(f"a {REPORT}, {attempts(3)}")
    assert story.ok("a", output)[1:] == [f"{word} a", "start a.2"]
    assert story.ok("a", {"status": "completed"})[1:] == ["done a", "run_completed"]
    assert [verdict[2] for verdict in story.state.nodes["a"].verdicts] == [word, "node_completed"]


def test_what_has_nothing_more_to_repair_says_why() -> None:
    story = Story.begun(f"a {REPORT}")
    story.ok("a", {"status": "needs_repair", "artifact_validation": {"repair_exhausted": True}})
    error = story.state.nodes["a"].error
    assert error is not None
    assert (error.code, error.message) == ("node_blocked", "no repair is left")


def test_a_verification_that_failed_for_good_fails_the_run_with_what_needs_it_left_blocked() -> None:
    story = Story.begun(f"a {REPORT}, on_fail: fail", "b needs: [a]", "c", top="fail_fast: false")
    story.ok("a", VERIFY)
    assert story.statuses() == {"a": "failed", "b": "blocked", "c": "running"}
    assert (story.state.last_failure or {})["failure_kind"] == "verification_failed"
    assert story.ok("c")[-1] == "run_failed nodes_failed"


def test_a_verification_that_failed_for_good_is_taken_by_on_fail_continue() -> None:
    story = Story.begun(f"a {REPORT}, on_fail: continue", "b")
    assert story.ok("a", VERIFY)[1:] == ["verify_failed a", "skip a on_fail_continue", "start b"]


SCHEMA = "schemas: {s: {type: object, required: [n]}}"


def test_an_output_that_does_not_fit_its_schema_holds_the_run_for_a_person() -> None:
    story = Story.begun(f"a contract: {{kind: report, schema: s}}, {attempts(2)}", top=SCHEMA)
    assert story.ok("a", {"x": 1})[1:] == ["needs_repair a", "schema_paused a"]
    state = story.state
    assert (state.status, state.pause_reason, state.stop_kind) == ("paused", "schema_validation_failed", None)
    assert (state.last_failure or {})["failure_kind"] == "output_schema_invalid"
    error = state.nodes["a"].error
    assert error is not None
    assert error.message.startswith("the output does not fit the schema s: at $")
    story.resume()
    assert story.claim()[-1] == "start a.2"
    assert story.ok("a", {"n": 1})[1:] == ["done a", "recovered a", "run_completed"]


def test_it_does_not_hold_a_run_in_which_no_other_attempt_follows() -> None:
    story = Story.begun("a contract: {kind: report, schema: s}", top=SCHEMA)
    assert story.ok("a", {"x": 1})[-1] == "run_failed nodes_failed"


def test_the_hold_waits_for_the_attempts_under_way() -> None:
    story = Story.begun(f"a contract: {{kind: report, schema: s}}, {attempts(2)}", "b", "c needs: [b]", top=f"{SCHEMA}\n{PARALLEL}")
    assert story.ok("a", {"x": 1})[1:] == ["needs_repair a"]
    assert story.ok("b") == ["done b", "schema_paused a"]


def test_warnings_are_told_and_the_node_is_done() -> None:
    story = Story.begun(f"a {REPORT}")
    story.ok("a", {"status": "completed", "validator_summary": {"warning_count": 2}})
    assert names(story)[-2:] == ["node_completed_with_warnings", "run_completed"]
    quiet = Story.begun(f"a {REPORT}")
    quiet.ok("a", {"validator_summary": {"warning_count": True, "unmet_requirements": "none"}})
    assert names(quiet)[-2:] == ["node_completed", "run_completed"]


def test_a_milestone_is_reached_once_when_all_of_its_nodes_are_done() -> None:
    both, other = "{milestone_id: m, node_ids: [a, b]}", "{milestone_id: never, node_ids: [a, nowhere]}"
    story = Story.begun("a", "b needs: [a]", "c needs: [b]", top=f"metadata: {{mission: {{milestones: [{both}, {other}]}}}}")
    assert story.ok("a") == ["done a", "start b"]
    assert story.ok("b") == ["done b", "milestone m", "start c"]
    assert story.ok("c") == ["done c", "run_completed"]


@pytest.mark.parametrize("output", [REPAIR, VERIFY, BLOCKED], ids=["repair", "verify", "blocked"])
def test_in_clean_up_what_is_not_done_has_failed(output: dict[str, Any]) -> None:
    story = Story.begun("a", last=(f"t {REPORT}, {attempts(2)}",))
    story.ok("a")
    word = output["status"].strip().lower()
    said = story.ok("t", output)
    if word == "blocked":
        assert said == ["fail t output_blocked attempts_exhausted", "finally_completed t", "run_completed"]
    else:
        assert said == [f"fail t output_{word} retry_allowed", "start t.2"]
        assert story.ok("t", {"status": "done"}) == ["done t", "finally_completed", "run_completed"]


def test_attempts_that_a_rollback_resets_end_before_its_outcome_is_folded() -> None:
    behind = "c needs: [synthesize]"
    story = Story.begun(
        "search", f"synthesize needs: [search], {attempts(2)}", f"review needs: [synthesize], {REPORT}", behind, top=PARALLEL
    )
    story.ok("search")
    story.ok("synthesize")
    assert list(story.state.executing) == ["c", "review"]

    def first(node_id: str, verdict: Verdict) -> list[str]:
        return ends_first(story.state, Outcome(node_id, story.state.token(node_id), verdict))

    assert first("review", Success(NO)) == ["c"]
    assert first("review", Success(BLOCKED)) == []
    assert first("review", Failure("boom", "it broke")) == []
    assert first("c", Success(NO)) == [], "without a contract it is no reviewer"
    story.state.nodes["synthesize"].attempt = 2
    assert first("review", Success(NO)) == [], "nothing is sent back"
    story.ok("c")
    assert first("review", Success(NO)) == [], "nothing else is under way"

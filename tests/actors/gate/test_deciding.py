"""A person's answer: what it does, and every reason for which it is refused, in their order."""

from __future__ import annotations

from typing import Any

import pytest

from actors.refusals import Refusal
from tests.actors.run.table import Story

PAIR = ("g gate: human_approval", "x needs: [g]")
REWORK = ("compose", "check needs: [compose]", "g gate: human_approval, needs: [check], rework: [compose]", "send needs: [g]")
OPTIONS = "g gate: human_approval, options: {b: Both, a: One, c: One, Both: Mine}"


def test_approve_completes_the_gate_and_queues_the_run() -> None:
    story = Story.begun(*PAIR)
    assert story.decide(" Approve ", reason="fine") == ["decide g approve", "done g"]
    assert story.answer == {"node_id": "g", "gate_name": "g", "instance": 1, "decision": "approve"}
    assert (story.state.status, story.state.resume_reason) == ("queued", "gate_decided")
    content: dict[str, Any] = {
        "decision": "approve", "reason": "fine", "feedback": None, "selections": [], "selection": None, "decided_at_ms": 1000,
        "decided_by": "uid:1000", "reviewed_artifact": None, "shown_digest": story.state.gate_history[0].shown_digest,
    }  # fmt: skip
    assert story.state.nodes["g"].output == {"contract_kind": "approval_gate", "status": "completed", "content": content}


def test_reject_fails_the_node_with_the_feedback_as_its_text() -> None:
    story = Story.begun(*PAIR)
    assert story.decide("reject", feedback="too long") == ["decide g reject", "fail g gate_rejected not_retryable"]
    assert story.claim() == ["run_execution_claimed", "run_failed nodes_failed"]
    error = story.state.nodes["g"].error
    assert error is not None
    assert (error.message, error.failure_class) == ("too long", "gate_rejected")


@pytest.mark.parametrize(("reason", "text"), [("because", "because"), (None, "g was rejected by uid:1000.")])
def test_reject_without_feedback_says_the_reason_or_who_it_was(reason: str | None, text: str) -> None:
    story = Story.begun(*PAIR)
    story.decide("reject", reason=reason)
    error = story.state.nodes["g"].error
    assert error is not None
    assert error.message == text


def test_reject_goes_on_where_the_gate_says_so() -> None:
    story = Story.begun("g gate: human_approval, on_reject: continue", "x needs: [g], when: 'nodes.g.decision == \"reject\"'")
    assert story.decide("reject", feedback="later") == ["decide g reject", "done g"]
    assert story.claim() == ["run_execution_claimed", "start x"]


def test_rework_resets_its_targets_and_all_behind_them_and_tells_them_why() -> None:
    story = Story.begun(*REWORK)
    story.ok("compose")
    story.ok("check")
    assert story.decide("rework", feedback="shorter") == ["decide g rework"]
    assert story.statuses() == dict.fromkeys(("compose", "check", "g", "send"), "pending")
    assert (story.state.nodes["compose"].feedback, story.state.nodes["check"].feedback) == (["shorter"], [])
    assert story.claim() == ["run_execution_claimed", "start compose @2"]
    story.ok("compose")
    assert story.ok("check") == ["done check", "ask g @2", "run_awaiting_approval"]
    story.decide("approve")
    assert [entry.decision for entry in story.state.gate_history] == ["rework", "approve"]


def test_rework_without_targets_resets_what_the_gate_needs() -> None:
    story = Story.begun("a", "b needs: [a]", "g gate: human_approval, needs: [b]")
    story.ok("a")
    story.ok("b")
    story.decide("rework")
    assert story.statuses() == {"a": "completed", "b": "pending", "g": "pending"}
    assert story.state.nodes["b"].feedback == []


def test_rework_forgets_the_failure_that_it_resets() -> None:
    story = Story.begun("a", "g gate: human_approval, needs: [{node: a, until: settled}]", top="fail_fast: false")
    story.fail("a")
    assert story.decide("rework") == ["decide g rework"]
    assert (story.state.last_failure, story.state.failures) == (None, [])
    assert story.claim() == ["run_execution_claimed", "start a @2"]


def test_rework_ends_attempts_under_way_that_it_resets_and_no_others() -> None:
    story = Story.begun("a", "g gate: human_approval, needs: [a]", "b needs: [a]", "c", top="limits: {parallel: 3}")
    story.ok("a")
    assert story.decide("rework") == ["interrupt b operation", "decide g rework", "start a @2"]
    assert list(story.state.executing) == ["c", "a"]


def test_approve_while_others_work_lets_the_next_node_start_at_once() -> None:
    story = Story.begun("g gate: human_approval", "b", "x needs: [g]", top="limits: {parallel: 2}")
    assert story.decide("approve") == ["decide g approve", "done g", "start x"]


def test_cancel_ends_the_run_and_what_is_under_way() -> None:
    story = Story.begun("g gate: human_approval", "b")
    assert story.decide("cancel", reason="stop it") == ["interrupt b operation", "decide g cancel", "run_cancelled stop it"]
    assert (story.state.stop_kind, story.state.detail, story.state.open_gates) == (
        "cancelled", {"code": "cancelled_by_gate", "node_id": "g"}, {},
    )  # fmt: skip


def test_cancel_with_clean_up_cleans_up_first_and_is_the_one_decision() -> None:
    story = Story.begun(*PAIR, last=("t",))
    assert story.decide("cancel") == ["decide g cancel", "run_cancel_requested"]
    assert story.claim() == ["run_execution_claimed", "finally cancelled", "start t"]
    story.decide("approve", "g")
    assert story.code == "gate_already_decided"
    assert story.ok("t") == ["done t", "finally_completed", "run_cancelled cancelled_by_gate"]


def test_a_decision_on_a_paused_run_is_kept_and_the_run_stays_paused() -> None:
    story = Story.begun(*PAIR)
    story.pause()
    assert story.decide("approve") == ["decide g approve", "done g"]
    assert story.state.status == "paused"


def test_a_settled_gate_answers_with_the_decision_that_stands() -> None:
    story = Story.begun(*PAIR)
    story.decide("approve")
    assert story.decide("reject", "g") == []
    assert isinstance(story.answer, Refusal)
    assert (story.code, story.answer.data["winning_decision"]["decision"]) == ("gate_already_decided", "approve")
    story.decide("reject")  # the only gate of the run
    assert story.code == "gate_already_decided"


def test_a_run_without_open_gate_answers_with_the_last_decision() -> None:
    story = Story.begun("g gate: human_approval", "a needs: [g]", "h gate: human_approval, needs: [a]")
    story.decide("approve")
    story.claim()
    story.decide("approve")
    assert isinstance(story.answer, Refusal)
    assert (story.code, story.answer.data["winning_decision"]["node_id"]) == ("run_not_awaiting_approval", "g")
    other = Story.begun("a")
    other.decide("approve")
    assert isinstance(other.answer, Refusal)
    assert (other.code, other.answer.data["winning_decision"]) == ("run_not_awaiting_approval", None)


def test_several_open_gates_must_be_told_apart() -> None:
    story = Story.begun("g gate: human_approval", "h gate: human_approval")
    story.decide("approve")
    assert isinstance(story.answer, Refusal)
    assert (story.code, story.answer.data["open_gates"]) == ("gate_ambiguous", ["g", "h"])
    story.decide("approve", "nobody")
    assert story.code == "run_gate_missing"
    assert story.decide("approve", "h") == ["decide h approve", "done h"]
    assert story.claim() == ["run_execution_claimed", "run_awaiting_approval"]
    assert story.decide("approve", "workflow:run-1:g:1") == ["decide g approve", "done g"]


def test_the_only_open_gate_of_several_needs_no_name() -> None:
    story = Story.begun("g gate: human_approval", "h gate: human_approval, needs: [g]")
    assert story.decide("approve") == ["decide g approve", "done g"]


def test_a_name_that_is_a_node_but_no_open_gate_is_missing() -> None:
    story = Story.begun("g gate: human_approval", "h gate: human_approval", "x needs: [h]")
    story.decide("approve", "x")
    assert story.code == "run_gate_missing"


@pytest.mark.parametrize(("word", "code"), [("maybe", "gate_decision_invalid"), ("rework", "gate_decision_not_offered")])
def test_words_that_nobody_knows_or_the_gate_does_not_offer(word: str, code: str) -> None:
    story = Story.begun("g gate: human_approval, decisions: [approve, cancel]")
    assert story.decide(word) == []
    assert (story.code, list(story.state.open_gates)) == (code, ["g"])


def test_an_answer_with_the_nonce_of_a_former_instance_is_denied_and_noted() -> None:
    story = Story.begun("a", "g gate: human_approval, needs: [a]")
    story.ok("a")
    first = story.state.open_gates["g"].nonce
    story.decide("rework")
    story.claim()
    story.ok("a")
    assert story.decide("approve", nonce=first) == ["deny g"]
    assert (story.code, story.state.gate_history[-1].decision) == ("gate_transition_guard_denied", "guard_denied")
    assert story.decide("approve", "workflow:run-1:g:1") == ["deny g"]
    assert story.decide("approve", nonce=story.state.open_gates["g"].nonce) == ["decide g approve", "done g"]


def test_the_request_id_of_another_run_names_no_gate_here() -> None:
    story = Story.begun("g gate: human_approval")
    story.decide("approve", "workflow:run-2:g:1")
    assert story.code == "run_gate_missing"


@pytest.mark.parametrize(
    ("given", "chosen"),
    [((), []), (("c", "b", "b"), ["b", "c"]), (("Both",), ["Both"]), (("Mine",), ["Both"])],
)  # fmt: skip
def test_selections_come_in_the_order_of_the_options_once_each(given: tuple[str, ...], chosen: list[str]) -> None:
    story = Story.begun(OPTIONS)
    story.decide("approve", selections=given)
    output = story.state.nodes["g"].output["content"]
    assert (output["selections"], output["selection"]) == (chosen, chosen[0] if chosen else None)


@pytest.mark.parametrize(
    ("node", "word", "given", "code"),
    [
        ("g gate: human_approval", "approve", "a", "gate_selections_not_configured"),
        (OPTIONS, "reject", "a", "gate_selections_not_allowed"),
        (OPTIONS, "approve", "z", "gate_selection_invalid"),
        (OPTIONS, "approve", "One", "gate_selection_invalid"),
    ],
)
def test_selections_that_cannot_be_taken(node: str, word: str, given: str, code: str) -> None:
    story = Story.begun(node)
    assert story.decide(word, selections=(given,)) == []
    assert (story.code, list(story.state.open_gates)) == (code, ["g"])


def test_a_late_answer_is_told_the_winner_of_its_own_gate() -> None:
    story = Story.begun("g1 gate: human_approval", "g2 gate: human_approval", "a needs: [g1, g2]")
    story.decide("approve", "g1")
    story.decide("approve", "g2")
    assert story.decide("reject", "g1") == []
    assert isinstance(story.answer, Refusal)
    assert (story.code, story.answer.data["winning_decision"]["node_id"]) == ("gate_already_decided", "g1")
